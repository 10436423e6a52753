#pragma once
// Another program, started by its arguments: no shell reads them.

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace cloison::cli {

struct ChildResult {
  int status = 0;
  std::string output{};
};
/// Feeds `input`, collects at most 256 MiB of standard output. ErrorKind::not_found when there is no such program.
[[nodiscard]] Result<ChildResult> run_child(const std::vector<std::string>& words, std::string_view input);

}  // namespace cloison::cli
