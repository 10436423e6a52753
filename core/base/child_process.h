#pragma once
// Another program, started by its arguments: no shell reads them.

#include <chrono>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"

namespace cloison {

struct Child {
  std::vector<std::string> words{};  // the program, looked for on PATH, and its arguments; at least one word
  std::string_view input{};          // a file in memory for it: what asks for a file's size works with /dev/stdin
  std::vector<std::pair<std::string, std::string>> environment{};  // in place of, or beside, this process's own
  bool takes_complaints = false;  // its standard error is a part of the answer; else it is this process's own
};
struct ChildLimits {
  std::chrono::milliseconds time = std::chrono::minutes{10};
  std::size_t output = std::size_t{256} << 20U;  // bytes, of each stream
  std::stop_token stop{};
};
struct ChildResult {
  int status = 0;  // 128 + signal where one ended it
  std::string output{}, complaints{};
};
/// Whatever status it leaves with. Errors: CL6005 (not_found where there is no such program) when it cannot be started;
/// CL6006 when it was ended: it answered without end, too late (timeout), or nobody waits any more (cancelled).
[[nodiscard]] Result<ChildResult> run_child(const Child& what, const ChildLimits& limits = {});

/// CL6006, with what is known of the cause.
[[nodiscard]] Diagnostic child_failed(const std::string& program, std::string why,
                                      ErrorKind kind = ErrorKind::internal);

}  // namespace cloison
