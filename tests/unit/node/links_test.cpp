// Keys, tunnels, peers, underlays and routing of a node: the files that hold them, and what is read of what runs.

#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/strings.h"
#include "providers/node/lower.h"
#include "providers/node/render.h"
#include "providers/node/report.h"
#include "providers/node/routing.h"
#include "providers/node/schema.h"

namespace cloison::node {

namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

using Named = std::vector<std::pair<std::string_view, Value>>;
constexpr const char* k_public = "o8ZhkPRVbRYVAq2CiW3c9Rm9zHZHb0Gn3nY0z5ryCVo=";
constexpr const char* k_other = "C+8Q6IQYNgeIfhtUOisD2jC66eQSfaf8G/W+fLL/YyQ=";
constexpr const char* k_far =
    "lab-1-fibre fd6c:1::b%wg-fibre as 65011 preference 200 med 10 accept 10.16.3.0/24 fd12:0:3::/64 offer "
    "10.20.0.0/16";

Value of(std::string_view kind, Named named) {
  return with_content(kind, normalised(schema_of(kind), record(schema_of(kind), std::move(named))));
}
Value key() {
  return of(k_key, {{"name", Value::text("node")}});
}
Value tunnel(const Value& port, const Value& mark) {
  return of(k_tunnel, {{"name", Value::text("wg-fibre")},
                       {"key", Value::text("node")},
                       {"listen_port", port},
                       {"mark", mark},
                       {"addresses", Value::texts({"fd6c:1::1/64", "fe80::1/64"})},
                       {"mtu", Value::integer(1400)}});
}
Value peer(const std::string& public_key, const Value& endpoint) {
  return of(k_peer, {{"tunnel", Value::text("wg-fibre")},
                     {"name", Value::text("far")},
                     {"public_key", Value::text(public_key)},
                     {"endpoint", endpoint},
                     {"allowed", Value::texts({"10.16.3.0/24", "fd6c:1::b/128"})},
                     {"keepalive", endpoint.is_null() ? Value::null() : Value::integer(25)}});
}
Value underlay() {
  return of(k_underlay, {{"name", Value::text("fibre")},
                         {"interface", Value::text("wan0")},
                         {"mark", Value::integer(0xc101)},
                         {"metric", Value::integer(100)}});
}
Value routing() {
  return of(k_routing, {{"autonomous_system", Value::integer(65000)},
                        {"router_id", Value::text("10.255.0.1")},
                        {"announce", Value::texts({"10.20.0.0/16"})},
                        {"routes", Value::texts({})},
                        {"neighbours", Value::texts({k_far})}});
}

std::string section(const std::string& name, const std::string& text) {
  return fmt::format("@{} 0 {}\n{}\n", name, text.size(), text);
}

/// A report of a node that has these resources, and of what runs there.
std::string whole_report(const std::vector<std::pair<std::string_view, Value>>& resources, const std::string& running) {
  std::string text;
  int number = 0;
  for (const auto& [kind, attributes] : resources) {
    const Marker marker{.lineage = "0123456789abcdef0123456789abcdef",
                        .generation = 1,
                        .address = fmt::format("one.{}{}", kind, number++)};
    bool first = true;
    for (const auto& file : files_of(kind, attributes)) {
      text += section("file" + file.path, "644 root:root\n" + marked(file, kind, attributes, marker, first));
      first = false;
    }
  }
  return text + running + "@end 0 0\n\n";
}

std::vector<Observed> read(const std::string& text) {
  const auto report = parse_report(text);
  EXPECT_TRUE(report);
  return report ? objects_of(*report) : std::vector<Observed>{};
}

const Value& only(const std::vector<Observed>& objects, std::string_view kind) {
  static const Value k_none;
  for (const auto& object : objects)
    if (object.kind == kind) return object.attributes;
  return k_none;
}

std::string shown(const std::vector<Observed>& objects, std::string_view kind, std::string_view name) {
  return to_display(attribute(schema_of(kind), only(objects, kind), name));
}

TEST(LinkFiles, ATunnelIsWhatWireGuardReadsAndLinesForTheAgent) {
  const auto files = files_of(k_tunnel, tunnel(Value::integer(51820), Value::integer(0xc101)));
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[0].path, "/etc/cloison/tunnels.d/wg-fibre.conf");
  EXPECT_EQ(files[0].body, "tunnel wg-fibre node 1400\naddress wg-fibre fd6c:1::1/64\naddress wg-fibre fe80::1/64\n");
  EXPECT_EQ(files[1].path, "/etc/wireguard/cloison/wg-fibre.conf");
  EXPECT_EQ(files[1].body, "[Interface]\nListenPort = 51820\nFwMark = 0xc101\n");
  EXPECT_EQ(files_of(k_tunnel, tunnel(Value::null(), Value::null()))[1].body, "[Interface]\n");
}

