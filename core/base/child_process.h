#pragma once
// Another program, started by its arguments: no shell reads them.

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"

namespace cloison {

struct Child {
  std::vector<std::string> words{};  // the program, looked for on PATH, and its arguments
  std::string_view input{};
  std::vector<std::pair<std::string, std::string>> environment{};  // in place of, or beside, this process's own
  std::filesystem::path complaints{};  // a new file for its standard error; "": it shares this process's own
};
struct ChildResult {
  int status = 0;
  std::string output{};
};
/// Feeds `input`, collects at most 256 MiB of standard output. ErrorKind::not_found when there is no such program.
[[nodiscard]] Result<ChildResult> run_child(const Child& what);

}  // namespace cloison
