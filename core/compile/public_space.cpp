#include <algorithm>

#include "core/compile/builder.h"

namespace cloison::compile {

namespace {

/// Not reachable over the Internet, by the IANA special-purpose address registries (RFC 6890 and its updates).
/// Documentation prefixes are left in: topologies use them as stand-ins for public addresses.
constexpr std::string_view k_not_public[] = {"0.0.0.0/8",      "10.0.0.0/8",    "100.64.0.0/10", "127.0.0.0/8",
                                             "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",  "192.168.0.0/16",
                                             "198.18.0.0/15",  "224.0.0.0/4",   "240.0.0.0/4"};

void subtract(const IpPrefix& from, const std::vector<IpPrefix>& taken, std::vector<IpPrefix>& out) {
  std::vector<IpPrefix> inside;
  for (const auto& prefix : taken) {
    if (prefix.family() != from.family()) continue;
    if (prefix.contains(from)) return;
    if (from.contains(prefix)) inside.push_back(prefix);
  }
  if (inside.empty()) {
    out.push_back(from);
    return;
  }
  const auto length = static_cast<uint8_t>(from.length + 1);
  const uint128 half = uint128{1} << (address_bits(from.family()) - length);
  subtract({from.address, length}, inside, out);
  subtract({{from.family(), from.address.bits + half}, length}, inside, out);
}

}  // namespace

std::vector<IpPrefix> without(const std::vector<IpPrefix>& from, const std::vector<IpPrefix>& taken) {
  std::vector<IpPrefix> out;
  for (const auto& prefix : from) subtract(prefix, taken, out);
  return minimised(std::move(out));
}

std::vector<IpPrefix> public_space(const std::vector<IpPrefix>& taken) {
  std::vector<IpPrefix> not_public = taken;
  for (const auto text : k_not_public) not_public.push_back(IpPrefix::parse(text).value());
  return without({IpPrefix::any(Family::ipv4), IpPrefix::parse("2000::/3").value()}, not_public);
}

}  // namespace cloison::compile
