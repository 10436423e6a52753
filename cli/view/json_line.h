#pragma once
// One JSON object a line, written field by field in the order of the calls (docs/commands.md "JSON lines").

#include <concepts>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/value.h"

namespace cloison::cli {

class JsonObject {
 public:
  JsonObject& text(std::string_view name, std::string_view value);
  JsonObject& flag(std::string_view name, bool value);
  template <std::integral T>
  JsonObject& number(std::string_view name, T value) {
    return raw(name, std::to_string(value));
  }
  JsonObject& value(std::string_view name, const Value& value);
  JsonObject& texts(std::string_view name, const std::vector<std::string>& values);
  JsonObject& objects(std::string_view name, const std::vector<JsonObject>& values);
  /// `json` is JSON already.
  JsonObject& raw(std::string_view name, std::string_view json);
  [[nodiscard]] std::string done() const { return "{" + fields_ + "}"; }
  /// The fields without braces, "" when there are none.
  [[nodiscard]] const std::string& fields() const { return fields_; }

 private:
  std::string fields_{};
};

/// The type by which a line is told from others ("change"), then its fields.
struct JsonLine {
  std::string_view type{};
  JsonObject fields{};
};

}  // namespace cloison::cli
