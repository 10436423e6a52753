#include "cli/view/diagnostics_view.h"

#include <algorithm>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "cli/view/text.h"
#include "core/base/strings.h"

namespace cloison::cli {

namespace {

constexpr std::size_t k_shown_full = 20;
constexpr std::size_t k_least_width = 40;

std::string_view severity_name(Diagnostic::Severity severity) {
  switch (severity) {
    case Diagnostic::Severity::note:
      return "note";
    case Diagnostic::Severity::warning:
      return "warning";
    case Diagnostic::Severity::error:
      return "error";
  }
  return "error";
}

Color severity_color(Diagnostic::Severity severity) {
  if (severity == Diagnostic::Severity::error) return Color::red;
  return severity == Diagnostic::Severity::warning ? Color::yellow : Color::cyan;
}

/// The part of a source line that fits, and where the underlining stands in it.
struct Excerpt {
  std::string line{};
  std::size_t offset = 0, length = 1;  // columns
};

Excerpt excerpt_of(std::string_view line, const SourceSpan& span, std::size_t width) {
  const std::size_t begin = std::min<std::size_t>(span.column > 0 ? span.column - 1 : 0, line.size());
  std::size_t end = span.end_line == span.line && span.end_column > 0 ? span.end_column - 1 : line.size();
  end = std::clamp(end, begin, line.size());
  // A byte counts as one column in the source; shown, it may be none, two or an escape.
  auto before = printable(line.substr(0, begin));
  const auto marked = printable(line.substr(begin, end - begin));
  const auto rest = printable(line.substr(end));
  Excerpt result{.length = std::max<std::size_t>(display_width(marked), 1)};
  constexpr std::size_t k_lead = 24;
  if (display_width(before) + result.length > width && display_width(before) > k_lead) {
    std::size_t from = before.size();
    while (from > 0 && (display_width(std::string_view(before).substr(from)) < k_lead ||
                        (static_cast<unsigned char>(before[from]) & 0xC0U) == 0x80U))
      --from;
    before = "…" + before.substr(from);
  }
  result.offset = display_width(before);
  result.line = cropped(before + marked + rest, width);
  const std::size_t room = width > result.offset ? width - result.offset : 1;
  result.length = std::min(result.length, room);
  return result;
}

/// Writes one diagnostic with a gutter as wide as its line number.
class Block {
 public:
  Block(const SourceMap& sources, const Style& style) : sources_(sources), style_(style) {}

  std::string of(const Diagnostic& note) {
    const auto head = fmt::format("{}{}", severity_name(note.severity),
                                  note.code.empty() ? "" : fmt::format("[{}]", printable(note.code)));
    text_ = painted(style_.color, severity_color(note.severity), head) + ": " +
            wrapped(printable(note.summary), width(display_width(head) + 2), 2) + '\n';
    place(note.where);
    for (const auto& [span, what] : note.related) {
      const auto where = sources_.location(span);
      detail(where.empty() ? what : fmt::format("{}: {}", where, what));
    }
    detail(note.detail);
    for (const auto& one : note.context) detail(one);
    if (!note.address.empty() && note.summary.find(note.address) == std::string::npos) detail("at " + note.address);
    if (!note.hint.empty()) line("hint: ", note.hint);
    return std::move(text_);
  }

 private:
  [[nodiscard]] std::size_t width(std::size_t used) const {
    return style_.width > used + k_least_width ? style_.width - used : k_least_width;
  }

  void place(SpanId where) {
    if (where == 0 || sources_.location(where).empty()) return;  // what is told while it runs has no sources at hand
    const auto& span = sources_.span(where);
    const auto number = std::to_string(span.line);
    gutter_ = std::max<std::size_t>(number.size(), 2);
    text_ += fmt::format("{}--> {}\n", std::string(gutter_, ' '), printable(sources_.location(where)));
    const auto line = sources_.source_line(where);
    if (!line) return;
    const auto shown = excerpt_of(*line, span, width(gutter_ + 3));
    const std::string blank(gutter_, ' ');
    text_ +=
        fmt::format("{} |\n{:>{}} | {}\n{} | {}{}\n", blank, number, gutter_, shown.line, blank,
                    std::string(shown.offset, ' '), painted(style_.color, Color::red, std::string(shown.length, '^')));
  }

  void detail(const std::string& text) {
    if (!text.empty()) line("= ", text);
  }

  void line(std::string_view head, const std::string& text) {
    const std::size_t indent = gutter_ + 1 + head.size();
    text_ += std::string(gutter_ + 1, ' ') + std::string(head) + wrapped(printable(text), width(indent), indent) + '\n';
  }

