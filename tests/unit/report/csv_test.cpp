// A reader of RFC 4180 that knows nothing of the writer gets every value back, and no spreadsheet a formula.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/strings.h"
#include "core/report/text.h"
#include "core/report/writers.h"
#include "tests/support/sample_report.h"

namespace cloison::report {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

using Records = std::vector<std::vector<std::string>>;

/// Strict: every line ends with CRLF, quotes stand around whole fields.
Records read_csv(std::string_view text) {
  EXPECT_THAT(std::string(text.substr(0, 3)), "\xEF\xBB\xBF");
  text.remove_prefix(3);
  Records records;
  std::vector<std::string> fields(1);
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '"') {
      for (++at; at < text.size(); ++at) {
        if (text[at] == '"' && text.substr(at, 2) != "\"\"") break;
        if (text[at] == '"') ++at;
        fields.back() += text[at];
      }
      ++at;
    } else {
      for (; at < text.size() && text[at] != ',' && text[at] != '\r'; ++at) fields.back() += text[at];
    }
    if (text.substr(at, 2) == "\r\n") {
      records.push_back(std::exchange(fields, std::vector<std::string>(1)));
      at += 2;
    } else if (at < text.size() && text[at] == ',') {
      fields.emplace_back();
      ++at;
    } else {
      ADD_FAILURE() << "no field ends at " << at;
      break;
    }
  }
  return records;
}

std::string without_apostrophe(const std::string& field) {
  const auto rest = field.substr(std::min<std::size_t>(field.size(), 1));
  const auto at = rest.find_first_not_of(' ');
  const bool led = at != std::string::npos &&
                   (std::string_view("=+-@").find(rest[at]) != std::string_view::npos || rest[at] == '\xEF');
  return field.starts_with('\'') && led ? rest : field;
}

TEST(Csv, OfOneTableIsAHeaderAndRows) {
  const auto records = read_csv(write_csv(one_table_report(), Language::english));
  ASSERT_EQ(records.size(), hostile_texts().size() + 4);
  EXPECT_THAT(records.front(),
              ElementsAre("Id", "Sources", "Port", "State", "Logged", "Until", "Seen", "Note, \"free\""));
  EXPECT_THAT(records[1], ElementsAre("R-0", "10.0.0.0/24\nplain", "0", "open", "false", "2026-01-01",
                                      "2026-01-01T00:00:00Z", "plain"));
  EXPECT_THAT(records[2], ElementsAre("R-1", "10.0.0.0/24\n", "-443", "closed; nothing passes", "true", "",
                                      "2026-02-02T01:07:13Z", ""));
  for (const auto& record : records) EXPECT_EQ(record.size(), 8U);
}

TEST(Csv, GivesEveryTextBack) {
  const auto records = read_csv(write_csv(one_table_report(), Language::french));
  EXPECT_EQ(records.front().back(), "Note « libre »");
  EXPECT_EQ(records[2][3], "fermé ; rien ne passe");
  for (std::size_t i = 0; i < hostile_texts().size(); ++i) {
    // One that led with an apostrophe of its own is the same on paper as one that was given it.
    const auto expected = shown(hostile_texts()[i]);
    EXPECT_EQ(without_apostrophe(records[i + 1].back()), without_apostrophe(expected)) << i;
  }
}

TEST(Csv, HoldsNoFormula) {
  for (const auto language : {Language::english, Language::french}) {
    for (const auto& record : read_csv(write_csv(sample_report(), language))) {
      for (const auto& field : record) {
        const auto at = field.find_first_not_of(" \t\r\n");
        if (at == std::string::npos) continue;
        EXPECT_TRUE(field[at] != '=' && field[at] != '+' && field[at] != '@' && field[0] != '\t' && field[0] != '\r')
            << field;
        EXPECT_TRUE(field[at] != '-' || is_digit(field[at + 1])) << field;
        EXPECT_FALSE(field.starts_with("\uFF1D")) << field;
        EXPECT_EQ(field.find_first_of(std::string("\0\x1B\x07\x7F\r\t", 6)), std::string::npos) << field;
      }
    }
  }
  EXPECT_THAT(write_csv(one_table_report(), Language::english), HasSubstr("'-2+3\r\n"));
}

TEST(Csv, OfSeveralTablesHasATitleAboveEach) {
  const auto records = read_csv(write_csv(sample_report(), Language::english));
  EXPECT_THAT(records[0], ElementsAre("Facts"));
  EXPECT_THAT(records[1], ElementsAre("Name", "Value"));
  const auto matrix = std::find(records.begin(), records.end(), std::vector<std::string>{"Zones: from [a] to */b?"});
  ASSERT_NE(matrix, records.end());
  EXPECT_THAT(*std::prev(matrix), ElementsAre(""));
  EXPECT_THAT(matrix[1], ElementsAre("From / to", "web", "'+data", "|c|"));
  EXPECT_THAT(matrix[3], ElementsAre("'=data", "all, but by day", "", "all, but by day"));
  EXPECT_THAT(matrix[4], ElementsAre(StartsWith("é\\u{202E}"), "all, but by day", "all, but by day", ""));
}

TEST(Csv, IsTheSameEachTime) {
  EXPECT_EQ(write_csv(sample_report(), Language::french), write_csv(sample_report(), Language::french));
}

}  // namespace
}  // namespace cloison::report
