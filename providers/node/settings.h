#pragma once
// Reading a resource's attributes while its files are written. Part of providers/node only.

#include <optional>
#include <string>
#include <vector>

#include "core/model/schema.h"
#include "providers/node/schema.h"

namespace cloison::node {

/// The values of one resource, by name.
class Settings {
 public:
  Settings(std::string_view kind, const Value& attributes) : schema_(schema_of(kind)), attributes_(attributes) {}
  [[nodiscard]] const Value& at(std::string_view name) const { return attribute(schema_, attributes_, name); }
  [[nodiscard]] const std::string& text(std::string_view name) const { return at(name).text_or_empty(); }
  [[nodiscard]] bool is_set(std::string_view name) const {
    const auto* value = at(name).as_boolean();
    return value != nullptr && *value;
  }
  [[nodiscard]] std::optional<int64_t> number(std::string_view name) const {
    const auto* value = at(name).as_integer();
    return value == nullptr ? std::nullopt : std::optional(*value);
  }
  [[nodiscard]] std::vector<std::string> texts(std::string_view name) const {
    std::vector<std::string> all;
    if (const auto* items = at(name).as_list())
      for (const auto& item : *items) all.push_back(item.text_or_empty());
    return all;
  }

 private:
  const KindSchema& schema_;
  const Value& attributes_;
};

}  // namespace cloison::node
