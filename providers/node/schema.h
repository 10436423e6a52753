#pragma once
// The kinds of a node: what is declared of one Linux host (docs/providers/node.md).

#include <span>

#include "core/model/schema.h"

namespace cloison::node {

constexpr std::string_view k_agent = "agent";
constexpr std::string_view k_packages = "packages";
constexpr std::string_view k_forwarding = "forwarding";
constexpr std::string_view k_switch = "switch";
constexpr std::string_view k_vlan = "vlan";
constexpr std::string_view k_firewall = "firewall";
constexpr std::string_view k_key = "key";
constexpr std::string_view k_tunnel = "tunnel";
constexpr std::string_view k_peer = "peer";
constexpr std::string_view k_underlay = "underlay";
constexpr std::string_view k_routing = "routing";
constexpr std::string_view k_redundancy = "redundancy";
constexpr std::string_view k_ipsec = "ipsec";
constexpr std::string_view k_connection = "connection";
constexpr std::string_view k_condition = "condition";
constexpr std::string_view k_disk = "disk";
constexpr std::string_view k_guest = "guest";
constexpr std::string_view k_release = "release";
constexpr std::string_view k_service = "service";

/// In every kind: a digest of the files that hold the resource, so that an edited one shows.
constexpr std::string_view k_content = "content";
/// Of a tunnel, of routing and of IPsec: what runs there and no file of ours names; of redundancy, guests and their
/// disks: what does not run as it should. Asked for by nobody, so always expected empty.
constexpr std::string_view k_foreign_peers = "foreign_peers";
constexpr std::string_view k_other_lines = "other_lines";
constexpr std::string_view k_faults = "faults";
constexpr std::string_view k_other_connections = "other_connections";

/// The one switch of a node.
constexpr const char* k_bridge = "br-cloison";
/// Its datapath where the kernel's own bridge is asked for, instead of one of Open vSwitch's.
constexpr const char* k_linux_bridge = "linux-bridge";

[[nodiscard]] std::span<const KindSchema> schemas();
[[nodiscard]] const KindSchema& schema_of(std::string_view kind);

}  // namespace cloison::node
