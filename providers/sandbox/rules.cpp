#include "providers/sandbox/rules.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "providers/sandbox/refusal.h"

namespace cloison::sandbox {

namespace {

using OnRemoval = AttributeSchema::OnRemoval;
using Refused = std::optional<Diagnostic>;

std::string_view type_name(Type type) {
  switch (type) {
    case Type::boolean:
      return "true or false";
    case Type::integer:
      return "a number";
    case Type::text:
      return "a text";
    case Type::prefix:
      return "a prefix";
    case Type::list:
      return "a list";
    case Type::record:
      return "a record";
  }
  return "a value";
}

bool has_type(const Value& value, Type type) {
  switch (type) {
    case Type::boolean:
      return value.as_boolean() != nullptr;
    case Type::integer:
      return value.as_integer() != nullptr;
    case Type::text:
      return value.as_text() != nullptr;
    case Type::prefix:
      return value.as_prefix() != nullptr;
    case Type::list:
      return value.as_list() != nullptr;
    case Type::record:
      return value.as_slots() != nullptr;
  }
  return false;
}

std::optional<IpPrefix> network_of(const IpPrefix& prefix) {
  return IpPrefix::parse_loose(prefix.text());
}

/// An address, a prefix, or the text of one.
std::optional<IpPrefix> as_network(const Value& value) {
  if (const auto* prefix = value.as_prefix()) return *prefix;
  const auto* text = value.as_text();
  return text ? IpPrefix::parse_loose(*text) : std::nullopt;
}

/// One attribute by itself: type, range, enumeration, host bits; then its fields and elements.
class OneValue {
 public:
  OneValue(const Object& wanted, const Known& known) : wanted_(wanted), known_(known) {}

  [[nodiscard]] Refused check(const AttributeSchema& schema, const Value& value, const std::string& path) const {
    if (value.is_null()) {
      if (!schema.required || schema.computed) return {};
      return refusal::bad_value(wanted_, path, "It is required.");
    }
    if (!has_type(value, schema.type))
      return refusal::bad_value(wanted_, path, fmt::format("It must be {}.", type_name(schema.type)));
    if (auto why = size(schema, value, path)) return why;
    if (const auto* text = value.as_text()) return words(schema, *text, path);
    if (const auto* prefix = value.as_prefix()) return host_bits(*prefix, path);
    if (const auto* items = value.as_list()) return elements(schema, *items, path);
    if (const auto* slots = value.as_slots()) return fields(schema, *slots, path);
    return {};
  }

 private:
  [[nodiscard]] Refused size(const AttributeSchema& schema, const Value& value, const std::string& path) const {
    std::optional<int64_t> measure;
    if (const auto* number = value.as_integer()) measure = *number;
    if (const auto* text = value.as_text()) measure = static_cast<int64_t>(text->size());
    if (const auto* items = value.as_list()) measure = static_cast<int64_t>(items->size());
    if (!measure) return {};
    if (schema.minimum && *measure < *schema.minimum)
      return refusal::bad_value(wanted_, path, fmt::format("{} is below {}.", *measure, *schema.minimum));
    if (schema.maximum && *measure > *schema.maximum)
      return refusal::bad_value(wanted_, path, fmt::format("{} is above {}.", *measure, *schema.maximum));
    return {};
  }

  [[nodiscard]] Refused words(const AttributeSchema& schema, const std::string& text, const std::string& path) const {
    if (!schema.one_of.empty() && std::find(schema.one_of.begin(), schema.one_of.end(), text) == schema.one_of.end())
      return refusal::bad_value(wanted_, path, fmt::format("It is one of {}.", fmt::join(schema.one_of, ", ")));
    if (!schema.fact.empty() && schema.refers_to.empty() && !known_.accepts(schema.fact, text))
      return refusal::unknown_fact(wanted_, path, schema.fact, text, known_.some(schema.fact));
    return {};
  }

  [[nodiscard]] Refused host_bits(const IpPrefix& prefix, const std::string& path) const {
    const auto network = network_of(prefix);
    if (network && network->address == prefix.address) return {};
    return refusal::bad_value(wanted_, path,
                              fmt::format("{} has host bits set{}.", prefix.text(),
                                          network ? fmt::format("; the prefix is {}", network->text()) : std::string{}),
                              network ? fmt::format("write {}={}", path, network->text()) : std::string{});
  }

  [[nodiscard]] Refused elements(const AttributeSchema& schema, const std::vector<Value>& items,
                                 const std::string& path) const {
    if (schema.fields.empty()) return {};
    for (const auto& item : items)
      if (auto why = check(schema.fields.front(), item, path)) return why;
    return {};
  }

  [[nodiscard]] Refused fields(const AttributeSchema& schema, const std::vector<Value>& slots,
                               const std::string& path) const {
    if (slots.size() > schema.fields.size())
      return refusal::bad_value(wanted_, path, "It has more fields than its kind.");
    for (std::size_t i = 0; i < slots.size(); ++i)
      if (auto why = check(schema.fields[i], slots[i], path + "." + schema.fields[i].name)) return why;
    return {};
  }

