#pragma once
// What `cloison help TOPIC` explains.

#include <span>
#include <string>
#include <string_view>

namespace cloison::cli {

struct Topic {
  std::string_view name{};
  std::string (*text)();
};
/// In order of name.
[[nodiscard]] std::span<const Topic> topics();
/// What a status means, for one command: "2" of `plan` is not "2" of `drift`.
[[nodiscard]] std::string_view exit_status_text(std::string_view status, std::string_view command);

}  // namespace cloison::cli
