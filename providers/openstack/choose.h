#pragma once
// From what is asked for to what the account has: images, flavors, zones, external networks. Pure, over facts.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/model/resource.h"

namespace cloison::openstack {

/// Families of facts as `probe` writes them: "image/ID" -> name, "flavor/ID" -> "vcpus ram disk" (MiB, GiB),
/// "flavor_name/ID" -> name, "zone/NAME" -> "available", "external_network/ID" -> name.
struct Named {
  std::string id, name;
};
[[nodiscard]] std::vector<Named> facts_of(const Facts& facts, std::string_view family);

/// By identifier, else by name, else by name folded to [a-z0-9-]; exactly one (CL2050, CL2051).
[[nodiscard]] Result<Named> choose_image(const Facts& facts, const std::string& requested);

struct Flavor {
  std::string id, name;
  int64_t cpu = 0, memory = 0, disk = 0;  // MiB, GiB
};
/// By name or identifier when one is named (CL2052), else the smallest with at least that many processors and MiB:
/// least processors, then memory, then disk, then name (CL2053).
[[nodiscard]] Result<Flavor> choose_flavor(const Facts& facts, const std::string& requested, int64_t cpu,
                                           int64_t memory);

/// Identifier of the network named by the provider entry, or of the only external one (CL2056, CL2057, CL2058).
[[nodiscard]] Result<std::string> choose_external_network(const Facts& facts, const std::string& requested);

}  // namespace cloison::openstack
