#include "core/model/schema.h"

#include <algorithm>
#include <cassert>

#include "core/model/provider.h"

namespace cloison {

namespace {

const Value k_null;

Value normalised_by(const AttributeSchema& schema, const Value& value) {
  if (schema.type == Type::list && value.as_list()) {
    std::vector<Value> items = *value.as_list();
    if (!schema.fields.empty())
      for (auto& item : items) item = normalised_by(schema.fields.front(), item);
    if (schema.unordered) {
      std::sort(items.begin(), items.end());
      items.erase(std::unique(items.begin(), items.end()), items.end());
    }
    return items == *value.as_list() ? value : Value::list(std::move(items));
  }
  if (schema.type == Type::record && value.as_slots()) {
    std::vector<Value> items = *value.as_slots();
    for (std::size_t i = 0; i < items.size() && i < schema.fields.size(); ++i)
      items[i] = normalised_by(schema.fields[i], items[i]);
    return items == *value.as_slots() ? value : Value::slots(std::move(items));
  }
  return value;
}

}  // namespace

std::optional<std::size_t> KindSchema::slot(std::string_view name) const {
  for (std::size_t i = 0; i < attributes.size(); ++i)
    if (attributes[i].name == name) return i;
  return std::nullopt;
}

const Value& attribute(const KindSchema& schema, const Value& attributes, std::string_view name) {
  const auto slot = schema.slot(name);
  const auto* items = attributes.as_slots();
  return slot && items && *slot < items->size() ? (*items)[*slot] : k_null;
}

Value record(const KindSchema& schema, std::vector<std::pair<std::string_view, Value>> named) {
  std::vector<Value> items(schema.attributes.size());
  for (auto& [name, value] : named) {
    const auto slot = schema.slot(name);
    assert(slot);
    if (slot) items[*slot] = std::move(value);
  }
  return Value::slots(std::move(items));
}

Value with_attribute(const KindSchema& schema, const Value& attributes, std::string_view name, Value value) {
  std::vector<Value> items = attributes.as_slots() ? *attributes.as_slots() : std::vector<Value>{};
  items.resize(std::max(items.size(), schema.attributes.size()));
  if (const auto slot = schema.slot(name)) items[*slot] = std::move(value);
  return Value::slots(std::move(items));
}

Value normalised(const KindSchema& schema, const Value& attributes) {
  const auto* items = attributes.as_slots();
  if (!items) return attributes;
  std::vector<Value> result = *items;
  for (std::size_t i = 0; i < result.size() && i < schema.attributes.size(); ++i)
    result[i] = normalised_by(schema.attributes[i], result[i]);
  return result == *items ? attributes : Value::slots(std::move(result));
}

const KindSchema* find_kind(std::span<const KindSchema> kinds, std::string_view kind) {
  const auto found = std::find_if(kinds.begin(), kinds.end(), [&](const KindSchema& k) { return k.kind == kind; });
  return found == kinds.end() ? nullptr : &*found;
}

}  // namespace cloison
