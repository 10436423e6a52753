#pragma once
// Base64 (RFC 4648, section 4), by OpenSSL.

#include <optional>
#include <string>
#include <string_view>

namespace cloison {

[[nodiscard]] std::string in_base64(std::string_view bytes);
/// What stands for just so many bytes; blanks and line ends around it and within do not count.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text, std::size_t count);

}  // namespace cloison
