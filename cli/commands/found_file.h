#pragma once
// What was found, as SARIF, and what was proved, as JUnit: what commands that can write them share.

#include <initializer_list>
#include <string>
#include <string_view>

#include "cli/commands.h"
#include "core/report/found.h"

namespace cloison::cli {

/// What --format and -o ask for.
struct FoundFile {
  std::string format{};  // "sarif", "junit"; "": nothing of the kind
  bool printed = false;
  std::string wrong{};  // with the command line
  [[nodiscard]] bool asked() const { return !format.empty(); }
  /// Nothing else is to be on standard output.
  [[nodiscard]] bool alone() const { return asked() && printed; }
};
/// `formats`: that the command can write.
[[nodiscard]] FoundFile found_file(const Arguments& arguments, std::initializer_list<std::string_view> formats);

/// Its hints are made to be pasted.
[[nodiscard]] std::string sarif_of(report::FoundRun run, const SourceMap& sources, const Arguments& arguments,
                                   const Session& session);
/// Prints or writes it; `status`, or 1 where it could not be written.
[[nodiscard]] int save_found(const FoundFile& file, const std::string& text, int status, const Arguments& arguments,
                             Console& console);

}  // namespace cloison::cli
