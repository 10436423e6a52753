#include "cli/view/lint_view.h"

#include <algorithm>

#include <fmt/format.h>

#include "cli/view/diagnostics_view.h"
#include "cli/view/not_applied_view.h"
#include "cli/view/text.h"
#include "core/base/strings.h"

namespace cloison::cli {

namespace {

using ops::LintFinding;

constexpr std::size_t k_findings_shown = 30;

std::string_view lint_title(LintFinding::Kind kind) {
  switch (kind) {
    case LintFinding::Kind::insecure:
      return "insecure service";
    case LintFinding::Kind::broad:
      return "too broad";
    case LintFinding::Kind::shadowed:
      return "shadowed";
    case LintFinding::Kind::control:
      return "control missing";
    case LintFinding::Kind::redundant:
      return "redundant";
    case LintFinding::Kind::never:
      return "never met";
    case LintFinding::Kind::too_complex:
      return "too complex";
  }
  return "";
}

class LintText {
 public:
  LintText(const ops::Linted& linted, const Style& style, bool verbose)
      : linted_(linted), style_(style), verbose_(verbose) {}

  std::string run() {
    std::size_t warnings = 0, notices = 0;
    for (const auto& one : linted_.findings)
      (one.severity == LintFinding::Severity::warning ? warnings : notices) += one.count;
    text_ = fmt::format("Lint  {} in {}: {}\n", counted(linted_.rules, "rule"), counted(linted_.filters, "filter"),
                        warnings + notices == 0 ? "nothing is found"
                                                : counted(warnings, "warning") + ", " + counted(notices, "notice"));
    const auto shown = verbose_ ? linted_.findings.size() : std::min(linted_.findings.size(), k_findings_shown);
    for (std::size_t i = 0; i < shown; ++i) finding(linted_.findings[i]);
    if (shown < linted_.findings.size())
      text_ += fmt::format("\n... and {}; all of them: -v\n", counted(linted_.findings.size() - shown, "more finding"));
    not_part();
    return std::move(text_);
  }

 private:
  void line(std::string_view indent, const std::string& text) {
    const auto room = style_.width > indent.size() ? style_.width - indent.size() : style_.width;
    text_ += std::string(indent) + wrapped(printable(text), room, indent.size() + 2) + '\n';
  }

  void finding(const LintFinding& one) {
    const bool warning = one.severity == LintFinding::Severity::warning;
    const auto head = std::string(ops::lint_word(one.severity));
    text_ += '\n' + painted(style_.color, warning ? Color::yellow : Color::cyan, head) + "  " +
             fmt::format("{}{}", lint_title(one.kind), one.what.empty() ? "" : " (" + one.what + ")");
    if (one.count > 1) text_ += fmt::format("  {} x", one.count);
    text_ += '\n';
    const auto place = place_text(linted_.sources, one.declared);
    line("  ", one.address + (one.reason.empty() || one.address.ends_with(one.reason) ? "" : "  " + one.reason) +
                   (place.empty() ? "" : "  " + place));
    if (!one.where.empty() && one.where != one.address) line("    ", one.where);
    if (!one.rule.empty() && one.rule != one.address) line("    ", "rule: " + one.rule);
    line("    ", one.why);
    for (const auto& by : one.by) decider(by);
    if (!one.witness.empty()) line("    ", "for example " + one.witness);
    if (!one.others.empty()) others(one);
    if (!one.hint.empty()) line("    ", "hint: " + one.hint);
  }

  void decider(const ops::LintDecider& by) {
    const auto place = place_text(linted_.sources, by.declared);
    line("    ", fmt::format("by {}{}{}", by.rule, by.reason.empty() ? "" : "  " + by.reason,
                             place.empty() ? "" : "  " + place));
  }

  void others(const LintFinding& one) {
    std::vector<std::string> names;
    for (const auto& other : one.others)
      if (other != one.address && std::find(names.begin(), names.end(), other) == names.end()) names.push_back(other);
    if (!names.empty()) line("    ", "also " + few(names, 3));
  }

  void not_part() {
    auto text = not_part_text(linted_.not_applied);
    for (const auto& one : linted_.not_judged) {
      if (text.empty()) text += k_not_part;
      text += fmt::format("  {}\n", printable(one));
    }
    text_ += text;
  }

  const ops::Linted& linted_;
  const Style& style_;
  bool verbose_;
  std::string text_{};
};

}  // namespace

std::string lint_text(const ops::Linted& linted, const Style& style, bool verbose) {
  return LintText(linted, style, verbose).run();
}

std::vector<JsonLine> lint_json(const ops::Linted& linted) {
  std::vector<JsonLine> lines;
  std::size_t warnings = 0, notices = 0;
  for (const auto& one : linted.findings) {
    (one.severity == LintFinding::Severity::warning ? warnings : notices) += one.count;
    std::vector<JsonObject> by;
    for (const auto& other : one.by)
      by.push_back(JsonObject()
                       .text("rule", other.rule)
                       .text("reason", other.reason)
                       .raw("declared", place_json(linted.sources, other.declared)));
    lines.push_back({"lint", JsonObject()
                                 .text("kind", ops::lint_word(one.kind))
                                 .text("severity", ops::lint_word(one.severity))
                                 .text("what", one.what)
                                 .text("address", one.address)
                                 .text("in", one.where)
                                 .text("rule", one.rule)
                                 .text("reason", one.reason)
                                 .raw("declared", place_json(linted.sources, one.declared))
                                 .objects("by", by)
                                 .flag("by_rest", one.by_rest)
                                 .texts("packets", one.packets)
                                 .text("witness", one.witness)
                                 .text("why", one.why)
                                 .text("hint", one.hint)
                                 .number("count", one.count)
                                 .texts("others", one.others)});
  }
  lines.push_back({"linted", JsonObject()
                                 .number("rules", linted.rules)
                                 .number("filters", linted.filters)
                                 .number("warnings", warnings)
                                 .number("notices", notices)
                                 .texts("not_judged", linted.not_judged)
                                 .flag("live", linted.live)
                                 .number("milliseconds", linted.milliseconds)});
  return lines;
}

}  // namespace cloison::cli
