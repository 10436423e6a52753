#include "providers/registry.h"

#include <array>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "providers/node/provider.h"
#include "providers/node/schema.h"
#include "providers/openstack/provider.h"

namespace cloison::providers {

namespace {

constexpr std::array k_kinds{KnownKind{"openstack", true, "OpenStack: Keystone, Neutron, Nova, Glance"},
                             KnownKind{"node", true, "nodes on premises, over SSH"},
                             KnownKind{"external", false, "networks that others run"}};

}  // namespace

std::span<const KnownKind> known_kinds() {
  return k_kinds;
}

std::vector<std::string> applied_kinds() {
  std::vector<std::string> names;
  for (const KnownKind& kind : k_kinds)
    if (kind.applied) names.emplace_back(kind.name);
  return names;
}

std::span<const KindSchema> kinds_of(std::string_view provider_kind) {
  if (provider_kind == "openstack") return openstack::openstack_kinds();
  return provider_kind == "node" ? node::schemas() : std::span<const KindSchema>();
}

Result<std::shared_ptr<Provider>> make(const StoredProvider& entry, const net::Access& access) {
  if (entry.kind == "openstack") return openstack::make_openstack(entry, access);
  if (entry.kind == "node") return node::make_node(entry, access);
  std::vector<std::string> names;
  for (const KnownKind& kind : k_kinds) names.emplace_back(kind.name);
  const bool known = std::find(names.begin(), names.end(), entry.kind) != names.end();
  Diagnostic why{.kind = ErrorKind::unsupported, .code = "CL5020"};
  why.summary = known ? fmt::format("provider kind '{}' is not applied by this version", entry.kind)
                      : fmt::format("there is no provider kind '{}'", printable(entry.kind));
  why.hint = known ? "use the version of cloison that wrote the state" : did_you_mean(entry.kind, names);
  why.address = "providers." + entry.name;
  return fail(std::move(why));
}

}  // namespace cloison::providers
