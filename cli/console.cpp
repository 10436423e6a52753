#include "cli/console.h"

#include "cli/view/advice.h"
#include "core/base/strings.h"

namespace cloison::cli {

bool says_yes(std::string_view answer) {
  const auto word = lowered(trimmed(answer));
  return word == "y" || word == "yes";
}

void Console::text(std::string_view text) {
  if (!json() && !text.empty()) session_.out(text);
}

void Console::advice(std::string_view text) {
  if (!quiet()) this->text(text);
}

void Console::aside(std::string_view text) {
  if (!json() && !text.empty()) session_.err(text);
}

void Console::line(const JsonLine& line) {
  if (!json()) return;
  const std::lock_guard guard(mutex_);
  JsonObject head;
  head.text("type", line.type).number("seq", sequence_++).text("time", rfc3339(session_.clock.now()));
  const auto& fields = line.fields.fields();
  session_.out("{" + head.fields() + (fields.empty() ? "" : ",") + fields + "}\n");
}

void Console::lines(const std::vector<JsonLine>& lines) {
  for (const auto& one : lines) line(one);
}

void Console::diagnostics(const Diagnostics& found, const SourceMap& sources, Outcome outcome) {
  auto notes = found;
  for (auto& note : notes) note.hint = pastable(note.hint, arguments_);
  if (json())
    lines(diagnostics_json(notes, sources));
  else
    aside(diagnostics_text(notes, sources, session_.err_style,
                           {.all = verbose(), .errors_only = quiet(), .outcome = outcome}));
}

void Console::error(Diagnostic note) {
  diagnostics({std::move(note)}, SourceMap(), Outcome::nothing_changed);
}

}  // namespace cloison::cli
