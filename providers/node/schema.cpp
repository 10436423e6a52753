#include "providers/node/schema.h"

#include <cassert>

namespace cloison::node {

namespace {

AttributeSchema plain(std::string name, Type type, std::string doc) {
  AttributeSchema attribute;
  attribute.name = std::move(name);
  attribute.type = type;
  attribute.doc = std::move(doc);
  return attribute;
}

AttributeSchema required(AttributeSchema attribute) {
  attribute.required = true;
  return attribute;
}

AttributeSchema fixed(AttributeSchema attribute) {
  attribute.forces_replace = true;
  return required(std::move(attribute));
}

/// As `fixed`, and may be left out.
AttributeSchema fixed_if(AttributeSchema attribute) {
  attribute.forces_replace = true;
  return attribute;
}

AttributeSchema integer(std::string name, int64_t minimum, int64_t maximum, std::string doc) {
  auto attribute = plain(std::move(name), Type::integer, std::move(doc));
  attribute.minimum = minimum;
  attribute.maximum = maximum;
  return attribute;
}

AttributeSchema computed(AttributeSchema attribute) {
  attribute.computed = true;
  return attribute;
}

/// The simulator has one key, of 32 bytes as every other, that says whose it is.
AttributeSchema simulated(AttributeSchema attribute) {
  attribute.simulated = "c2FuZGJveCBzYW5kYm94IHNhbmRib3ggc2FuZGJveCE=";
  return attribute;
}

/// nft lists rules in its own form.
AttributeSchema rules(std::string name, std::string doc) {
  auto attribute = plain(std::move(name), Type::list, std::move(doc));
  attribute.rewritten = true;
  attribute.fields = {plain("element", Type::text, "")};
  return attribute;
}

AttributeSchema texts(std::string name, bool unordered, std::string doc) {
  auto attribute = plain(std::move(name), Type::list, std::move(doc));
  attribute.unordered = unordered;
  attribute.fields = {plain("element", Type::text, "")};
  return attribute;
}

KindSchema kind(std::string_view name, std::string title, std::vector<AttributeSchema> attributes) {
  KindSchema schema;
  schema.kind = name;
  schema.title = std::move(title);
  schema.attributes = std::move(attributes);
  schema.attributes.push_back(plain(std::string(k_content), Type::text, "digest of its files"));
  schema.attributes.back().derived = true;
  schema.identity = KindSchema::Identity::marker;
  schema.settle = std::chrono::seconds(2);
  return schema;
}

constexpr int64_t k_any_number = 4'294'967'295;  // 32 bits: marks of packets, numbers of autonomous systems

/// What a link is made of: WireGuard, the way of its outer packets, and BGP over it.
void add_link_kinds(std::vector<KindSchema>& kinds) {
  auto key =
      kind(k_key, "key pair",
           {fixed(plain("name", Type::text, "its name on the node")),
            fixed_if(plain("algorithm", Type::text, "ecdsa-p384 (IPsec); none: WireGuard's")),
            simulated(computed(plain("public_key", Type::text, "born with the private key, which stays there")))});
  key.alone = true;  // far ends are told of it
  key.unique = {{"name"}};
  key.bulk = 64;
  kinds.push_back(std::move(key));
  auto tunnel = kind(k_tunnel, "tunnel",
                     {fixed(plain("name", Type::text, "its interface on the node")),
                      required(plain("key", Type::text, "name of its key pair")),
                      integer("listen_port", 1, 65'535, "UDP port at which it is dialled; none: it only dials"),
                      integer("mark", 1, k_any_number, "of its outer packets; none: they go as all others"),
                      texts("addresses", true, "its own, with the prefix length"),
                      required(integer("mtu", 1280, 65'535, "longest inner packet")),
                      texts(std::string(k_foreign_peers), true, "public keys of peers that nobody declared")});
  tunnel.attributes[0].maximum = 15;
  tunnel.bulk = 64;
  kinds.push_back(std::move(tunnel));
  auto peer = kind(k_peer, "peer",
                   {fixed(plain("tunnel", Type::text, "the tunnel whose far end it is")),
                    fixed(plain("name", Type::text, "its name on the node")),
                    required(plain("public_key", Type::text, "what it proves to have the private one of")),
                    plain("endpoint", Type::text, "where it is dialled, ADDRESS:PORT; none: it dials"),
                    texts("allowed", true, "prefixes that are behind it"),
                    integer("keepalive", 1, 65'535, "seconds between signs of life that keep a NAT open")});
  peer.bulk = 64;
  kinds.push_back(std::move(peer));
  auto underlay = kind(k_underlay, "underlay",
                       {fixed(plain("name", Type::text, "its name on the node")),
                        required(plain("interface", Type::text, "by which alone marked packets leave")),
                        required(integer("mark", 1, k_any_number, "of packets, and number of its routing table")),
                        required(integer("metric", 1, k_any_number, "of the routes in its table"))});
  underlay.bulk = 64;
  kinds.push_back(std::move(underlay));
  kinds.push_back(kind(k_routing, "routing",
                       {required(integer("autonomous_system", 1, k_any_number, "its number in BGP (RFC 4271)")),
                        required(plain("router_id", Type::text, "its name in BGP: an IPv4 address")),
                        texts("announce", true, "prefixes that are at this node"),
                        plain("known_only", Type::boolean, "whether each is told only while this node has a way to it"),
                        texts("routes", true, "its own, PREFIX ADDRESS, perhaps with the number of a table"),
                        texts("neighbours", true, "far ends, with what is taken from and told to each"),
                        texts(std::string(k_other_lines), false, "lines of FRR that nobody declared, or that lack")}));
}

/// VRRP (RFC 9568) by keepalived.
KindSchema redundancy_kind() {
  return kind(
      k_redundancy, "standing in",
      {required(plain("interface", Type::text, "by which the nodes speak with each other")),
       required(integer("virtual_router", 1, 255, "the group's number on that network")),
       required(integer("priority", 1, 254, "who has the greatest serves")),
       required(plain("source", Type::text, "this node's own address there")),
       texts("peers", true, "those of the others"), texts("track", true, "interfaces without which it cannot serve"),
       plain("linked", Type::boolean, "whether it serves only if it has a way to another place, or nobody has"),
       texts("services", true, "without which it serves only if nobody else can"),
       texts("shared", false, "addresses of the one that serves: ADDRESS/LENGTH INTERFACE"),
       texts("routes", true, "of the one that serves: PREFIX ADDRESS INTERFACE"),
       texts("own_ways", true,
             "how the node itself reaches its place: PREFIX SOURCE INTERFACE, by which address when it stands by, "
             "and when it serves"),
       texts(std::string(k_faults), true, "what does not run as it should")});
}

KindSchema connection_kind() {
  auto connection =
      kind(k_connection, "connection",
           {fixed(plain("name", Type::text, "its name on the node")),
            required(plain("interface", Type::text, "by which its inner packets come and go")),
            integer("interface_id", 1, k_any_number, "of an XFRM interface of its own; none: that of all"),
            texts("dials_by", false, "ways, the preferred first: NAME INTERFACE MARK ADDRESS; none: it is dialled"),
            required(plain("local_id", Type::text, "its own name in IKE")),
            required(plain("remote_id", Type::text, "the far end's name in IKE")),
            plain("key", Type::text, "its own key pair; none: a shared key"),
            plain("public_key", Type::text, "what the far end proves to have the private one of"),
            plain("secret", Type::text, "reference to the shared key"),
            plain("remote_address", Type::text, "the only one from which the far end is heard; none: any"),
            texts("local", true, "prefixes behind this end"), texts("remote", true, "prefixes behind the far one"),
            texts("sources", false, "its own on that interface; the first of a family is what it sends under"),
            required(integer("metric", 1, k_any_number, "of its routes")),
            required(integer("dead_peer_detection", 1, 3600, "seconds of silence until the far end is asked"))});
  connection.bulk = 64;
  return connection;
}

/// IPsec: what is common to a node's connections, and each of them; what opens while tunnels are down.
void add_ipsec_kinds(std::vector<KindSchema>& kinds) {
  auto esp = required(plain("esp", Type::text, "who encrypts: kernel, or userspace where that cannot"));
  esp.one_of = {"kernel", "userspace"};
  kinds.push_back(
      kind(k_ipsec, "IPsec",
           {std::move(esp), required(integer("mtu", 1280, 65'535, "longest inner packet")),
            texts(std::string(k_other_connections), true, "connections of strongSwan that nobody declared")}));
  kinds.push_back(connection_kind());
  auto condition = kind(k_condition, "condition",
                        {fixed(plain("name", Type::text, "its scenario")),
                         texts("neighbours", true, "far ends in BGP: while one of them is up, it is closed"),
                         texts("connections", true, "by IPsec: while one of them is up, it is closed"),
                         required(integer("patience", 1, 86'400, "seconds from the last one's end to the opening")),
                         texts("closes", true, "connections that end when it closes")});
  condition.bulk = 64;
  kinds.push_back(std::move(condition));
}

/// What a machine keeps when it begins anew.
KindSchema disk_kind() {
  auto disk = kind(k_disk, "disk",
                   {fixed(plain("name", Type::text, "the machine whose second disk it is")),
                    required(integer("size", 1, int64_t{1} << 20U, "GiB; it grows and never shrinks")),
                    texts(std::string(k_faults), true, "what is not as it should be")});
  disk.alone = true;
  disk.unique = {{"name"}};
  disk.bulk = 64;
  return disk;
}

/// A machine by libvirt, at a port of the switch.
KindSchema guest_kind() {
  auto runs_by = required(plain("runs_by", Type::text, "kvm, or qemu where the processor does not help"));
  runs_by.one_of = {"kvm", "qemu"};
  auto guest =
      kind(k_guest, "guest",
           {fixed(plain("name", Type::text, "its name in libvirt")),
            required(plain("hostname", Type::text, "what it calls itself")),
            fixed(plain("image", Type::text, "what its first disk begins as")),
            required(integer("cpu", 1, 1024, "virtual processors")),
            required(integer("memory", 1, int64_t{1} << 30U, "MiB")),
            plain("second_disk", Type::boolean, "whether it has one"), std::move(runs_by),
            required(plain("bridge", Type::text, "the switch at which it is")),
            integer("tag", 1, 4094, "VLAN id (IEEE 802.1Q); none: untagged"),
            required(plain("hardware_address", Type::text, "of its one interface")),
            required(plain("checksums", Type::boolean, "whether the switch computes those that it leaves out")),
            texts("addresses", true, "its own, with the prefix length"), texts("routers", true, "its gateways"),
            texts("dns", false, "its resolvers"),
            plain("account", Type::text, "who may log in; none: the image's own account"),
            texts("authorized_keys", true, "references to public keys"),
            texts(std::string(k_faults), true, "what does not run as it should")});
  guest.alone = true;  // one that cannot start does not take the network back with it
  guest.unique = {{"name"}};
  guest.bulk = 64;
  return guest;
}

/// What is installed of a service. Former ones stay beside it, so another version is a change and no replacement.
KindSchema release_kind() {
  auto release = kind(k_release, "release",
                      {fixed(plain("name", Type::text, "the service whose it is")),
                       required(plain("id", Type::text, "version and beginning of the digest")),
                       required(plain("sha256", Type::text, "of the file that is installed")),
                       required(plain("source", Type::text, "where that file is here, or is fetched from")),
                       texts("references", true, "whose it must be and who may fetch it: WORD REFERENCE"),
                       required(plain("executable", Type::text, "what is started of it")),
                       required(integer("keep", 1, 100, "former ones that stay")),
                       texts(std::string(k_faults), true, "what is not as it was installed")});
  release.alone = true;  // it changes nothing that runs, and may take long to come
  release.unique = {{"name"}};
  return release;
}

KindSchema service_kind() {
  auto restart = required(plain("restart", Type::text, "when it ends"));
  restart.one_of = {"always", "on-failure", "never"};
  auto service =
      kind(k_service, "service",
           {fixed(plain("name", Type::text, "its name on the machine")),
            required(plain("title", Type::text, "what people read")),
            plain("release", Type::text, "which runs; none: a program of the system"),
            required(plain("executable", Type::text, "what is started of it")),
            texts("config", false, "lines of its configuration, where cloison writes it"),
            texts("drained", true, "where it is taken out while it changes: BALANCER SERVICE BACKEND SERVER"),
            integer("drain", 0, 86'400, "seconds until what is still open there is ended"),
            texts("files", false, "its configuration: NAME LINE"),
            integer("pause", 0, 86'400, "seconds before the next machine follows"),
            plain("exclusive", Type::boolean, "whether no two releases of it may run side by side"),
            plain("stopped", Type::boolean, "whether it is there, and does not run"),
            texts("arguments", false, "its command line"),
            texts("variables", true, "its environment, NAME=VALUE"),
            texts("secrets", true,
                  "variables and files with references to what they hold: variable NAME "
                  "REFERENCE, credential NAME REFERENCE"),
            plain("user", Type::text, "as whom it runs; none: one of its own"),
            integer("cpu_percent", 1, 1'000'000, "of one processor"),
            integer("memory", 1, int64_t{1} << 50U, "bytes"),
            std::move(restart),
            plain("makes_code", Type::boolean, "whether its runtime writes code while it runs"),
            texts("listen", true, "ports: PROTOCOL NUMBER"),
            texts("probes", false, "what must answer: tcp PORT, http PORT PATH"),
            texts("probe_command", false, "a program of the release that must end well"),
            required(integer("interval", 1, 3600, "seconds between two probes")),
            required(integer("timeout", 1, 3600, "seconds of a probe")),
            required(integer("retries", 1, 100, "probes until a start has failed")),
            required(integer("watch", 0, 3600, "seconds for which a new one may not fail")),
            texts("after", true, "services of this machine that start first"),
            plain("schedule", Type::text, "calendar expression of its timer; none: it goes on"),
            integer("deadline", 1, 31'536'000, "seconds, longest run of a scheduled one"),
            texts(std::string(k_faults), true, "what does not run as it should")});
  service.unique = {{"name"}};
  return service;
}

std::vector<KindSchema> all_kinds() {
  std::vector<KindSchema> kinds;
  auto agent = kind(k_agent, "way back", {required(plain("version", Type::text, "digest of the agent"))});
  agent.alone = true;  // everything else goes back by it
  kinds.push_back(std::move(agent));
  auto packages = kind(k_packages, "packages",
                       {texts("names", true, "what must be installed"),
                        required(plain("from", Type::text, "mirror: the node's own sources; else a folder here"))});
  packages.alone = true;  // everything else runs on them
  kinds.push_back(std::move(packages));
  kinds.push_back(kind(k_forwarding, "forwarding",
                       {required(plain("ipv4", Type::boolean, "whether IPv4 is routed")),
                        required(plain("ipv6", Type::boolean, "whether IPv6 is routed"))}));
  kinds.push_back(kind(k_switch, "switch",
                       {fixed(plain("bridge", Type::text, "its bridge")),
                        required(plain("datapath", Type::text,
                                       "Open vSwitch's: system (the kernel's), netdev (userspace); linux-bridge")),
                        texts("trunks", true, "interfaces that carry all VLANs")}));
  auto vlan =
      kind(k_vlan, "VLAN",
           {fixed(plain("name", Type::text, "its interface on the node")),
            fixed(plain("bridge", Type::text, "the bridge on which it is")),
            integer("tag", 1, 4094, "VLAN id (IEEE 802.1Q); none: untagged"),
            texts("access", true, "ports whose untagged frames are in it"),
            texts("addresses", true, "the gateway's, with the prefix length"),
            texts("shared", true, "the gateway's where several nodes have them in turn: see standing in"),
            texts("translated", true, "prefixes that stand for its own: PREFIX, and the node's address in it"),
            integer("dhcp_first", 1, 16'777'214, "first number that DHCP hands out"),
            integer("dhcp_last", 1, 16'777'214, "last number that DHCP hands out"),
            texts("dns", false, "resolvers that DHCP announces"),
            texts("outward", true, "by which table it leaves for the outside, FAMILY NUMBER; none: the main one"),
            plain("advertise", Type::boolean, "IPv6 router advertisements"),
            plain("apart", Type::boolean, "whether what is at its ports reaches the rest of it by the node alone"),
            texts("from_trunk", true,
                  "where it is kept apart: who is beyond the trunks, \"node\" or \"machine\" and its hardware address; "
                  "\"any\": others as well"),
            plain("hardware_address", Type::text, "of its interface; none: whichever"),
            texts("answers_for", true, "for whom the node answers on it: \"ipv4\", addresses of IPv6"),
            texts(std::string(k_faults), true, "what does not keep it apart")});
  vlan.bulk = 64;
  kinds.push_back(std::move(vlan));
  kinds.push_back(kind(
      k_firewall, "firewall",
      {rules("sets", "named sets: name, type, elements"),
       rules("input", "rules of what is for the node itself, in order"),
       rules("forward", "rules of what passes, in order"), rules("output", "rules of what the node sends, in order"),
       rules("prerouting", "translation of where packets go, in order"),
       rules("outgoing", "the same for what the node sends, in order"),
       rules("postrouting", "translation of whom packets come from, in order")}));
  add_link_kinds(kinds);
  add_ipsec_kinds(kinds);
  kinds.push_back(redundancy_kind());
  kinds.push_back(disk_kind());
  kinds.push_back(guest_kind());
  kinds.push_back(release_kind());
  kinds.push_back(service_kind());
  return kinds;
}

}  // namespace

std::span<const KindSchema> schemas() {
  static const std::vector<KindSchema> k_kinds = all_kinds();
  return k_kinds;
}

const KindSchema& schema_of(std::string_view kind) {
  const auto kinds = schemas();
  const auto found = std::find_if(kinds.begin(), kinds.end(), [&](const KindSchema& one) { return one.kind == kind; });
  assert(found != kinds.end());
  return *found;
}

}  // namespace cloison::node
