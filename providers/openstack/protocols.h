#pragma once
// IP protocols as rules write them: one text each here, several at Neutron (names, aliases, numbers).

#include <string>
#include <string_view>

#include "core/base/ip.h"

namespace cloison::openstack {

/// "tcp", "icmpv6", "50": whatever of Neutron's forms was given, in that family; "" stays "" (any).
[[nodiscard]] std::string canonical_protocol(std::string_view text, Family family);
[[nodiscard]] std::string protocol_text(uint8_t number, Family family);
/// What Neutron is told.
[[nodiscard]] std::string neutron_protocol(std::string_view canonical);

}  // namespace cloison::openstack
