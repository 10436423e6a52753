#include "tests/support/diagnostics_text.h"

#include <algorithm>

#include <fmt/format.h>

namespace cloison::test_support {

namespace {

std::string_view severity_name(Diagnostic::Severity severity) {
  switch (severity) {
    case Diagnostic::Severity::note:
      return "note";
    case Diagnostic::Severity::warning:
      return "warning";
    case Diagnostic::Severity::error:
      break;
  }
  return "error";
}

std::string excerpt(SpanId where, const SourceMap& sources) {
  const auto line = sources.source_line(where);
  if (!line) {
    return {};
  }
  const SourceSpan& span = sources.span(where);
  const std::size_t begin = std::min<std::size_t>(span.column - 1, line->size());
  const std::size_t end =
      span.end_line == span.line ? std::min<std::size_t>(span.end_column - 1, line->size()) : line->size();
  return fmt::format("  | {}\n  | {}{}\n", *line, std::string(begin, ' '),
                     std::string(std::max<std::size_t>(end > begin ? end - begin : 1, 1), '^'));
}

}  // namespace

std::string diagnostics_text(const Diagnostics& notes, const SourceMap& sources) {
  std::string text;
  for (const Diagnostic& note : notes) {
    text += fmt::format("{}[{}]: {}\n", severity_name(note.severity), note.code, note.summary);
    if (note.where != 0) {
      text += fmt::format("  --> {}\n{}", sources.location(note.where), excerpt(note.where, sources));
    }
    if (!note.detail.empty()) {
      text += fmt::format("  = {}\n", note.detail);
    }
    for (const auto& [span, what] : note.related) {
      text += fmt::format("  = {}: {}\n", sources.location(span), what);
    }
    for (const std::string& context : note.context) {
      text += fmt::format("  = {}\n", context);
    }
    if (!note.hint.empty()) {
      text += fmt::format("  hint: {}\n", note.hint);
    }
    text += "\n";
  }
  return text;
}

}  // namespace cloison::test_support
