#pragma once
// Minimal Lower Layer Protocol: 0x0b, an HL7 v2 message, 0x1c 0x0d. Both programs speak it.

#include <optional>
#include <string>
#include <string_view>

namespace cloison::deploy_test::mllp {

[[nodiscard]] std::string framed(std::string_view message);

/// Takes the first complete message out of what was received, with whatever stood before its start.
[[nodiscard]] std::optional<std::string> take(std::string& received);

/// A field by its number in the standard (MSH-10 is 10 of "MSH", where the separator itself is MSH-1); "" when absent.
[[nodiscard]] std::string_view field(std::string_view message, std::string_view segment, unsigned number);

}  // namespace cloison::deploy_test::mllp