TEST(LinkFiles, APeerIsASectionOfItsOwn) {
  const auto files = files_of(k_peer, peer(k_public, Value::text("[2001:db8::1]:51820")));
  ASSERT_EQ(files.size(), 1U);
  EXPECT_EQ(files[0].path, "/etc/wireguard/cloison/wg-fibre.d/far.conf");
  EXPECT_EQ(files[0].body, fmt::format("[Peer]\nPublicKey = {}\nAllowedIPs = 10.16.3.0/24, fd6c:1::b/128\n"
                                       "Endpoint = [2001:db8::1]:51820\nPersistentKeepalive = 25\n",
                                       k_public));
}

TEST(LinkFiles, AFarKeyIsOneLineWhateverItHolds) {
  const auto files = files_of(k_peer, peer("x\nPrivateKey = y\n[Peer]", Value::null()));
  EXPECT_EQ(files[0].body,
            "[Peer]\nPublicKey = x\nAllowedIPs = 10.16.3.0/24, fd6c:1::b/128\nPersistentKeepalive = off\n");
}

TEST(LinkFiles, KeysAndUnderlaysAreLines) {
  EXPECT_EQ(files_of(k_key, key())[0].body, "key node\n");
  EXPECT_EQ(files_of(k_underlay, underlay())[0].body, "underlay fibre wan0 49409 100\n");
}

TEST(LinkFiles, WhatIsWrittenIsReadBack) {
  const std::vector<std::pair<std::string_view, Value>> all{{k_key, key()},
                                                            {k_tunnel, tunnel(Value::integer(51820), Value::null())},
                                                            {k_peer, peer(k_public, Value::null())},
                                                            {k_underlay, underlay()},
                                                            {k_routing, routing()}};
  const Marker marker{.lineage = "0123456789abcdef0123456789abcdef", .generation = 1, .address = "one.x"};
  for (const auto& [kind, attributes] : all) {
    const auto file = files_of(kind, attributes).front();
    const auto parsed = parse_marked(marked(file, kind, attributes, marker, true));
    ASSERT_TRUE(parsed) << kind;
    EXPECT_EQ(with_content(kind, parsed->settings), attributes) << kind;
  }
}

TEST(Neighbours, AreReadBackAsWritten) {
  const auto one = parse_neighbour(k_far);
  ASSERT_TRUE(one);
  EXPECT_EQ(one->name, "lab-1-fibre");
  EXPECT_EQ(one->interface, "wg-fibre");
  EXPECT_EQ(one->autonomous_system, 65011U);
  EXPECT_EQ(one->preference, 200U);
  EXPECT_EQ(one->med, 10U);
  EXPECT_EQ(one->accept.size(), 2U);
  EXPECT_EQ(text_of(*one), k_far);
  EXPECT_TRUE(parse_neighbour("a fd00::1%wg as 1 preference 0 med 0 accept offer"));
}

