#pragma once
// What is said of a guarantee.

#include <cstdint>
#include <string_view>

namespace cloison {

enum class GuaranteeVerdict : uint8_t { proved, broken, unknown };

[[nodiscard]] constexpr std::string_view word(GuaranteeVerdict verdict) {
  switch (verdict) {
    case GuaranteeVerdict::proved:
      return "proved";
    case GuaranteeVerdict::broken:
      return "broken";
    case GuaranteeVerdict::unknown:
      return "unknown";
  }
  return "";
}

}  // namespace cloison
