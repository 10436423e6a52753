#include "core/plan/differences.h"

namespace cloison::plan {
namespace {

bool equal_resolved(const Value& desired, const Value& known, const References& references) {
  if (const Ref* ref = desired.as_ref()) {
    const Resolved target = references.resolve(*ref);
    if (!target.known) return false;
    if (target.value != nullptr) return equal_resolved(*target.value, known, references);
    const std::string* text = known.as_text();
    return text != nullptr && *text == target.id && !known.is_secret();
  }
  if (!desired.same_type(known)) return false;
  const std::vector<Value>* wanted = desired.items();
  const std::vector<Value>* had = known.items();
  if (wanted == nullptr || had == nullptr || wanted == had) return desired == known;
  if (wanted->size() != had->size()) return false;
  for (std::size_t i = 0; i < wanted->size(); ++i) {
    if (!equal_resolved((*wanted)[i], (*had)[i], references)) return false;
  }
  return true;
}

/// Whether a difference in this attribute is none of ours: the platform decides it, or it counted only at creation.
bool never_differs(const AttributeSchema& attribute, const Value& desired) {
  return attribute.initial || (attribute.computed && desired.is_null());
}

AttributeChange change_of(const AttributeSchema& attribute, const Value& before, const Value& after) {
  return {.attribute = attribute.name,
          .before = before,
          .after = after,
          .forces_replace = attribute.forces_replace,
          .known_after_apply = has_references(after)};
}

}  // namespace

Value References::resolved(const Value& value) const {
  return with_references_resolved(value, [this](const Ref& ref) -> std::optional<Value> {
    const Resolved target = resolve(ref);
    if (!target.known) return std::nullopt;
    if (target.value != nullptr) return resolved(*target.value);
    return Value::text(std::string(target.id));
  });
}

bool surely_equal(const KindInfo& kind, const Value& desired, const Value& known, const References& references) {
  const auto& attributes = kind.schema->attributes;
  for (std::size_t slot = 0; slot < attributes.size(); ++slot) {
    const Value& wanted = slot_value(desired, slot);
    if (never_differs(attributes[slot], wanted)) continue;
    if (!equal_resolved(wanted, slot_value(known, slot), references)) return false;
  }
  return true;
}

std::vector<AttributeChange> attributes_of_stranger(const Observed& object, const KindSchema& kind) {
  std::vector<AttributeChange> attributes;
  for (std::size_t slot = 0; slot < kind.attributes.size(); ++slot) {
    const AttributeSchema& schema = kind.attributes[slot];
    const Value& value = slot_value(object.attributes, slot);
    if (value.is_null() || schema.computed || schema.sensitive || !schema.refers_to.empty()) continue;
    attributes.push_back({.attribute = schema.name, .before = value});
  }
  return attributes;
}

std::vector<AttributeChange> changes_between(const KindInfo& kind, const Value& desired, const Value& known) {
  std::vector<AttributeChange> changes, derived;
  const auto& attributes = kind.schema->attributes;
  for (std::size_t slot = 0; slot < attributes.size(); ++slot) {
    const Value& wanted = slot_value(desired, slot);
    const Value& had = slot_value(known, slot);
    if (!never_differs(attributes[slot], wanted) && !(wanted == had))
      (attributes[slot].derived ? derived : changes).push_back(change_of(attributes[slot], had, wanted));
  }
  // A digest says nothing where what it is of is told.
  return changes.empty() ? derived : changes;
}

std::vector<AttributeChange> mismatches(const KindInfo& kind, const Value& desired, const Value& live) {
  auto changes = changes_between(kind, desired, live);
  // What the platform answers for a sensitive or hidden value, or for one that nobody asked for, says nothing.
  std::erase_if(changes, [&](const AttributeChange& change) {
    if (change.after.is_null() || change.after.is_secret()) return true;
    const auto slot = kind.schema->slot(change.attribute);
    if (!slot) return false;
    const AttributeSchema& attribute = kind.schema->attributes[*slot];
    return attribute.sensitive || (attribute.write_only && change.before.is_null());
  });
  return changes;
}

std::vector<AttributeChange> drift_between(const KindInfo& kind, const Value& then, const Value& now) {
  std::vector<AttributeChange> changes;
  const auto& attributes = kind.schema->attributes;
  for (std::size_t slot = 0; slot < attributes.size(); ++slot) {
    const Value& before = slot_value(then, slot);
    const Value& after = slot_value(now, slot);
    if (!(before == after)) changes.push_back(change_of(attributes[slot], before, after));
  }
  return changes;
}

bool is_set(const KindInfo& kind, const Value& desired, std::string_view attribute) {
  const auto slot = kind.schema->slot(attribute);
  return slot && !slot_value(desired, *slot).is_null();
}

}  // namespace cloison::plan
