#pragma once
// Attributes of providers' kinds that do not bear on what passes, each with why. All others are mutated; these are as
// well, and then nothing may change.

#include <optional>
#include <string_view>

namespace cloison::test {

/// Why the attribute does not bear on forwarding; nothing where it does.
[[nodiscard]] std::optional<std::string_view> why_not_forwarding(std::string_view kind, std::string_view attribute);

}  // namespace cloison::test
