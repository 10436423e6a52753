#include "core/model/schema.h"

#include <algorithm>
#include <cassert>

#include "core/model/provider.h"

namespace cloison {

namespace {

const Value k_null;

Value normalised_by(const AttributeSchema& schema, const Value& value);

/// Items, each normalised by the schema that `schema_of` gives for its place; the same list as long as none changes.
template <class SchemaOf>
std::optional<std::vector<Value>> changed_items(const std::vector<Value>& items, SchemaOf schema_of) {
  std::optional<std::vector<Value>> changed;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const AttributeSchema* schema = schema_of(i);
    if (!schema || !items[i].items()) continue;
    Value item = normalised_by(*schema, items[i]);
    if (item == items[i]) continue;
    if (!changed) changed = items;
    (*changed)[i] = std::move(item);
  }
  return changed;
}

/// The schema of place `i` in a record, or nullptr.
auto in_order(const std::vector<AttributeSchema>& schemas) {
  return [&schemas](std::size_t i) { return i < schemas.size() ? &schemas[i] : nullptr; };
}

bool is_ordered_set(const std::vector<Value>& items) {
  return std::adjacent_find(items.begin(), items.end(), [](const Value& a, const Value& b) { return !(a < b); }) ==
         items.end();
}

Value normalised_list(const AttributeSchema& schema, const Value& list) {
  auto items = schema.fields.empty()
                   ? std::nullopt
                   : changed_items(*list.as_list(), [&](std::size_t) { return &schema.fields.front(); });
  if (schema.unordered && !is_ordered_set(items ? *items : *list.as_list())) {
    if (!items) items = *list.as_list();
    std::sort(items->begin(), items->end());
    items->erase(std::unique(items->begin(), items->end()), items->end());
  }
  return items ? Value::list(*std::move(items)) : list;
}

Value normalised_by(const AttributeSchema& schema, const Value& value) {
  if (schema.type == Type::list && value.as_list()) return normalised_list(schema, value);
  if (schema.type != Type::record || !value.as_slots()) return value;
  auto items = changed_items(*value.as_slots(), in_order(schema.fields));
  return items ? Value::slots(*std::move(items)) : value;
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
  auto changed = changed_items(*items, in_order(schema.attributes));
  return changed ? Value::slots(*std::move(changed)) : attributes;
}

std::string node_provider(std::string_view entry, std::string_view node) {
  return std::string(entry) + ':' + std::string(node);
}

std::string_view entry_of(std::string_view provider) {
  return provider.substr(0, provider.find(':'));
}

std::string_view node_of(std::string_view provider) {
  const auto colon = provider.find(':');
  return colon == std::string_view::npos ? std::string_view() : provider.substr(colon + 1);
}

std::vector<Result<Applied>> Provider::change_many(std::span<const ChangeRequest> changes, const Call& call) {
  std::vector<Result<Applied>> answers;
  for (const auto& change : changes) {
    if (change.verb == ChangeRequest::Verb::create) {
      const CreateRequest request{change.desired, change.marker};
      answers.push_back(create_many({&request, 1}, call).front());
    } else if (change.verb == ChangeRequest::Verb::update) {
      answers.push_back(update(change.now, change.desired, call));
    } else {
      const auto removed = remove(change.now, call);
      answers.push_back(removed ? Result<Applied>(Applied{}) : fail(removed.error()));
    }
  }
  return answers;
}

const KindSchema* find_kind(std::span<const KindSchema> kinds, std::string_view kind) {
  const auto found = std::find_if(kinds.begin(), kinds.end(), [&](const KindSchema& k) { return k.kind == kind; });
  return found == kinds.end() ? nullptr : &*found;
}

}  // namespace cloison
