// Sheets that come back: what our writers write is read as it was, and what nobody wrote harms nothing.

#include "core/report/read_sheet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/report/review.h"
#include "core/report/writers.h"

namespace cloison::report {

namespace {

using ::testing::Contains;
using ::testing::ElementsAre;

Report sheet_of(const std::string& id, const std::string& purpose) {
  auto flow = std::make_shared<FlowFacts>();
  flow->id = id, flow->purpose = purpose, flow->services = {"tcp/443", "udp/443"};
  return review_sheet({.heading = {.network = "n"}, .lines = {{flow, "0123456789ab"}}});
}

TEST(ReadSheet, RowsOfCsvAreAsSpreadsheetsSaveThem) {
  EXPECT_THAT(*read_csv("\xEF\xBB\xBF"
                        "a;b\r\n\"1;2\"\"3\";\r\n"),
              ElementsAre(ElementsAre("a", "b"), ElementsAre("1;2\"3", "")));
  EXPECT_THAT(*read_csv("a,b\n\"two\nlines\",x"), ElementsAre(ElementsAre("a", "b"), ElementsAre("two\nlines", "x")));
  EXPECT_THAT(*read_csv("a\tb\n\n1\t2\n"), ElementsAre(ElementsAre("a", "b"), ElementsAre(""), ElementsAre("1", "2")));
  EXPECT_TRUE(read_csv("")->empty());
  EXPECT_FALSE(read_csv("a,\"b\nc"));
}

TEST(ReadSheet, AWorkbookOfOursIsReadBack) {
  for (const auto language : {Language::english, Language::french}) {
    const auto bytes = write_xlsx(sheet_of("F-1", "\xC3\xA9t\xC3\xA9 <&> \"x\"\nsecond line"), language);
    ASSERT_TRUE(bytes);
    const auto sheets = read_xlsx(*bytes);
    ASSERT_TRUE(sheets) << sheets.error();
    bool found = false;
    for (const auto& rows : *sheets)
      for (const auto& row : rows)
        if (!row.empty() && row.front() == "F-1") {
          found = true;
          EXPECT_EQ(row.at(4), "\xC3\xA9t\xC3\xA9 <&> \"x\"\nsecond line");
          EXPECT_THAT(row, Contains("0123456789ab"));
        }
    EXPECT_TRUE(found);
  }
}

TEST(ReadSheet, HeadingsAreKnownInBothLanguages) {
  EXPECT_EQ(review_column_of("Decision"), "decision");
  EXPECT_EQ(review_column_of("D\xC3\xA9"
                             "cision"),
            "decision");
  EXPECT_EQ(review_column_of("\xC3\x89tat revu"), "said");
  EXPECT_EQ(review_column_of("Purpose"), "");  // nobody changes it here
  EXPECT_EQ(review_column_of("nonsense"), "");
}

/// Every cut and every flipped byte of a workbook is read or refused.
TEST(ReadSheet, ADamagedWorkbookIsRefusedOrRead) {
  const auto bytes = *write_xlsx(sheet_of("F-1", "p"), Language::english);
  EXPECT_FALSE(read_xlsx(""));
  EXPECT_FALSE(read_xlsx("PK\x03\x04 nonsense"));
  constexpr std::size_t k_step = 37;
  for (std::size_t at = 0; at < bytes.size(); at += k_step) {
    (void)read_xlsx(std::string_view(bytes).substr(0, at));
    auto flipped = bytes;
    flipped[at] = static_cast<char>(~flipped[at]);
    (void)read_xlsx(flipped);
  }
}

}  // namespace

}  // namespace cloison::report