TEST(Neighbours, WhatDoesNotFitIsRefused) {
  for (const auto* const line :
       {"", "a", "a fd00::1%wg as 1 preference 0 med 0 accept", "a fd00::1 as 1 preference 0 med 0 accept offer",
        "a fe80::1%wg as 1 preference 0 med 0 accept offer",  // FRR does not follow it
        "a 10.0.0.1%wg as 1 preference 0 med 0 accept offer", "a fd00::01%wg as 1 preference 0 med 0 accept offer",
        "a fd00::1%wg as 0 preference 0 med 0 accept offer", "a fd00::1%wg as -1 preference 0 med 0 accept offer",
        "a fd00::1%wg as 4294967296 preference 0 med 0 accept offer",
        "a fd00::1%wg as 1 preference x med 0 accept offer", "-a fd00::1%wg as 1 preference 0 med 0 accept offer",
        "a;b fd00::1%wg as 1 preference 0 med 0 accept offer", "a fd00::1%../x as 1 preference 0 med 0 accept offer",
        "a fd00::1%wg as 1 preference 0 med 0 accept 10.0.0.1/8 offer",
        "a fd00::1%wg as 1 preference 0 med 0 accept offer offer",
        "a fd00::1%wg as 1 preference 0 med 0 accept offer 10.0.0.0/8\nexit",
        "a  fd00::1%wg as 1 preference 0 med 0 accept offer"})
    EXPECT_FALSE(parse_neighbour(line)) << line;
}

Routing with(const std::string& line) {
  return {.autonomous_system = 65000,
          .router_id = "10.255.0.1",
          .announce = {*IpPrefix::parse("10.20.0.0/16")},
          .neighbours = {*parse_neighbour(line)}};
}

TEST(Frr, APrefixThatIsNotListedIsNeitherTakenNorTold) {
  const auto text = frr_text(with(k_far));
  EXPECT_THAT(
      text, AllOf(HasSubstr("permit 10.16.3.0/24\n"), HasSubstr("ipv6 prefix-list lab-1-fibre-out seq 1 deny any\n"),
                  HasSubstr(" neighbor fd6c:1::b route-map lab-1-fibre-in in\n"), HasSubstr(" network 10.20.0.0/16\n"),
                  HasSubstr(" no bgp default ipv4-unicast\n")));
  EXPECT_THAT(text, AllOf(Not(HasSubstr(" le ")), Not(HasSubstr("no bgp ebgp-requires-policy"))));
}

TEST(Frr, APrefixMoreChangesNoOtherLine) {
  const auto before = frr_text(with("a fd00::1%wg as 1 preference 0 med 0 accept 10.2.0.0/24 10.9.0.0/24 offer"));
  const auto after =
      frr_text(with("a fd00::1%wg as 1 preference 0 med 0 accept 10.1.0.0/24 10.2.0.0/24 10.9.0.0/24 offer"));
  for (const auto line : split(before, '\n')) EXPECT_THAT(after, HasSubstr(std::string(line) + '\n'));
}

TEST(Frr, WhatRunsIsReadAsTheRoutingItAmountsTo) {
  const auto running = read_running(
      "Building configuration...\n\nCurrent configuration:\n!\nfrr version 8.4.4\nhostname x\n"
      "no ipv6 forwarding\n!\n" +
      frr_text(with(k_far)) + "end\n");
  EXPECT_EQ(running.routing.autonomous_system, 65000U);
  EXPECT_EQ(running.routing.router_id, "10.255.0.1");
  ASSERT_EQ(running.routing.neighbours.size(), 1U);
  EXPECT_EQ(text_of(running.routing.neighbours[0]), k_far);
  EXPECT_TRUE(running.other_lines.empty()) << running.other_lines[0];
}

TEST(Frr, LinesByHandAreTold) {
  auto text = frr_text(with(k_far));
  text.erase(text.find(" neighbor fd6c:1::b bfd\n"), std::string_view(" neighbor fd6c:1::b bfd\n").size());
  text +=
      "route-map lab-1-fibre-in permit 1\nexit\nip prefix-list lab-1-fibre-in seq 5 permit any\nrouter ospf\n network "
      "x\n";
  EXPECT_THAT(read_running(text).other_lines,
              ElementsAre("+ ip prefix-list lab-1-fibre-in seq 5 permit any", "+ route-map lab-1-fibre-in permit 1",
                          "+ router ospf", "+ router ospf: network x", "- router bgp 65000: neighbor fd6c:1::b bfd"));
}

