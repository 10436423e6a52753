#include "providers/sandbox/world.h"

#include <algorithm>

#include "core/base/strings.h"
#include "core/model/value_json.h"

namespace cloison::sandbox {

namespace {

void collect(const AttributeSchema& schema, const Value& value, std::size_t top, std::vector<Reference>& into) {
  if (const auto* items = value.as_list()) {
    for (const auto& item : *items)
      if (!schema.fields.empty()) collect(schema.fields.front(), item, top, into);
  } else if (const auto* slots = value.as_slots()) {
    for (std::size_t i = 0; i < slots->size() && i < schema.fields.size(); ++i)
      collect(schema.fields[i], (*slots)[i], top, into);
  } else if (const auto* text = value.as_text(); text && !schema.refers_to.empty()) {
    into.push_back({&schema, top, *text});
  }
}

/// An element's attribute says what it refers to; a list may say it for its elements.
const AttributeSchema& element_of(const AttributeSchema& list) {
  return list.fields.empty() ? list : list.fields.front();
}

std::string project_prefix(const Object& object) {
  std::string key = object.project;
  return key.append(1, '\0').append(object.schema->kind).append(1, '\0');
}

bool absent(const Value& value) {
  const auto* list = value.as_list();
  return value.is_null() || (list && list->empty());
}

/// Empty when the tuple does not count: something in it is unknown and no natural key needs it.
std::string tuple_key(const Object& object, const std::vector<std::string>& names, bool nulls_count) {
  std::string key;
  for (const auto& name : names) {
    const auto& value = attribute(*object.schema, object.attributes, name);
    if (!nulls_count && absent(value)) return {};
    append_json(key, value);
    key += '\0';
  }
  return key;
}

bool same_names(std::vector<std::string> a, std::vector<std::string> b) {
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  return a == b;
}

}  // namespace

std::vector<Reference> references_of(const KindSchema& schema, const Value& attributes) {
  std::vector<Reference> found;
  const auto* slots = attributes.as_slots();
  for (std::size_t i = 0; slots && i < slots->size() && i < schema.attributes.size(); ++i)
    collect(schema.attributes[i], (*slots)[i], i, found);
  return found;
}

PairedPaths paired(const KindSchema& schema, const std::string& first, const std::string& second) {
  const auto dot = first.find('.');
  const std::string head = first.substr(0, dot);
  const auto slot = schema.slot(head);
  if (dot == std::string::npos || !slot || schema.attributes[*slot].type != Type::list ||
      !second.starts_with(head + "."))
    return {{}, first, second};
  return {head, first.substr(dot + 1), second.substr(dot + 1)};
}

const Object* World::find(std::string_view id) const {
  const auto found = objects_.find(std::string(id));
  return found == objects_.end() ? nullptr : found->second.get();
}

std::vector<const Object*> World::all() const {
  std::vector<const Object*> result;
  result.reserve(objects_.size());
  for (const auto& [id, object] : objects_) result.push_back(object.get());
  std::sort(result.begin(), result.end(), [](const Object* a, const Object* b) { return a->id < b->id; });
  return result;
}

std::vector<const Object*> World::sharing(const std::string& key) {
  ensure_index();
  const auto found = index_.find(key);
  if (found == index_.end()) return {};
  std::vector<const Object*> result(found->second.begin(), found->second.end());
  std::sort(result.begin(), result.end(), [](const Object* a, const Object* b) { return a->id < b->id; });
  return result;
}

std::vector<const Object*> World::referring_to(const std::string& id) {
  return sharing(std::string("to").append(1, '\0') + id);
}

const Object* World::holder(const std::string& key, std::string_view self) {
  ensure_index();
  const auto found = index_.find(key);
  if (found == index_.end()) return nullptr;
  const auto other =
      std::find_if(found->second.begin(), found->second.end(), [&](const Object* o) { return o->id != self; });
  return other == found->second.end() ? nullptr : *other;
}

std::size_t World::count(const std::string& key, std::string_view self) {
  ensure_index();
  const auto found = index_.find(key);
  if (found == index_.end()) return 0;
  const auto* const own = find(self);
  return found->second.size() - (own && found->second.contains(own) ? 1 : 0);
}

void World::put(Object object) {
  auto& kept = objects_[object.id];
  if (kept) {
    if (indexed_) index(*kept, false);
    *kept = std::move(object);
  } else {
    kept = std::make_unique<Object>(std::move(object));
  }
  if (indexed_) index(*kept, true);
}

void World::erase(const std::string& id) {
  const auto found = objects_.find(id);
  if (found == objects_.end()) return;
  if (indexed_) index(*found->second, false);
  objects_.erase(found);
}

void World::ensure_index() {
  if (indexed_) return;
  index_.reserve(objects_.size() * 3);
  for (const auto& [id, object] : objects_) index(*object, true);
  indexed_ = true;
}

void World::index(const Object& object, bool present) {
  for (auto& key : keys(object)) {
    if (present) {
      index_[std::move(key)].insert(&object);
    } else if (const auto found = index_.find(key); found != index_.end()) {
      found->second.erase(&object);
      if (found->second.empty()) index_.erase(found);
    }
  }
}

std::vector<std::string> World::keys(const Object& object) const {
  std::vector<std::string> result;
  for (auto& reference : references_of(*object.schema, object.attributes))
    result.push_back(std::string("to").append(1, '\0') + reference.target);
  for (auto& unique : unique_keys(object)) result.push_back(std::move(unique.key));
  for (std::size_t rule = 0; rule < object.schema->disjoint.size(); ++rule)
    result.push_back(disjoint_key(object, rule));
  for (const auto& [limit, most] : object.schema->limits) result.push_back(limit_key(object, limit));
  result.push_back(token_key(object));
  std::erase(result, std::string{});
  return result;
}

void World::at_path(const KindSchema& schema, const Value& attributes, std::string_view path,
                    const std::function<void(const Value&)>& visit) const {
  struct Walk {
    const World& world;
    const std::function<void(const Value&)>& visit;

    void fields(const std::vector<AttributeSchema>& known, const Value& record, std::string_view rest) const {
      const auto dot = rest.find('.');
      const auto name = rest.substr(0, dot);
      const auto* slots = record.as_slots();
      for (std::size_t i = 0; slots && i < slots->size() && i < known.size(); ++i)
        if (known[i].name == name)
          value(known[i], (*slots)[i], dot == std::string_view::npos ? std::string_view{} : rest.substr(dot + 1));
    }

    void value(const AttributeSchema& about, const Value& here, std::string_view rest) const {
      if (const auto* items = here.as_list()) {
        for (const auto& item : *items) value(element_of(about), item, rest);
      } else if (rest.empty()) {
        visit(here);
      } else if (here.as_slots()) {
        fields(about.fields, here, rest);
      } else if (const auto* id = here.as_text(); id && !about.refers_to.empty()) {
        if (const auto* object = world.find(*id)) fields(object->schema->attributes, object->attributes, rest);
      }
    }
  };
  Walk{*this, visit}.fields(schema.attributes, attributes, path);
}

std::vector<UniqueKey> World::unique_keys(const Object& object) const {
  const auto& schema = *object.schema;
  std::vector<UniqueKey> result;
  const auto add = [&](const std::string& label, const std::string& tuple, std::string rule) {
    if (!tuple.empty()) result.push_back({project_prefix(object) + label + '\0' + tuple, std::move(rule)});
  };
  if (!schema.natural_key.empty())
    add("natural", tuple_key(object, schema.natural_key, true), join(schema.natural_key, ", "));
  for (std::size_t i = 0; i < schema.unique.size(); ++i)
    if (!same_names(schema.unique[i], schema.natural_key))
      add("unique" + std::to_string(i), tuple_key(object, schema.unique[i], false), join(schema.unique[i], ", "));
  for (const auto& name : schema.sole)
    for (const auto& reference : references_of(schema, object.attributes))
      if (schema.attributes[reference.top].name == name) add("sole " + name, reference.target, name);
  // An address inside another object's prefix is taken from it: nobody else of the kind may have it too.
  for (std::size_t i = 0; i < schema.inside.size(); ++i) {
    const auto paths = paired(schema, schema.inside[i].address, schema.inside[i].prefix);
    if (paths.head.empty() || paths.second.find('.') == std::string::npos) continue;
    const auto& elements = attribute(schema, object.attributes, paths.head);
    const auto owner = paths.second.substr(0, paths.second.rfind('.'));
    const auto head = schema.slot(paths.head);
    if (!head || !elements.as_list()) continue;
    const auto& fields = element_of(schema.attributes[*head]).fields;
    for (const auto& element : *elements.as_list()) {
      const auto* slots = element.as_slots();
      std::string address, from;
      for (std::size_t f = 0; slots && f < slots->size() && f < fields.size(); ++f) {
        if (fields[f].name == paths.first) address = to_json((*slots)[f]);
        if (fields[f].name == owner) from = to_json((*slots)[f]);
      }
      if (!address.empty() && !from.empty() && address != "null")
        add("taken" + std::to_string(i), from + '\0' + address, schema.inside[i].address);
    }
  }
  return result;
}

std::string World::token_key(const Object& object) {
  if (object.schema->identity != KindSchema::Identity::client_token || object.marker.empty()) return {};
  return project_prefix(object) + "token" + '\0' + object.marker;
}

std::string World::disjoint_key(const Object& object, std::size_t rule) {
  const auto& within = attribute(*object.schema, object.attributes, object.schema->disjoint[rule].within);
  if (within.is_null()) return {};
  return project_prefix(object) + "disjoint" + std::to_string(rule) + '\0' + to_json(within);
}

std::string World::limit_key(const Object& object, const std::string& limit) {
  constexpr std::string_view k_per = "_per_";
  const auto per = limit.rfind(k_per);
  if (per == std::string::npos) return {};
  const auto& value = attribute(*object.schema, object.attributes, limit.substr(per + k_per.size()));
  if (value.is_null()) return {};
  return project_prefix(object) + "limit " + limit + '\0' + to_json(value);
}

}  // namespace cloison::sandbox
