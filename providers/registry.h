#pragma once
// The one list of providers.

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/provider.h"
#include "core/net/access.h"

namespace cloison::providers {

struct KnownKind {
  std::string_view name;  // as `kind:` of a provider entry
  bool applied = false;   // whether this version can apply it
  std::string_view title;
};

[[nodiscard]] std::span<const KnownKind> known_kinds();
/// Names of the kinds that are applied: what the compiler makes intents for.
[[nodiscard]] std::vector<std::string> applied_kinds();
/// Schemas of a provider kind; empty for one that is not applied or not known.
[[nodiscard]] std::span<const KindSchema> kinds_of(std::string_view provider_kind);

/// From an entry of the topology or of the state. No contact is made. CL5020: unknown kind, or one not applied yet.
[[nodiscard]] Result<std::shared_ptr<Provider>> make(const StoredProvider& entry, const net::Access& access);

}  // namespace cloison::providers