TEST(Frr, HostileAnswersAreRead) {
  std::string deep, many = "router bgp 1\n";
  for (int i = 0; i < 2000; ++i) deep += std::string(static_cast<std::size_t>(i), ' ') + "x\n";
  for (int i = 0; i < 5000; ++i) many += fmt::format(" line {}\x1b[2J\n", i);
  EXPECT_TRUE(read_running(deep).routing.neighbours.empty());
  const auto running = read_running(many);
  EXPECT_LE(running.other_lines.size(), 100U);
  for (const auto& line : running.other_lines) EXPECT_EQ(line.find('\x1b'), std::string::npos);
  for (const auto* const text : {"", "\n", " ", "router bgp", "router bgp x\n neighbor\n", "ip prefix-list\n",
                                 "router bgp 99999999999\n neighbor a remote-as b\n", "route-map\n set x y\n"})
    (void)read_running(text);
}

const std::vector<std::pair<std::string_view, Value>>& whole() {
  static const std::vector<std::pair<std::string_view, Value>> k_all{
      {k_key, key()},
      {k_tunnel, tunnel(Value::integer(51820), Value::integer(0xc101))},
      {k_peer, peer(k_public, Value::null())},
      {k_underlay, underlay()},
      {k_routing, routing()}};
  return k_all;
}

std::string running(const std::string& tunnels, const std::string& underlays = "fibre 49409 ok ok\n") {
  constexpr const char* k_addresses =
      R"([{"ifname":"wg-fibre","mtu":1400,"addr_info":[{"local":"fd6c:1::1","prefixlen":64,"scope":"global"},)"
      R"({"local":"fe80::1","prefixlen":64,"scope":"link"}]}])";
  return section("keys", fmt::format("node {}\n", k_other)) + section("tunnels", tunnels) +
         section("addresses", k_addresses) + section("underlays", underlays) +
         section("routing", frr_text(with(k_far)));
}
std::string interface(const std::string& rest = "51820 0xc101") {
  return fmt::format("interface wg-fibre {} {}\n", k_other, rest);
}
std::string far_peer(const std::string& rest = "198.51.100.9:4242 10.16.3.0/24,fd6c:1::b/128 off") {
  return fmt::format("peer wg-fibre {} {}\n", k_public, rest);
}

TEST(LiveLinks, WhatRunsAsAskedIsNoDrift) {
  const auto objects = read(whole_report(whole(), running(interface() + far_peer())));
  ASSERT_EQ(objects.size(), 5U);
  for (const auto& [kind, attributes] : whole()) {
    const auto wanted =
        kind == k_key ? with_attribute(schema_of(k_key), attributes, "public_key", Value::text(k_other)) : attributes;
    EXPECT_EQ(to_display(only(objects, kind)), to_display(wanted)) << kind;
  }
}

TEST(LiveLinks, WhatWasChangedByHandShows) {
  const auto at = [](const std::string& tunnels, std::string_view kind, std::string_view name) {
    return shown(read(whole_report(whole(), running(tunnels))), kind, name);
  };
  EXPECT_EQ(at(interface("51821 0xc101") + far_peer(), k_tunnel, "listen_port"), "51821");
  EXPECT_EQ(at(interface("51820 off") + far_peer(), k_tunnel, "mark"), "(none)");
  EXPECT_EQ(at("interface wg-fibre x 51820 0xc101\n", k_tunnel, "key"), "(none)");
  EXPECT_EQ(at("", k_tunnel, "mtu"), "(none)");
  EXPECT_EQ(at(interface(), k_peer, "public_key"), "(none)");
  EXPECT_EQ(at(interface() + far_peer("(none) 0.0.0.0/0 25"), k_peer, "allowed"), "[\"0.0.0.0/0\"]");
  EXPECT_EQ(at(interface() + far_peer("(none) 0.0.0.0/0 25"), k_peer, "keepalive"), "25");
  EXPECT_EQ(at(interface() + far_peer() + fmt::format("peer wg-fibre {} (none) (none) off\n", k_other), k_tunnel,
               k_foreign_peers),
            fmt::format("[\"{}\"]", k_other));
}

