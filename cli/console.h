#pragma once
// Where a command puts what it has to say: text or JSON lines on standard output, diagnostics on standard error.

#include <cstdint>
#include <mutex>
#include <string_view>
#include <vector>

#include "cli/session.h"
#include "cli/view/diagnostics_view.h"
#include "cli/view/json_line.h"

namespace cloison::cli {

/// "y", "Y", "yes", "Yes": the answers that agree at [y/N].
[[nodiscard]] bool says_yes(std::string_view answer);

class Console {
 public:
  Console(const Arguments& arguments, Session& session) : arguments_(arguments), session_(session) {}

  [[nodiscard]] bool json() const { return arguments_.json; }
  [[nodiscard]] bool quiet() const { return arguments_.quiet; }
  [[nodiscard]] bool verbose() const { return arguments_.verbose > 0; }
  [[nodiscard]] const Style& style() const { return session_.out_style; }
  [[nodiscard]] Session& session() { return session_; }

  /// The result, for people; nothing with --json.
  void text(std::string_view text);
  /// Advice: as `text`, but nothing with -q either.
  void advice(std::string_view text);
  /// For people, on standard error; nothing with --json.
  void aside(std::string_view text);
  void line(const JsonLine& line);
  void lines(const std::vector<JsonLine>& lines);
  /// Their hints are made to be pasted.
  void diagnostics(const Diagnostics& found, const SourceMap& sources, Outcome outcome);
  /// One error without a place, as nothing was changed.
  void error(Diagnostic note);

 private:
  const Arguments& arguments_;
  Session& session_;
  std::mutex mutex_{};
  uint64_t sequence_ = 0;
};

}  // namespace cloison::cli
