#pragma once
// JSON as files that people may look at too: what nobody sees is written as an escape.

#include <cstddef>
#include <string>
#include <string_view>

#include "core/net/json.h"

namespace cloison::report {

/// Without the quotes. What is no UTF-8 becomes U+FFFD: JSON has no other text.
void append_json(std::string& out, std::string_view text);
/// A tree in which members and items of the first `levels` levels stand on lines of their own.
[[nodiscard]] std::string json_lines(const net::Json& json, std::size_t levels);

}  // namespace cloison::report
