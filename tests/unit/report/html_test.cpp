// Pages and papers by themselves; what a browser and WeasyPrint make of them is tried by the suite `pages`.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/report/drawing.h"
#include "core/report/embedded.h"
#include "core/report/html_parts.h"
#include "core/report/html_text.h"
#include "core/report/links.h"
#include "core/report/pdf.h"
#include "core/report/writers.h"
#include "tests/unit/report/page_samples.h"

namespace cloison::report {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

std::size_t occurrences(std::string_view text, std::string_view of) {
  std::size_t count = 0;
  for (auto at = text.find(of); at != std::string_view::npos; at = text.find(of, at + of.size())) ++count;
  return count;
}

TEST(PageText, IsNothingButLetters) {
  EXPECT_EQ(html_text("<a href=\"x\" id='y'>&"), "&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;");
  EXPECT_EQ(html_text("a\xE2\x80\xAE"
                      "b\n\x01\xC2\x85\xFF"),
            "a\\u{202E}b\\u{A}\\u{1}\\u{85}\\x{FF}");
  EXPECT_EQ(page_json("</script><!--\"\\\xE2\x80\xA8é"), R"("\u003c/script\u003e\u003c!--\"\\\\u{2028}é")");
}

TEST(PageText, IsEncodedAndDecodedForAddresses) {
  EXPECT_EQ(percent_encoded("a-b.c_d~/é?&"), "a-b.c_d~%2F%C3%A9%3F%26");
  for (const char* text : {"", "a b", "100%", "%zz", "\xFF", "%"})
    EXPECT_EQ(percent_decoded(percent_encoded(text)), text);
}

TEST(PageText, IsCutBetweenLetters) {
  EXPECT_EQ(cut_short("été", 3), "été");
  EXPECT_EQ(cut_short("étés", 3), "ét…");
  EXPECT_EQ(letters_in("été"), 3U);
}

TEST(PageLinks, LeadToPartsRowsAndFilteredRows) {
  EXPECT_EQ(row_link("rules", "a/b"), "rules/a%2Fb");
  EXPECT_EQ(rows_link("rules", {{"zone", "a&b"}, {"action", "permit"}}), "rules?zone=a%26b&action=permit");
  EXPECT_EQ(search_link("rules", "a=b"), "rules?a%3Db");
  EXPECT_EQ(link_of("rules/a%2Fb").row, "a/b");
  EXPECT_EQ(link_of("rules?x").part, "rules");
  EXPECT_EQ(link_of("rules?x").row, "");
}

TEST(Page, AllowsNothingButItsOwnScriptAndStyle) {
  const auto html = write_html(sample_report({}), Language::english);
  EXPECT_THAT(html, HasSubstr("content=\"default-src 'none'; script-src 'sha256-"));
  EXPECT_THAT(html, HasSubstr("base-uri 'none'; form-action 'none'\">"));
  EXPECT_EQ(occurrences(html, "<script>"), 1U);
  EXPECT_EQ(occurrences(html, "<style>"), 1U);
  for (const char* forbidden :
       {" style=", " onclick", "http://", "https://", "<link", "<iframe", "<img", "url(", "@import"})
    EXPECT_EQ(occurrences(html, forbidden), std::string_view(forbidden) == "http://" ? 1U : 0U)
        << forbidden;  // SVG's name
  for (const char* unsafe : {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "</"})
    EXPECT_THAT(page_script(), Not(HasSubstr(unsafe)));
}

TEST(Page, IsInTheLanguageAskedFor) {
  const auto report = sample_report({});
  EXPECT_THAT(write_html(report, Language::english), AllOf(HasSubstr("<html lang=\"en\">"), HasSubstr("Contents"),
                                                           HasSubstr("Network rules"), Not(HasSubstr("Sommaire"))));
  EXPECT_THAT(write_html(report, Language::french),
              AllOf(HasSubstr("<html lang=\"fr\">"), HasSubstr("Sommaire"), HasSubstr("Règles du réseau")));
}

TEST(Page, IsTheSameEachTime) {
  const auto report = sample_report({});
  EXPECT_EQ(write_html(report, Language::french), write_html(report, Language::french));
  EXPECT_EQ(paper_html(report, Language::french), paper_html(report, Language::french));
}

TEST(Page, HoldsEachValueOfAColumnOnce) {
  const auto data = table_data(std::get<Table>(sample_report({.rows = 1000}).chapters[2].parts[0]), Language::english);
  EXPECT_EQ(occurrences(data, "\"laboratory\""), 2U) << "in two columns";
  EXPECT_EQ(occurrences(data, "\"R-000007\""), 1U);
  EXPECT_THAT(data, HasSubstr("{\"v\":\"Expired\",\"t\":\"bad\",\"id\":\"expired\"}"));
}

TEST(Page, ShowsFirstRowsWithoutAScript) {
  const auto html = write_html(sample_report({.rows = 51}), Language::english);
  EXPECT_THAT(html, AllOf(HasSubstr("id=\"rules/R-000050\""), Not(HasSubstr("id=\"rules/R-000051\"")),
                          HasSubstr("<noscript><p class=\"about\">The first 50 rows of 51.</p></noscript>")));
}

TEST(Page, HostileNamesAreTextOnly) {
  for (const auto& html :
       {write_html(hostile_report(), Language::english), paper_html(hostile_report(), Language::english)}) {
    // An apostrophe ends no attribute of ours, and none stands outside the data as it is.
    const std::string_view markup(html.data(), std::min(html.find("application/json"), html.size()));
    for (const char* live : {"<img", "<script>window", "\xE2\x80\xAE", "\x1B", "\xE2\x80\xA8"})
      EXPECT_EQ(occurrences(html, live), 0U) << live;
    for (const char* live : {"' onfocus", "href=\"javascript"}) EXPECT_EQ(occurrences(markup, live), 0U) << live;
  }
}

TEST(Paper, LinksLeadOnlyWhereSomethingIs) {
  auto report = sample_report({});
  EXPECT_THAT(paper_html(report, Language::english),
              AllOf(HasSubstr("href=\"#rules/R-000001\""), HasSubstr("id=\"rules/R-000001\"")));
  report.chapters.pop_back();
  EXPECT_THAT(paper_html(report, Language::english), Not(HasSubstr("href=\"#rules")));
}

TEST(Paper, ALongTableIsCountedAndAttached) {
  const auto report = sample_report({.rows = k_most_paper_rows + 1});
  EXPECT_THAT(paper_html(report, Language::english),
              AllOf(HasSubstr("3001 rows: counted here, attached whole"), Not(HasSubstr("R-000002"))));
  const auto files = attachments_of(report, Language::english, plain_csv);
  ASSERT_THAT(files, SizeIs(1));
  EXPECT_EQ(files[0].name, "rules.csv");
  EXPECT_EQ(occurrences(files[0].bytes, "\r\n"), k_most_paper_rows + 1);
  EXPECT_THAT(attachments_of(sample_report({}), Language::english, plain_csv), IsEmpty());
}

TEST(Paper, CL7001WithoutWeasyPrint) {
  const auto pdf = pdf_of(sample_report({}), Language::english, plain_csv, "no-such-weasyprint");
  ASSERT_FALSE(pdf);
  EXPECT_EQ(pdf.error().code, "CL7001");
  EXPECT_THAT(pdf.error().hint, HasSubstr("apt install weasyprint"));
}

TEST(Paper, CL7002WhenItFails) {
  for (const char* program : {"/bin/false", "/bin/true"}) {
    const auto pdf = pdf_of(sample_report({}), Language::english, plain_csv, program);
    ASSERT_FALSE(pdf);
    EXPECT_EQ(pdf.error().code, "CL7002");
  }
}

// --- Drawings --------------------------------------------------------------------------------------------------------
TEST(DrawingLayout, BoxesStandWithinTheirsAndBesideEachOther) {
  const auto report = sample_report({.rows = 1, .sites = 30, .zones = 9});
  const auto& drawing = std::get<Drawing>(report.chapters[1].parts[0]);
  const auto layout = lay_out(drawing, {});
  EXPECT_LE(layout.width, 1160);
  const auto inside = [](const Place& a, const Place& b) {
    return a.x >= b.x && a.y >= b.y && a.x + a.width <= b.x + b.width && a.y + a.height <= b.y + b.height;
  };
  const auto apart = [](const Place& a, const Place& b) {
    return a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
  };
  const Place all{.width = layout.width, .height = layout.height};
  for (std::size_t i = 0; i < drawing.boxes.size(); ++i) {
    const auto within = drawing.boxes[i].within;
    EXPECT_TRUE(inside(layout.boxes[i], within ? layout.boxes[*within] : all)) << i;
    for (std::size_t j = 0; j < i; ++j)
      EXPECT_TRUE(drawing.boxes[j].within != within || apart(layout.boxes[i], layout.boxes[j])) << i << " " << j;
  }
}

TEST(DrawingLayout, LinesCrossNoBox) {
  const auto report = sample_report({.rows = 1, .sites = 30, .zones = 9});
  const auto& drawing = std::get<Drawing>(report.chapters[1].parts[0]);
  const auto layout = lay_out(drawing, {});
  EXPECT_THAT(layout.routes, SizeIs(drawing.lines.size()));
  for (const auto& route : layout.routes)
    for (std::size_t i = 1; i < route.points.size(); ++i) {
      const auto [x1, x2] = std::minmax(route.points[i - 1].first, route.points[i].first);
      const auto [y1, y2] = std::minmax(route.points[i - 1].second, route.points[i].second);
      for (std::size_t box = 0; box < drawing.boxes.size(); ++box) {
        const auto& at = layout.boxes[box];
        const bool crosses = x1 < at.x + at.width && x2 > at.x && y1 < at.y + at.height && y2 > at.y;
        const bool holds = x1 > at.x && x2 < at.x + at.width && y1 > at.y && y2 < at.y + at.height;
        EXPECT_TRUE(!crosses || holds) << "line " << route.line << " through box " << drawing.boxes[box].id;
      }
    }
}

TEST(DrawingLayout, TakesWhatMakesNoSense) {
  const Drawing drawing{.id = "d",
                        .boxes = {{.id = "a", .within = 0}, {.id = "b", .within = 7}, {.id = "c", .within = 1}},
                        .lines = {{.from = 0, .to = 0}, {.from = 1, .to = 2}, {.from = 9, .to = 0}}};
  const auto layout = lay_out(drawing, {.width = 10});
  EXPECT_THAT(layout.routes, IsEmpty());
  EXPECT_THAT(svg_of(drawing, layout, {}), HasSubstr("<rect"));
  EXPECT_THAT(lines_in_words(drawing, Language::french), ElementsAre(" ⇄  (lien)", " ⇄  (lien)", "? ⇄  (lien)"));
  EXPECT_THAT(svg_of({}, lay_out({}, {}), {}), HasSubstr("viewBox=\"0 0 "));
}

TEST(DrawingSvg, BoxesWithAFilterLeadToRows) {
  const Drawing drawing{
      .id = "d", .table = "rules", .boxes = {{.id = "a", .label = "a", .filter = "x y"}, {.id = "b", .label = "b"}}};
  const auto layout = lay_out(drawing, {});
  const auto svg = svg_of(drawing, layout, {});
  EXPECT_THAT(svg, HasSubstr("href=\"#rules?x%20y\""));
  EXPECT_EQ(occurrences(svg, "<a "), 1U);
  EXPECT_EQ(occurrences(svg_of(drawing, layout, {.clickable = false}), "<a "), 0U);
}

}  // namespace
}  // namespace cloison::report