  const Object& wanted_;
  const Known& known_;
};

Refused refused_types(const Known& known, const Object& wanted) {
  const auto& schema = *wanted.schema;
  const auto* slots = wanted.attributes.as_slots();
  if (!slots || slots->size() != schema.attributes.size())
    return refusal::bad_value(wanted, "the record", "It does not have the attributes of its kind.");
  const OneValue one(wanted, known);
  for (std::size_t i = 0; i < slots->size(); ++i)
    if (auto why = one.check(schema.attributes[i], (*slots)[i], schema.attributes[i].name)) return why;
  for (const auto& [low, high] : schema.ordered) {
    const auto* first = attribute(schema, wanted.attributes, low).as_integer();
    const auto* last = attribute(schema, wanted.attributes, high).as_integer();
    if (first && last && *first > *last)
      return refusal::bad_value(wanted, low, fmt::format("{} is greater than {} ({}).", *first, high, *last),
                                fmt::format("write {}={} {}={}", low, *last, high, *first));
  }
  return {};
}

/// Integers whose fact is "flavor:1" ask for at least so much in the second word of one and the same flavor.
Refused refused_sizes(const Known& known, const Object& wanted) {
  std::map<std::string, std::map<std::size_t, int64_t>> asked;
  for (const auto& about : wanted.schema->attributes) {
    const auto colon = about.fact.find(':');
    const auto* number = attribute(*wanted.schema, wanted.attributes, about.name).as_integer();
    if (!number || colon == std::string::npos || colon + 2 != about.fact.size()) continue;
    asked[about.fact.substr(0, colon)][static_cast<std::size_t>(about.fact[colon + 1] - '0')] = *number;
  }
  for (const auto& [family, numbers] : asked)
    if (!known.reaches(family, numbers))
      return refusal::unknown_fact(wanted, "The size", family, "of that size", known.some(family + "_name"));
  return {};
}

Refused refused_references(const World& world, const Known& known, const Object& wanted) {
  for (const auto& reference : references_of(*wanted.schema, wanted.attributes)) {
    const auto* target = world.find(reference.target);
    if (target && target->schema->kind == reference.attribute->refers_to && target->project == wanted.project) continue;
    if (!reference.attribute->fact.empty() && known.accepts(reference.attribute->fact, reference.target)) continue;
    return refusal::missing_reference(wanted, reference);
  }
  return {};
}

std::vector<IpPrefix> networks_at(const World& world, const Object& object, const std::string& path) {
  std::vector<IpPrefix> found;
  world.at_path(*object.schema, object.attributes, path, [&](const Value& value) {
    if (const auto network = as_network(value)) found.push_back(*network);
  });
  return found;
}

Refused refused_overlap(World& world, const Object& wanted) {
  for (std::size_t rule = 0; rule < wanted.schema->disjoint.size(); ++rule) {
    const auto& path = wanted.schema->disjoint[rule].prefix;
    const auto key = World::disjoint_key(wanted, rule);
    if (key.empty()) continue;
    const auto own = networks_at(world, wanted, path);
    for (const auto* other : world.sharing(key)) {
      if (other->id == wanted.id) continue;
      for (const auto& taken : networks_at(world, *other, path))
        for (const auto& prefix : own)
          if (prefix.overlaps(taken)) return refusal::overlap(wanted, prefix, *other, taken);
    }
  }
  return {};
}

/// Each address, with the prefixes it may lie in: those of its own list element where both stand in one.
Refused refused_outside(const World& world, const Object& wanted) {
  const auto& schema = *wanted.schema;
  for (const auto& rule : schema.inside) {
    const auto paths = paired(schema, rule.address, rule.prefix);
    std::vector<Value> scopes = {wanted.attributes};
    if (!paths.head.empty()) {
      scopes.clear();
      // One element at a time: the record with a list of just that element.
      if (const auto* items = attribute(schema, wanted.attributes, paths.head).as_list())
        for (const auto& item : *items)
          scopes.push_back(with_attribute(schema, wanted.attributes, paths.head, Value::list({item})));
    }
    for (const auto& scope : scopes) {
      const Object part{.id = wanted.id, .schema = wanted.schema, .attributes = scope};
      const auto prefixes = networks_at(world, part, rule.prefix);
      if (prefixes.empty()) continue;
      Refused why;
      world.at_path(schema, scope, rule.address, [&](const Value& value) {
        if (value.is_null() || why) return;
        const auto network = as_network(value);
        if (!network)
          why = refusal::bad_value(wanted, rule.address, "It is no address.");
        else if (std::none_of(prefixes.begin(), prefixes.end(),
                              [&](const IpPrefix& p) { return p.contains(*network); }))
          why = refusal::bad_value(wanted, rule.address,
                                   fmt::format("{} lies outside {}.", network->address.text(), prefixes.front().text()),
                                   fmt::format("choose an address of {}", prefixes.front().text()));
      });
      if (why) return why;
    }
  }
  return {};
}

Refused refused_limits(World& world, const Object& wanted) {
  for (const auto& [limit, most] : wanted.schema->limits) {
    if (const auto slot = wanted.schema->slot(limit)) {
      const auto* items = (*wanted.attributes.as_slots())[*slot].as_list();
      if (items && static_cast<int64_t>(items->size()) > most) return refusal::over_limit(wanted, limit, most);
      continue;
    }
    const auto key = World::limit_key(wanted, limit);
    if (!key.empty() && static_cast<int64_t>(world.count(key, wanted.id)) >= most)
      return refusal::over_limit(wanted, limit, most);
  }
  return {};
}

Value without(const Value& value, const std::string& target) {
  if (const auto* text = value.as_text(); text && *text == target) return Value::null();
  const auto* items = value.as_list();
  if (!items) return value;
  std::vector<Value> left;
  for (const auto& item : *items) {
    const auto* text = item.as_text();
    const auto* slots = item.as_slots();
    const bool names_it =
        (text && *text == target) || (slots && std::any_of(slots->begin(), slots->end(), [&](const Value& field) {
                                        return field.as_text() && *field.as_text() == target;
                                      }));
    if (!names_it) left.push_back(item);
  }
  return Value::list(std::move(left));
}

/// The object and all that cascades from it.
std::set<std::string> closure(World& world, const Object& object) {
  std::set<std::string> gone = {object.id};
  std::vector<std::string> open = {object.id};
  while (!open.empty()) {
    const auto id = std::move(open.back());
    open.pop_back();
    for (const auto* other : world.referring_to(id))
      for (const auto& reference : references_of(*other->schema, other->attributes))
        if (reference.target == id && reference.attribute->on_removal == OnRemoval::cascades &&
            gone.insert(other->id).second)
          open.push_back(other->id);
  }
  return gone;
}

}  // namespace

std::optional<Diagnostic> refused_value(World& world, const Known& known, const Object& wanted) {
  if (auto why = refused_types(known, wanted)) return why;
  if (auto why = refused_sizes(known, wanted)) return why;
  if (auto why = refused_references(world, known, wanted)) return why;
  if (auto why = refused_outside(world, wanted)) return why;
  for (const auto& unique : world.unique_keys(wanted))
    if (const auto* other = world.holder(unique.key, wanted.id)) return refusal::duplicate(wanted, unique.rule, *other);
  if (auto why = refused_overlap(world, wanted)) return why;
  return refused_limits(world, wanted);
}

std::optional<Diagnostic> refused_change(const Object& now, const Object& wanted) {
  const auto& schema = *now.schema;
  const auto* before = now.attributes.as_slots();
  const auto* after = wanted.attributes.as_slots();
  if (!before || !after || before->size() != after->size() || after->size() != schema.attributes.size())
    return refusal::bad_value(wanted, "the record", "It does not have the attributes of its kind.");
  for (std::size_t i = 0; i < after->size(); ++i) {
    if ((*before)[i] == (*after)[i]) continue;
    if (!schema.can_update) return refusal::unchangeable(now);
    if (schema.attributes[i].forces_replace) return refusal::immutable(now, schema.attributes[i].name);
  }
  return {};
}

Result<Removal> removal_of(World& world, const Object& object) {
  const auto gone = closure(world, object);
  Removal removal{.gone = {gone.begin(), gone.end()}};
  std::map<std::string, Object> changed;
  for (const auto& id : gone)
    for (const auto* other : world.referring_to(id)) {
      if (gone.contains(other->id)) continue;
      for (const auto& reference : references_of(*other->schema, other->attributes)) {
        if (reference.target != id) continue;
        const auto& name = other->schema->attributes[reference.top].name;
        if (reference.attribute->on_removal != OnRemoval::clears)
          return fail(refusal::in_use(*world.find(id), *other, name));
        auto& cleared = changed.try_emplace(other->id, *other).first->second;
        cleared.attributes = with_attribute(*other->schema, cleared.attributes, name,
                                            without(attribute(*other->schema, cleared.attributes, name), id));
      }
    }
  for (auto& [id, other] : changed) removal.changed.push_back(std::move(other));
  return removal;
}

std::vector<const Object*> touched_by_removal(World& world, const Object& object) {
  std::set<std::string> ids;
  const auto gone = closure(world, object);
  for (const auto& id : gone) {
    ids.insert(id);
    for (const auto* other : world.referring_to(id)) ids.insert(other->id);
  }
  ids.erase(object.id);
  std::vector<const Object*> result;
  for (const auto& id : ids) result.push_back(world.find(id));
  return result;
}

}  // namespace cloison::sandbox
