// What only bytes show; that a spreadsheet reads what the CSV says is for tests/report/read_back.py.

#include <filesystem>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/report/sheet.h"
#include "core/report/text.h"
#include "core/report/workbook.h"
#include "core/report/writers.h"
#include "tests/support/sample_report.h"

namespace cloison::report {
namespace {

using ::testing::EndsWith;
using ::testing::StartsWith;

std::set<std::string> temporary_folders() {
  std::set<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::temp_directory_path()))
    if (entry.path().filename().string().starts_with("cloison-report-")) found.insert(entry.path().string());
  return found;
}

TEST(Xlsx, IsTheSameEachTime) {
  const auto first = write_xlsx(sample_report(), Language::french);
  ASSERT_TRUE(first.has_value()) << first.error().detail;
  EXPECT_THAT(first->substr(0, 4), "PK\x03\x04");
  EXPECT_EQ(*first, write_xlsx(sample_report(), Language::french).value());
  EXPECT_NE(*first, write_xlsx(sample_report(), Language::english).value());
}

TEST(Xlsx, LeavesNoTemporaryFileAndShowsNoneToOthers) {
  {
    const auto folder = TemporaryFolder::make();
    ASSERT_TRUE(folder.has_value());
    EXPECT_EQ(std::filesystem::status(folder->path()).permissions(), std::filesystem::perms::owner_all);
  }
  const auto before = temporary_folders();
  ASSERT_TRUE(write_xlsx(sample_report(), Language::english).has_value());
  EXPECT_EQ(temporary_folders(), before);
}

TEST(Xlsx, SaysWhenATableIsTooWide) {
  const auto refused = write_xlsx(large_report(1, 16'385), Language::english);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, "CL6191");
}

TEST(SheetNames, AreAllowedAndEachTakenOnce) {
  SheetNames names;
  EXPECT_EQ(names.take("Rules"), "Rules");
  EXPECT_EQ(names.take("RULES"), "RULES (2)");
  EXPECT_EQ(names.take("État"), "État");
  EXPECT_EQ(names.take("état"), "état (2)");
  EXPECT_EQ(names.take("'[a]:b*?/\\'"), "a b");
  EXPECT_EQ(names.take(""), "-");
  EXPECT_EQ(names.take("History"), "History (2)");
  const std::string thirty_one(31, 'x');
  EXPECT_EQ(names.take(std::string(10'000, 'x')), thirty_one);
  EXPECT_EQ(names.take(std::string(10'000, 'x')), std::string(27, 'x') + " (2)");
}

TEST(SheetText, IsCutWithAMarkWhereACellEnds) {
  EXPECT_EQ(sheet_text(std::string(32'767, 'a')).size(), 32'767U);
  const auto cut = sheet_text(std::string(32'768, 'a'));
  EXPECT_THAT(cut, EndsWith("a […]"));
  EXPECT_EQ(first_units(cut, 32'767), cut);
  EXPECT_THAT(sheet_text("_x0041_ _x00Zz_ _x00"), StartsWith("_x005F_x0041_ _x00Zz_ _x00"));
}

}  // namespace
}  // namespace cloison::report
