#pragma once
// Reports as files: what commands that write them share.

#include <string>

#include "cli/commands.h"
#include "core/report/writers.h"

namespace cloison::cli {

[[nodiscard]] Result<std::string> in_format(const report::Report& made, report::Format format,
                                            report::Language language);
[[nodiscard]] report::Language language_of(const Arguments& arguments);
/// Of the JSON line that says what was written.
[[nodiscard]] JsonObject fields_of(report::Format format, report::Language language, const std::string& bytes);
/// A report may hold people's names: it is for whoever asked for it (0600). The exit status.
[[nodiscard]] int save_report(const std::string& file, const std::string& bytes, report::Format format,
                              report::Language language, Console& console);

}  // namespace cloison::cli
