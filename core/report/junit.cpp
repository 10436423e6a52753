#include <algorithm>

#include <fmt/format.h>

#include "core/report/html_text.h"
#include "core/report/tested.h"
#include "core/report/text.h"

namespace cloison::report {

namespace {

using Outcome = TestCase::Outcome;

/// Over lines; what XML 1.0 has no way to say is written out.
std::string lines_text(std::string_view text) {
  std::string out;
  for (const char c : shown(text))
    out += c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : std::string(1, c);
  return out;
}

/// Names are tokens: no readers agree on what several spaces are.
std::string name_text(std::string_view text) {
  std::string out;
  for (const char c : html_text(text))
    if (c != ' ' || (!out.empty() && out.back() != ' ')) out += c;
  while (out.ends_with(' ')) out.pop_back();
  return out.empty() ? "-" : out;
}

std::string_view element_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::failed:
      return "failure";
    case Outcome::error:
      return "error";
    case Outcome::skipped:
      return "skipped";
    case Outcome::passed:
      break;
  }
  return {};
}

std::string case_text(const TestCase& one, const std::string& group) {
  auto text =
      fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"0\"", name_text(group), name_text(one.name));
  const auto element = element_of(one.outcome);
  if (element.empty()) return text + "/>\n";
  text += fmt::format(">\n      <{} message=\"{}\"", element, html_text(one.message));
  // A test that was skipped has no type.
  if (one.outcome != Outcome::skipped) text += fmt::format(" type=\"{}\"", html_text(one.code));
  return text + fmt::format(">{}</{}>\n    </testcase>\n", lines_text(one.text), element);
}

std::string suite_text(const TestSuite& suite, std::size_t number) {
  const auto count = [&suite](Outcome outcome) {
    return std::count_if(suite.cases.begin(), suite.cases.end(),
                         [outcome](const TestCase& one) { return one.outcome == outcome; });
  };
  constexpr std::size_t k_without_zone = 19;
  auto text = fmt::format(
      "  <testsuite name=\"{}\" package=\"{}\" id=\"{}\" timestamp=\"{}\" hostname=\"localhost\" tests=\"{}\" "
      "failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"0\">\n    <properties>\n",
      name_text(suite.name), name_text(suite.group), number, rfc3339(suite.at).substr(0, k_without_zone),
      suite.cases.size(), count(Outcome::failed), count(Outcome::error), count(Outcome::skipped));
  for (const auto& [name, value] : suite.properties)
    text += fmt::format("      <property name=\"{}\" value=\"{}\"/>\n", name_text(name), html_text(value));
  text += "    </properties>\n";
  for (const auto& one : suite.cases) text += case_text(one, suite.group);
  return text + "    <system-out/>\n    <system-err/>\n  </testsuite>\n";
}

}  // namespace

std::string write_junit(const std::vector<TestSuite>& suites) {
  std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n";
  for (std::size_t i = 0; i < suites.size(); ++i) text += suite_text(suites[i], i);
  return text + "</testsuites>\n";
}

}  // namespace cloison::report
