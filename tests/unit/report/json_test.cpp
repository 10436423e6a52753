// Another reader of JSON gets the data back whole, in no language and in both.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/base/strings.h"
#include "core/report/writers.h"
#include "tests/support/sample_report.h"

namespace cloison::report {
namespace {

using nlohmann::json;

/// As a reader must take what is no UTF-8: a replacement for each byte of it.
std::string replaced(const std::string& text) {
  if (is_valid_utf8(text)) return text;
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t size = std::min<std::size_t>(4, text.size() - at);
    while (size > 0 && !(is_valid_utf8(text.substr(at, size)))) --size;
    out += size == 0 ? "\uFFFD" : text.substr(at, size);
    at += std::max<std::size_t>(size, 1);
  }
  return out;
}

TEST(Json, GivesEveryTextBack) {
  const auto report = json::parse(write_json(sample_report()));
  const auto& lines = report.at("chapters").at(0).at("parts").at(1).at("lines");
  for (std::size_t i = 0; i < hostile_texts().size(); ++i)
    EXPECT_EQ(lines.at(i).at("value").get<std::string>(), replaced(hostile_texts()[i])) << i;
  EXPECT_EQ(lines.back().at("value"), true);
}

TEST(Json, HasEveryValueInItsType) {
  const auto report = json::parse(write_json(sample_report()));
  const auto& table = report.at("chapters").at(1).at("parts").at(0);
  EXPECT_EQ(table.at("key"), "id");
  EXPECT_EQ(table.at("filters"), json({"state", "sources"}));
  EXPECT_EQ(table.at("rows").size(), hostile_texts().size() + 3);
  EXPECT_EQ(table.at("rows").at(1), json({{"id", "R-1"},
                                          {"sources", {"10.0.0.0/24", ""}},
                                          {"port", -443},
                                          {"state", "closed"},
                                          {"logged", true},
                                          {"until", nullptr},
                                          {"seen", "2026-02-02T01:07:13Z"},
                                          {"note", ""}}));
  EXPECT_EQ(report.at("terms").at("closed"), json({{"en", "closed; nothing passes"}, {"fr", "fermé ; rien ne passe"}}));
  const auto& matrix = report.at("chapters").at(1).at("parts").at(1);
  EXPECT_EQ(matrix.at("cells").at(0).at(2), 2);
  EXPECT_EQ(matrix.at("cells").at(0).at(0), nullptr);
  EXPECT_EQ(matrix.at("cells").at(1).at(0).at("fr"), "tout, mais de jour");
  const auto& drawing = report.at("chapters").at(1).at("parts").at(2);
  EXPECT_EQ(drawing.at("boxes").at(1).at("within"), 0);
  EXPECT_EQ(drawing.at("boxes").at(0).at("within"), nullptr);
}

TEST(Json, NamesWhatIsAbsentNull) {
  Report report;
  report.heading.kind = "nothing";
  const auto read = json::parse(write_json(report));
  EXPECT_EQ(read.at("as_of"), nullptr);
  EXPECT_EQ(read.at("chapters"), json::array());
  EXPECT_EQ(read.at("terms"), json::object());
}

TEST(Json, HoldsNothingUnseenAsItStands) {
  const auto text = write_json(sample_report());
  EXPECT_TRUE(is_valid_utf8(text));
  for (const char* unseen : {"\u202E", "\u2066", "\u200B", "\x1B", "\x7F", "\r", "\t", "\uFEFF", "\u2028"})
    EXPECT_EQ(text.find(unseen), std::string::npos) << unseen;
  EXPECT_EQ(text, write_json(sample_report()));
}

}  // namespace
}  // namespace cloison::report
