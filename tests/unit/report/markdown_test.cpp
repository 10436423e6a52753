// Whatever stands in data, a table has as many fields in each line as it has columns, and no markup but its own.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/strings.h"
#include "core/report/writers.h"
#include "tests/support/sample_report.h"

namespace cloison::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Markdown, KeepsTheFormOfItsTables) {
  std::size_t columns = 0;
  const auto text = write_markdown(sample_report(), Language::english);
  for (const auto line : split(text, '\n')) {
    if (!line.starts_with('|')) {
      columns = 0;
      continue;
    }
    const auto bars = static_cast<std::size_t>(std::count(line.begin(), line.end(), '|'));
    if (columns == 0) columns = bars;
    EXPECT_EQ(bars, columns) << line.substr(0, 200);
  }
}

TEST(Markdown, LeavesNoMarkupToData) {
  const auto text = write_markdown(sample_report(), Language::english);
  for (const char* markup : {"<script", "<img", "[x](", "http://", "https://", "www.e", "@e", "@S", "</td>", "&#0;"})
    EXPECT_THAT(text, Not(HasSubstr(markup)));
  EXPECT_THAT(text, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;"));
  EXPECT_THAT(text, HasSubstr("\\[x\\](javascript:alert(1)) \\~\\~s\\~\\~ \\$x\\$ \\#1"));
  EXPECT_THAT(text, HasSubstr("two<br>lines"));
  EXPECT_THAT(text, HasSubstr("\n1\\. Not a list.\n"));
  EXPECT_THAT(text, HasSubstr("# Rules of &lt;script"));
}

TEST(Markdown, SpeaksTheLanguage) {
  const auto text = write_markdown(sample_report(), Language::french);
  EXPECT_THAT(text, HasSubstr("## Tables"));
  EXPECT_THAT(text, HasSubstr("| N° | Sources | Port | État |"));
  EXPECT_THAT(text, HasSubstr("| fermé ; rien ne passe | oui |"));
  EXPECT_THAT(text, HasSubstr("\n\\- Pas une liste.\n"));
}

TEST(Markdown, DrawsBoxesAsAList) {
  const auto text = write_markdown(sample_report(), Language::english);
  EXPECT_THAT(text, HasSubstr("- Lyon &lt;b&gt;\n  - \\- web (10.0.0.0/24)\n- internet\n"));
  EXPECT_THAT(text, HasSubstr("- \\- web → internet: https &#124; 443\n"));
}

}  // namespace
}  // namespace cloison::report
