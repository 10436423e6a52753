#include "core/plan/kinds.h"

#include <algorithm>

#include "core/model/value_json.h"

namespace cloison::plan {
namespace {

bool has_unordered(const std::vector<AttributeSchema>& fields) {
  return std::any_of(fields.begin(), fields.end(),
                     [](const AttributeSchema& field) { return field.unordered || has_unordered(field.fields); });
}

std::vector<std::size_t> slots_of(const KindSchema& schema, const std::vector<std::string>& names) {
  std::vector<std::size_t> slots;
  for (const std::string& name : names) {
    if (const auto slot = schema.slot(name)) slots.push_back(*slot);
  }
  return slots;
}

KindInfo info_of(const Provider& provider, const KindSchema& schema) {
  KindInfo info{.schema = &schema, .provider = &provider};
  if (!schema.container.empty()) info.container = schema.slot(schema.container);
  info.natural = slots_of(schema, schema.natural_key);
  for (const auto& tuple : schema.unique) info.unique.push_back(slots_of(schema, tuple));
  if (info.is_natural()) {
    std::vector<std::size_t> identity = info.natural;
    if (info.container) identity.push_back(*info.container);
    info.unique.push_back(std::move(identity));
  }
  std::erase_if(info.unique, [](const auto& tuple) { return tuple.empty(); });
  info.unordered = has_unordered(schema.attributes);
  return info;
}

}  // namespace

KindTable::KindTable(const Providers& providers) {
  for (const auto& [name, provider] : providers) {
    auto& kinds = kinds_[name];
    for (const KindSchema& schema : provider->kinds()) kinds.emplace(schema.kind, info_of(*provider, schema));
  }
}

const KindInfo* KindTable::find(std::string_view provider, std::string_view kind) const {
  const auto entry = kinds_.find(provider);
  if (entry == kinds_.end()) return nullptr;
  const auto found = entry->second.find(kind);
  return found == entry->second.end() ? nullptr : &found->second;
}

const Value& slot_value(const Value& attributes, std::size_t slot) {
  static const Value none{};
  const std::vector<Value>* slots = attributes.as_slots();
  return slots != nullptr && slot < slots->size() ? (*slots)[slot] : none;
}

Value comparable(const KindInfo& kind, const Value& attributes) {
  return kind.unordered ? normalised(*kind.schema, attributes) : attributes;
}

std::optional<std::string> natural_identity(const KindInfo& kind, std::string_view container_id,
                                            const Value& attributes) {
  std::string key = kind.schema->kind;
  key += '\0';
  key += container_id;
  for (const std::size_t slot : kind.natural) {
    const Value& value = slot_value(attributes, slot);
    if (has_references(value)) return std::nullopt;
    key += '\0';
    append_json(key, value);
  }
  return key;
}

std::vector<std::string> unique_keys(const KindInfo& kind, std::string_view provider, const Value& attributes) {
  std::vector<std::string> keys;
  for (std::size_t t = 0; t < kind.unique.size(); ++t) {
    std::string key(provider);
    key += '\0';
    key += kind.schema->kind;
    key += '\0';
    key += std::to_string(t);
    bool known = true;
    bool any = false;
    for (const std::size_t slot : kind.unique[t]) {
      const Value& value = slot_value(attributes, slot);
      known = known && !has_references(value);
      any = any || !value.is_null();
      key += '\0';
      append_json(key, value);
    }
    if (known && any) keys.push_back(std::move(key));
  }
  return keys;
}

}  // namespace cloison::plan
