// Findings and tests in formats of others, with texts of hostile origin.

#include "core/report/found.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/net/json.h"
#include "core/report/tested.h"

namespace cloison::report {

namespace {

using testing::HasSubstr;
using testing::Not;

std::string_view no_page(std::string_view) {
  return {};
}

net::Json run_of(const FoundRun& run, const SourceMap& sources) {
  auto log = net::parse_json(write_sarif(run, sources, no_page));
  EXPECT_TRUE(log.has_value());
  return log->find("runs")->as_array()->front();
}

const net::Json& result_of(const net::Json& run, std::size_t number) {
  return run.find("results")->as_array()->at(number);
}

TEST(Sarif, CountsCodePointsAndNotBytes) {
  SourceMap sources;
  const auto file = sources.add_file("a folder/é.yaml", "first\nÉ𝔘: wrong  # here\n");
  // "wrong" begins after É (2 bytes), 𝔘 (4 bytes), ':' and ' '.
  const auto where = sources.add(SourceSpan{.file = file, .line = 2, .column = 9, .end_line = 2, .end_column = 14});
  const auto run = run_of({.found = {{.code = "CL1", .summary = "it is wrong", .where = where}}}, sources);
  const auto& place = *result_of(run, 0).find("locations")->as_array()->front().find("physicalLocation");
  EXPECT_EQ(place.find("artifactLocation")->text_at("uri"), "a%20folder/%C3%A9.yaml");
  const auto& region = *place.find("region");
  EXPECT_EQ(*region.find("startLine")->as_integer(), 2);
  EXPECT_EQ(*region.find("startColumn")->as_integer(), 5);
  EXPECT_EQ(*region.find("endColumn")->as_integer(), 10);
  EXPECT_EQ(region.find("snippet")->text_at("text"), "wrong");
}

TEST(Sarif, LeadsNowhereAndHasNoPlaceholders) {
  const SourceMap sources;
  const auto run = run_of({.found = {{.code = "CL1",
                                      .summary = "[click](http://evil.example) {0} \xE2\x80\xAE\x1B[2J",
                                      .about = "lab.\x07"}}},
                          sources);
  const auto& result = result_of(run, 0);
  EXPECT_EQ(result.find("message")->text_at("text"), "[click] (http://evil.example) {{0}} \\u{{202E}}\\u{{1B}}[2J.");
  const auto& logical = result.find("locations")->as_array()->front().find("logicalLocations")->as_array()->front();
  EXPECT_EQ(logical.text_at("fullyQualifiedName"), "lab.\\u{7}");
  EXPECT_EQ(result.find("locations")->as_array()->front().find("physicalLocation"), nullptr);
}

TEST(Sarif, TellsApartWhatIsTheSameTwice) {
  const SourceMap sources;
  const auto print = [](const net::Json& run, std::size_t number) {
    return std::string(result_of(run, number).find("partialFingerprints")->text_at("primaryLocationLineHash"));
  };
  const Found one{.code = "CL1", .summary = "it is wrong", .same = "it"};
  const auto twice = run_of({.found = {one, one}}, sources);
  const auto once = run_of({.found = {one}}, sources);
  EXPECT_EQ(print(once, 0), print(twice, 0));
  EXPECT_NE(print(twice, 0), print(twice, 1));
  auto other = one;
  other.code = "CL2";
  EXPECT_NE(print(once, 0), print(run_of({.found = {other}}, sources), 0));
}

TEST(Sarif, IsTheSameInAnyOrder) {
  SourceMap sources;
  const auto file = sources.add_file("a.yaml", "one\ntwo\n");
  std::vector<Found> found;
  for (const uint32_t line : {2U, 1U})
    found.push_back(
        {.code = "CL1",
         .summary = "wrong",
         .where = sources.add(SourceSpan{.file = file, .line = line, .column = 1, .end_line = line, .end_column = 4})});
  const auto text = write_sarif({.found = found}, sources, no_page);
  std::swap(found[0], found[1]);
  EXPECT_EQ(text, write_sarif({.found = found}, sources, no_page));
}

TEST(Junit, WritesOutWhatXmlHasNoWayToSay) {
  const auto text = write_junit({{.name = "a  b ",
                                  .group = "cloison",
                                  .cases = {{.name = "x\x01\"<&>'",
                                             .outcome = TestCase::Outcome::failed,
                                             .code = "CL1",
                                             .message = "two\nlines",
                                             .text = "]]> <b>\x0B \xFF\nsecond"}}}});
  EXPECT_THAT(text, HasSubstr("name=\"a b\""));
  EXPECT_THAT(text, HasSubstr("name=\"x\\u{1}&quot;&lt;&amp;&gt;&#39;\""));
  EXPECT_THAT(text, HasSubstr("message=\"two\\u{A}lines\""));
  EXPECT_THAT(text, HasSubstr(">]]&gt; &lt;b&gt;\\u{B} \\x{FF}\nsecond</failure>"));
  for (const char c : text) EXPECT_TRUE(static_cast<uint8_t>(c) >= 0x20 || c == '\n');
  EXPECT_THAT(text, Not(HasSubstr("time=\"\"")));
}

TEST(Junit, CountsOutcomes) {
  using Outcome = TestCase::Outcome;
  const auto text = write_junit({{.name = "all",
                                  .group = "cloison",
                                  .cases = {{.name = "a"},
                                            {.name = "b", .outcome = Outcome::failed},
                                            {.name = "c", .outcome = Outcome::error},
                                            {.name = "d", .outcome = Outcome::skipped}}}});
  EXPECT_THAT(text, HasSubstr(R"(tests="4" failures="1" errors="1" skipped="1")"));
}

}  // namespace

}  // namespace cloison::report