TEST(LiveLinks, ALostKeyAndALostTableShow) {
  const auto lost = read(whole_report(whole(), section("underlays", "fibre 49409 differ ok\n")));
  EXPECT_EQ(shown(lost, k_key, k_content), "(none)");
  EXPECT_EQ(shown(lost, k_key, "public_key"), "(none)");
  EXPECT_EQ(shown(lost, k_underlay, "mark"), "(none)");
  EXPECT_EQ(shown(lost, k_underlay, "interface"), "\"wan0\"");
  EXPECT_EQ(shown(lost, k_routing, "neighbours"), "[]");
  EXPECT_EQ(shown(read(whole_report(whole(), running("", "fibre 49409 ok differ\n"))), k_underlay, "interface"),
            "(none)");
}

TEST(LiveLinks, AKeyThatIsNoneIsNotBelieved) {
  for (const auto* const text : {"node x\n", "node \n", "node o8ZhkPRVbRYVAq2CiW3c9Rm9zHZHb0Gn3nY0z5ry\nVo=\n", "node"})
    EXPECT_EQ(shown(read(whole_report(whole(), section("keys", text))), k_key, "public_key"), "(none)") << text;
}

TEST(LiveLinks, ARecordedNodeHasNoDrift) {
  std::ifstream in(std::filesystem::path(CLOISON_SOURCE_DIR) / "tests/fuzz/corpus/node_report/links", std::ios::binary);
  const auto objects = read({std::istreambuf_iterator<char>(in), {}});
  EXPECT_EQ(shown(objects, k_routing, k_other_lines), "[]");
  EXPECT_THAT(shown(objects, k_routing, "neighbours"),
              HasSubstr("hub-mobile fd6c:2::1%wg-mobile as 65000 preference 100"));
  for (const auto& object : objects) {
    const auto asked = with_content(object.kind, object.attributes);
    if (object.kind == k_key || object.kind == k_tunnel || object.kind == k_peer || object.kind == k_underlay ||
        object.kind == k_routing) {
      EXPECT_EQ(to_display(asked), to_display(object.attributes));
    }
  }
}

TEST(LiveLinks, HostileSectionsAreRead) {
  for (const auto* const text :
       {"", "\n", "interface", "interface a b c d\npeer a b c d e", "peer wg-fibre k (none) ,,,, x\n",
        "interface wg-fibre k 99999999999 0xffffffffffff\n", "peer wg-fibre \x1b[2J (none) (none) off\n"}) {
    const auto objects =
        read(whole_report(whole(), section("tunnels", text) + section("underlays", text) + section("keys", text) +
                                       section("addresses", text) + section("routing", text)));
    EXPECT_EQ(objects.size(), 5U) << text;
    for (const auto& object : objects) EXPECT_EQ(to_display(object.attributes).find('\x1b'), std::string::npos);
  }
}

TEST(NodeLinks, AGatewayForwardsWhatItsVpcHas) {
  const auto forwards = [](std::vector<IpPrefix> announced) {
    NodeIntent node{.path = "cloud.gateways.hub-1.node", .name = "hub-1", .site = "cloud", .inside = "port0"};
    node.announced = std::move(announced);
    Intent intent{.provider = "nodes"};
    intent.nodes = {std::move(node)};
    const auto lowered = lower(intent, Facts{}).value.value_or(Lowered{});
    for (const auto& one : lowered.resources)
      if (one.kind == k_forwarding)
        return to_display(attribute(schema_of(k_forwarding), one.attributes, "ipv6")) == "true";
    return false;
  };
  EXPECT_FALSE(forwards({*IpPrefix::parse("10.0.0.0/16")}));
  EXPECT_TRUE(forwards({*IpPrefix::parse("10.0.0.0/16"), *IpPrefix::parse("fd12::/56")}));
}

}  // namespace

}  // namespace cloison::node
