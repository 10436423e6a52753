#pragma once
// The process's environment.

#include <optional>
#include <string>

namespace cloison {

/// The variable; nullopt where it is not set.
[[nodiscard]] std::optional<std::string> environment_variable(const std::string& name);

}  // namespace cloison
