#include "core/model/forwarding.h"

#include <algorithm>

#include "core/model/provider.h"

namespace cloison {

bool InterfaceMatch::matches(std::string_view interface) const {
  if (names.empty()) return true;
  return (std::find(names.begin(), names.end(), interface) != names.end()) != inverted;
}

const std::string& referred(const Value& value) {
  const auto* ref = value.as_ref();
  return ref == nullptr ? value.text_or_empty() : ref->address;
}

Forwarding Provider::semantics(std::span<const PlacedResource> resources) const {
  Forwarding nothing;
  for (const auto& one : resources) nothing.unknown.push_back({.address = one.address, .what = one.kind});
  return nothing;
}

}  // namespace cloison
