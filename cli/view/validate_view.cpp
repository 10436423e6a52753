#include "cli/view/validate_view.h"

#include <fmt/format.h>

#include "cli/view/not_applied_view.h"
#include "cli/view/text.h"
#include "core/base/strings.h"

namespace cloison::cli {

namespace {

std::size_t count_of(const Diagnostics& notes, Diagnostic::Severity severity) {
  return static_cast<std::size_t>(std::count_if(
      notes.begin(), notes.end(), [severity](const Diagnostic& note) { return note.severity == severity; }));
}

}  // namespace

std::string validate_text(const ops::Validated& result, bool all, const Style& style) {
  if (result.ending != ops::Ending::done || !result.topology || !result.resolved) return {};
  const auto& resolved = *result.resolved;
  const auto written =
      static_cast<std::size_t>(std::count_if(resolved.flows.begin(), resolved.flows.end(),
                                             [](const topology::ResolvedFlow& flow) { return flow.flow != nullptr; }));
  const auto generated = resolved.flows.size() - written;
  const auto warnings = count_of(result.notes, Diagnostic::Severity::warning);
  auto text = fmt::format("{}: {}, {}, {}, {}, {} in {}{}; {} to be managed.", printable(result.topology->name),
                          counted(result.topology->sites.size(), "site"), counted(resolved.segments.size(), "segment"),
                          counted(resolved.hosts.size(), "host"), counted(resolved.nodes.size(), "node"),
                          counted(resolved.pairs.size(), "pair"), counted(written, "flow"),
                          generated == 0 ? std::string() : fmt::format(" (and {} generated)", generated),
                          counted(result.resources.size(), "resource"));
  text = wrapped(text, style.width, 2) + '\n';
  text += not_applied_text(result.not_applied, result.sources, all, style);
  text += warnings > 0 ? fmt::format("Valid, with {}.\n", counted(warnings, "warning")) : "Valid.\n";
  return text;
}

JsonLine validate_json(const ops::Validated& result) {
  JsonObject fields;
  fields.flag("valid", !has_errors(result.notes))
      .text("topology", result.topology ? result.topology->name : std::string())
      .number("errors", count_of(result.notes, Diagnostic::Severity::error))
      .number("warnings", count_of(result.notes, Diagnostic::Severity::warning))
      .number("resources", result.resources.size())
      .number("not_applied", result.not_applied.size());
  return {"summary", std::move(fields)};
}

}  // namespace cloison::cli
