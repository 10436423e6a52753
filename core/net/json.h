#pragma once
// JSON of REST interfaces (RFC 8259) as a small tree: what providers read answers from and build requests with.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/result.h"

namespace cloison::net {

struct Json {
  using Array = std::vector<Json>;
  using Object = std::vector<std::pair<std::string, Json>>;  // in the order written

  std::variant<std::monostate, bool, int64_t, double, std::string, Array, Object> data{};

  [[nodiscard]] static Json null() { return {}; }
  [[nodiscard]] static Json boolean(bool value) { return {value}; }
  [[nodiscard]] static Json integer(int64_t value) { return {value}; }
  [[nodiscard]] static Json text(std::string value) { return {std::move(value)}; }
  [[nodiscard]] static Json array(Array items = {}) { return {std::move(items)}; }
  [[nodiscard]] static Json object(Object members = {}) { return {std::move(members)}; }

  [[nodiscard]] bool is_null() const { return std::holds_alternative<std::monostate>(data); }
  [[nodiscard]] const bool* as_boolean() const { return std::get_if<bool>(&data); }
  [[nodiscard]] const int64_t* as_integer() const { return std::get_if<int64_t>(&data); }
  [[nodiscard]] const std::string* as_text() const { return std::get_if<std::string>(&data); }
  [[nodiscard]] const Array* as_array() const { return std::get_if<Array>(&data); }
  [[nodiscard]] const Object* as_object() const { return std::get_if<Object>(&data); }

  /// The member, or nullptr when this is no object or lacks it. Of a name written twice, the last, as most readers do.
  [[nodiscard]] const Json* find(std::string_view name) const;
  /// The member's text, or "" for anything else.
  [[nodiscard]] std::string_view text_at(std::string_view name) const;
  /// Adds a member; this must be an object or null (which becomes one).
  Json& set(std::string name, Json value);

  bool operator==(const Json&) const = default;
};

/// Errors (CL5101) on anything but one JSON text of at most `depth` levels; integers beyond 64 bits become doubles.
[[nodiscard]] Result<Json> parse_json(std::string_view text, std::size_t depth = 32);
[[nodiscard]] std::string to_text(const Json& json);

}  // namespace cloison::net
