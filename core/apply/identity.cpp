#include "core/apply/identity.h"

#include <algorithm>

namespace cloison::apply {
namespace {

bool same_nature(const KindSchema& kind, const Observed& object, const Value& desired) {
  if (!kind.container.empty() && attribute(kind, desired, kind.container).text_or_empty() != object.container_id)
    return false;
  const Value seen = normalised(kind, object.attributes);
  return std::all_of(kind.natural_key.begin(), kind.natural_key.end(), [&](const std::string& name) {
    return attribute(kind, desired, name) == attribute(kind, seen, name);
  });
}

}  // namespace

const Observed* find_created(std::span<const Observed> objects, const KindSchema& kind, const Marker& marker,
                             const Value& desired, const HeldIds& held) {
  const bool natural = kind.identity == KindSchema::Identity::natural;
  const Observed* found = nullptr;
  for (const Observed& object : objects) {
    if (object.kind != kind.kind || held.contains({object.kind, object.remote_id})) continue;
    const bool marked = object.marker && object.marker->generation == marker.generation &&
                        object.marker->names(marker.lineage, marker.address);
    if (natural ? !same_nature(kind, object, desired) : !marked) continue;
    if (found == nullptr || object.remote_id < found->remote_id) found = &object;
  }
  return found;
}

const Observed* find_by_id(std::span<const Observed> objects, std::string_view kind, std::string_view remote_id) {
  const auto found = std::find_if(objects.begin(), objects.end(), [&](const Observed& object) {
    return object.kind == kind && object.remote_id == remote_id;
  });
  return found == objects.end() ? nullptr : &*found;
}

/// In other words nothing more can be compared than how many they are.
bool as_many(const Value& wanted, const Value& shown) {
  const auto* asked = wanted.as_list();
  const auto* answered = shown.as_list();
  return asked != nullptr && answered != nullptr && asked->size() == answered->size();
}

std::vector<std::string> unlike(const KindSchema& kind, const Value& desired, const Value& observed) {
  std::vector<std::string> names;
  const Value seen = normalised(kind, observed);
  for (const AttributeSchema& schema : kind.attributes) {
    const Value& wanted = attribute(kind, desired, schema.name);
    const Value& shown = attribute(kind, seen, schema.name);
    if (wanted.is_null() || wanted.is_secret() || schema.sensitive || (schema.write_only && shown.is_null())) continue;
    if (!(wanted == shown) && !(schema.rewritten && as_many(wanted, shown))) names.push_back(schema.name);
  }
  return names;
}

Value as_found(const KindSchema& kind, const Value& desired, const Value& observed) {
  Value merged = desired;
  for (const std::string& name : unlike(kind, desired, observed))
    merged = with_attribute(kind, merged, name, attribute(kind, observed, name));
  return merged;
}

Value shared_observation(const KindSchema& kind, const Value& applied, const Value& observed) {
  Value seen = normalised(kind, observed);
  return seen == applied ? applied : seen;
}

}  // namespace cloison::apply
