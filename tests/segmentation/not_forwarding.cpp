#include "tests/segmentation/not_forwarding.h"

#include <array>

namespace cloison::test {

namespace {

struct Entry {
  std::string_view kind{}, attribute{}, why{};  ///< kind "": of all kinds; attribute "": all of the kind's
};

constexpr std::array k_entries{
    Entry{"", "content", "a digest of the files that hold the resource"},
    Entry{"agent", "version", "a digest of the agent, which forwards nothing"},
    Entry{"packages", "names", "programs; what they are told to do stands in the other kinds"},
    Entry{"packages", "from", "where programs come from"},
    Entry{"disk", "", "disks forward nothing"},
    Entry{"release", "", "what is installed forwards nothing"},
    Entry{"service", "", "what runs on a machine answers there; its ports are opened by the filters before it"},
    Entry{"ipsec", "esp", "who encrypts, not what"},
    Entry{"ipsec", "mtu", "the longest packet; none is modelled by its length"},
    Entry{"condition", "name", "its flows may be there, whatever opens them"},
    Entry{"condition", "neighbours", "its flows may be there, whatever opens them"},
    Entry{"condition", "connections", "its flows may be there, whatever opens them"},
    Entry{"condition", "patience", "its flows may be there, whatever opens them"},
    Entry{"condition", "closes", "its flows may be there, whatever opens them"},
    Entry{"guest", "hostname", "what it calls itself"},
    Entry{"guest", "image", "what it runs"},
    Entry{"guest", "cpu", "how fast it is"},
    Entry{"guest", "memory", "how fast it is"},
    Entry{"guest", "second_disk", "what it holds"},
    Entry{"guest", "runs_by", "how fast it is"},
    Entry{"guest", "checksums", "who computes them"},
    Entry{"guest", "account", "who logs in"},
    Entry{"guest", "authorized_keys", "who logs in"},
    Entry{"guest", "dns", "whom it asks for names"},
    Entry{"tunnel", "mtu", "the longest packet; none is modelled by its length"},
    Entry{"peer", "keepalive", "how often it is asked"},
    Entry{"peer", "name", "what the far end is called"},
    Entry{"underlay", "name", "what the underlay is called"},
    Entry{"underlay", "metric", "which of them is tried first; all of them may be"},
    Entry{"routing", "autonomous_system", "its number in sessions, whose far ends are found by tunnels"},
    Entry{"routing", "router_id", "its name in sessions"},
    Entry{"redundancy", "virtual_router", "the group's number"},
    Entry{"redundancy", "priority", "who of them serves; each may"},
    Entry{"redundancy", "peers", "who else stands by"},
    Entry{"redundancy", "track", "when it serves; it may"},
    Entry{"redundancy", "services", "when it serves; it may"},
    Entry{"redundancy", "linked", "when it serves; it may"},
    Entry{"redundancy", "own_ways", "under which address it reaches its own place; each way is there anyway"},
    Entry{"vlan", "dhcp_first", "which addresses DHCP hands out; machines may have any"},
    Entry{"vlan", "dhcp_last", "which addresses DHCP hands out; machines may have any"},
    Entry{"vlan", "dns", "whom machines ask for names"},
    Entry{"vlan", "advertise", "how machines learn of their gateway; they may hand it anything"},
    Entry{"vlan", "hardware_address", "of its interface"},
    Entry{"vlan", "bridge", "each node has one"},
    Entry{"vlan", "translated", "what the rules of translation say again"},
    Entry{"key", "algorithm", "how it is computed"},
    Entry{"connection", "name", "what it is called"},
    Entry{"connection", "interface_id", "by which number its interface knows it"},
    Entry{"connection", "metric", "which route is tried first"},
    Entry{"connection", "dead_peer_detection", "when it is given up"},
    Entry{"network", "name", "what people see"},
    Entry{"network", "network_type", "how the platform carries it"},
    Entry{"network", "physical_network", "how the platform carries it"},
    Entry{"network", "segmentation_id", "how the platform carries it"},
    Entry{"subnet", "name", "what people see"},
    Entry{"subnet", "allocation_pools", "addresses that nobody was given"},
    Entry{"subnet", "dns", "whom machines ask for names"},
    Entry{"subnet", "dhcp", "how machines learn their addresses"},
    Entry{"subnet", "ipv6_mode", "how machines learn their addresses"},
    Entry{"router", "name", "what people see"},
    Entry{"security_group", "name", "what people see"},
    Entry{"address_group", "name", "what people see"},
    Entry{"port", "name", "what people see"},
    Entry{"server", "name", "servers forward nothing: their ports do"},
    Entry{"server", "image", "servers forward nothing: their ports do"},
    Entry{"server", "flavor", "servers forward nothing: their ports do"},
    Entry{"server", "cpu", "servers forward nothing: their ports do"},
    Entry{"server", "memory", "servers forward nothing: their ports do"},
    Entry{"server", "zone", "servers forward nothing: their ports do"},
    Entry{"server", "ports", "servers forward nothing: their ports do"},
    Entry{"server", "account", "servers forward nothing: their ports do"},
    Entry{"server", "authorized_keys", "servers forward nothing: their ports do"},
    Entry{"server", "image_id", "servers forward nothing: their ports do"},
    Entry{"server", "flavor_name", "servers forward nothing: their ports do"},
    Entry{"floating_ip", "external_network", "which of the provider's networks it comes from"},
    Entry{"floating_ip", "address", "whichever address it is, it leads to its port"},
};

}  // namespace

std::optional<std::string_view> why_not_forwarding(std::string_view kind, std::string_view attribute) {
  for (const auto& one : k_entries)
    if ((one.kind.empty() || one.kind == kind) && (one.attribute.empty() || one.attribute == attribute)) return one.why;
  return std::nullopt;
}

}  // namespace cloison::test
