#pragma once
// The little of RFC 3986 that REST clients need.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cloison::net {

/// Everything but unreserved characters percent-encoded.
[[nodiscard]] std::string percent_encoded(std::string_view text);

/// "https://host:port", lower case, default ports left out; "" unless http or https with a host and without user
/// information.
[[nodiscard]] std::string origin(std::string_view url);

/// `url` with what stands before an `@` in its authority blanked: a password there must not reach a message.
[[nodiscard]] std::string without_user(std::string_view url);

/// The path with its leading slash, without query and fragment.
[[nodiscard]] std::string_view path(std::string_view url);

/// `url` without a trailing slash.
[[nodiscard]] std::string_view without_slash(std::string_view url);

/// "a=1&b=2", encoded, in the order given.
[[nodiscard]] std::string query(const std::vector<std::pair<std::string, std::string>>& parameters);

/// What `reference` means on a page at `base`: absolute, or starting with a slash; "" for other forms.
[[nodiscard]] std::string resolved(std::string_view base, std::string_view reference);

}  // namespace cloison::net