  const SourceMap& sources_;
  const Style& style_;
  std::string text_{};
  std::size_t gutter_ = 2;
};

/// Pointers in order of severity (notes, warnings, errors last, next to the prompt), then of place.
std::vector<const Diagnostic*> in_order(const Diagnostics& notes, const SourceMap& sources, bool errors_only) {
  std::vector<const Diagnostic*> ordered;
  for (const auto& note : notes)
    if (!errors_only || note.severity == Diagnostic::Severity::error) ordered.push_back(&note);
  const auto key = [&sources](const Diagnostic* note) {
    const auto& span = sources.span(note->where);
    return std::tuple(note->severity, note->where == 0, std::string_view(sources.file_name(note->where)), span.line,
                      span.column);
  };
  std::stable_sort(ordered.begin(), ordered.end(),
                   [&key](const Diagnostic* a, const Diagnostic* b) { return key(a) < key(b); });
  return ordered;
}

/// Nothing is to be done about a note: one line is enough.
std::string note_line(const Diagnostic& note, const SourceMap& sources, const Style& style) {
  const auto place = sources.location(note.where);
  const auto line = fmt::format("note[{}]: {}{}", note.code, note.summary, place.empty() ? "" : "  (" + place + ")");
  return cropped(printable(line), style.width) + '\n';
}

std::string left_out(const std::map<std::string, std::size_t>& codes, std::size_t count, std::string_view what) {
  std::vector<std::string> parts;
  for (const auto& [code, number] : codes) parts.push_back(fmt::format("{}: {}", code, number));
  return fmt::format("... and {} ({}); all of them: -v\n\n", counted(count, fmt::format("more {}", what)),
                     join(parts, ", "));
}

std::string closing(const std::vector<const Diagnostic*>& shown, Outcome outcome) {
  std::size_t errors = 0, warnings = 0;
  std::string code;
  for (const auto* note : shown) {
    errors += note->severity == Diagnostic::Severity::error ? 1U : 0U;
    warnings += note->severity == Diagnostic::Severity::warning ? 1U : 0U;
    if (note->severity == Diagnostic::Severity::error && code.empty()) code = note->code;
  }
  if (errors == 0) return {};
  std::string text = counted(errors, "error");
  if (warnings > 0) text += ", " + counted(warnings, "warning");
  text += '.';
  if (outcome == Outcome::nothing_changed) text += " Nothing was changed.";
  if (!code.empty()) text += " Explanations: cloison help " + code;
  return text + '\n';
}

}  // namespace

std::string diagnostic_text(const Diagnostic& note, const SourceMap& sources, const Style& style) {
  return Block(sources, style).of(note);
}

std::string diagnostics_text(const Diagnostics& notes, const SourceMap& sources, const Style& style,
                             const DiagnosticsView& view) {
  const auto ordered = in_order(notes, sources, view.errors_only);
  std::string text;
  for (std::size_t at = 0; at < ordered.size();) {
    const auto severity = ordered[at]->severity;
    std::size_t shown = 0, left = 0;
    std::map<std::string, std::size_t> codes;
    for (; at < ordered.size() && ordered[at]->severity == severity; ++at) {
      if (view.all || shown < k_shown_full) {
        const bool brief = !view.all && severity == Diagnostic::Severity::note;
        text += brief ? note_line(*ordered[at], sources, style) : diagnostic_text(*ordered[at], sources, style) + '\n';
        ++shown;
      } else {
        ++left;
        ++codes[ordered[at]->code];
      }
    }
    if (left > 0) text += left_out(codes, left, severity_name(severity));
  }
  return text + closing(ordered, view.outcome);
}

std::string place_json(const SourceMap& sources, SpanId span) {
  if (span == 0) return "null";
  const auto& where = sources.span(span);
  return JsonObject()
      .text("file", sources.file_name(span))
      .number("line", where.line)
      .number("column", where.column)
      .done();
}

std::string place_text(const SourceMap& sources, SpanId span) {
  if (span == 0 || sources.span(span).line == 0) return {};
  return printable(fmt::format("{}:{}", sources.file_name(span), sources.span(span).line));
}

std::vector<JsonLine> diagnostics_json(const Diagnostics& notes, const SourceMap& sources) {
  std::vector<JsonLine> lines;
  for (const auto* note : in_order(notes, sources, false)) {
    std::vector<JsonObject> related;
    for (const auto& [span, what] : note->related)
      related.push_back(JsonObject().raw("where", place_json(sources, span)).text("what", what));
    JsonObject fields;
    fields.text("severity", severity_name(note->severity))
        .text("code", note->code)
        .text("summary", note->summary)
        .text("detail", note->detail)
        .text("hint", note->hint)
        .text("address", note->address)
        .raw("where", place_json(sources, note->where))
        .objects("related", related)
        .texts("context", note->context);
    lines.push_back({"diagnostic", std::move(fields)});
  }
  return lines;
}

}  // namespace cloison::cli
