#pragma once
// JSON form of values at the borders (state rows, plan file, JSON output), read by SAX, never through a DOM.
// null; true; 7; "text"; [list]; {"s":[record]}; {"p":"10.0.0.0/8"}; {"r":["address","attribute"]}; {"x":"keyed
// digest"}.

#include <optional>
#include <string>
#include <string_view>

#include "core/model/value.h"

namespace cloison {

/// How deep a value may be nested in the form above.
inline constexpr std::size_t k_value_depth_limit = 32;

[[nodiscard]] std::string to_json(const Value& value);
void append_json(std::string& out, const Value& value);
/// Nothing for anything else than the form above. Whoever asks knows whose content it is.
[[nodiscard]] std::optional<Value> value_from_json(std::string_view text);
/// Appends `text` as a JSON string, control characters and broken UTF-8 escaped.
void append_json_string(std::string& out, std::string_view text);

}  // namespace cloison
