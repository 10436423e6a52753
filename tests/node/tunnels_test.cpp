// Two nodes of the lab as hub and spoke: keys, a tunnel for each underlay, BGP over them, and what is done against
// them.

#include <array>
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/strings.h"
#include "providers/node/provider.h"
#include "providers/node/render.h"
#include "providers/node/schema.h"

namespace cloison::node {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* k_lineage = "0123456789abcdef0123456789abcdef";
using Named = std::vector<std::pair<std::string_view, Value>>;

std::string variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? "" : value;
}

template <class T>
std::string text_of(const Result<T>& result) {
  return result ? "" : result.error().code + " " + result.error().summary + ": " + result.error().detail;
}

bool within(seconds time, const std::function<bool()>& holds) {
  const auto end = steady_clock::now() + time;
  while (steady_clock::now() < end) {
    if (holds()) return true;
    std::this_thread::sleep_for(milliseconds(100));
  }
  return holds();
}

Value number(int64_t value) {
  return Value::integer(value);
}
Value text(const std::string& value) {
  return Value::text(value);
}

/// One host of the lab, by its management network: its underlays may be cut.
class Host {
 public:
  explicit Host(const std::string& name)
      : target_{.host = {.address = variable("CLOISON_" + name + "_ADDRESS"),
                         .user = variable("CLOISON_NODE_USER"),
                         .fingerprint = variable("CLOISON_" + name + "_FINGERPRINT")},
                .keys = {variable("CLOISON_NODE_KEY")}},
        shell_(net::make_ssh(target_)),
        provider_(make_node({.name = name}, shell_, {.restore_after = seconds(20)})) {}

  [[nodiscard]] Result<net::CommandOutput> run(const std::string& line, seconds time = seconds(30)) const {
    return net::make_ssh(target_)->run({.argv = {"sudo", "-n", "sh", "-c", line}},
                                       {.deadline = steady_clock::now() + time});
  }
  std::string says(const std::string& line) const {
    const auto output = run(line);
    EXPECT_TRUE(output) << line << ": " << node::text_of(output);
    return output ? output->out : "";
  }
  [[nodiscard]] std::string agent(const std::string& verb) const {
    const auto output = net::make_ssh(target_)->run(
        {.argv = {"sudo", "-n", "sh", "-s", verb}, .input = std::string(agent_text())}, {.deadline = call().deadline});
    return output ? output->out + output->err : node::text_of(output);
  }

  static Call call() { return {.deadline = steady_clock::now() + seconds(60)}; }
  static Marker marker_of(const std::string& name) {
    return {.lineage = k_lineage, .generation = 1, .address = "one.node." + name};
  }
  Resource resource(std::string_view kind, const std::string& name, Named attributes) const {
    return provider_->canonical({.address = {marker_of(name).address},
                                 .provider = "node",
                                 .kind = std::string(kind),
                                 .attributes = record(schema_of(kind), std::move(attributes))});
  }
  /// Creates all of it in one change; what is answered is remembered.
  void make(const std::vector<Resource>& resources) {
    std::vector<CreateRequest> requests;
    for (const auto& one : resources) {
      requests.emplace_back();
      requests.back().resource = one;
      requests.back().marker = {.lineage = k_lineage, .generation = 1, .address = one.address.text};
    }
    const auto answers = provider_->create_many(requests, call());
    for (std::size_t i = 0; i < requests.size(); ++i) {
      ASSERT_TRUE(answers[i]) << resources[i].address.text << ": " << node::text_of(answers[i]);
      rows.insert_or_assign(resources[i].address.text.substr(9), ResourceState{.key = {resources[i].address.text},
                                                                               .provider = "node",
                                                                               .kind = resources[i].kind,
                                                                               .remote_id = answers[i]->remote_id,
                                                                               .applied = resources[i].attributes,
                                                                               .observed = answers[i]->observed});
    }
  }
  [[nodiscard]] std::map<std::string, Value> observed() const {
    std::vector<std::string> kinds;
    for (const auto& kind : schemas()) kinds.push_back(kind.kind);
    const auto objects = provider_->observe({}, kinds, call());
    EXPECT_TRUE(objects) << node::text_of(objects);
    std::map<std::string, Value> all;
    for (const auto& object : objects ? *objects : std::vector<Observed>{})
      all.emplace(object.marker->address.substr(9), object.attributes);
    return all;
  }
  Result<Applied> update(const std::string& name, const Value& now, const Value& wanted) {
    auto row = rows.at(name);
    row.observed = now;
    return provider_->update(
        row, {.address = {row.key.address}, .provider = "node", .kind = row.kind, .attributes = wanted}, call());
  }
  Result<void> remove(const std::string& name) { return provider_->remove(rows.at(name), call()); }
  [[nodiscard]] const std::string& public_key() const {
    return attribute(schema_of(k_key), rows.at("key").observed, "public_key").text_or_empty();
  }
  void forget_connection() const { shell_->disconnect(); }
  [[nodiscard]] const std::shared_ptr<Provider>& provider() const { return provider_; }

  std::map<std::string, ResourceState> rows{};

 private:
  net::SshTarget target_;
  std::shared_ptr<net::Shell> shell_;
  std::shared_ptr<Provider> provider_;
};

Resource vlan(const Host& host, const std::string& name, const std::vector<std::string>& addresses) {
  return host.resource(k_vlan, "vlan",
                       {{"name", text(name)},
                        {"bridge", text("br-cloison")},
                        {"tag", number(10)},
                        {"access", Value::texts({})},
                        {"addresses", Value::texts(addresses)},
                        {"translated", Value::texts({})},
                        {"outward", Value::texts({})},
                        {"dns", Value::texts({})},
                        {"advertise", Value::boolean(false)}});
}

/// `own`: an IPv4 address of the node. The kernel's reverse path check takes nothing in by an interface that has none
/// while the way back is another tunnel.
Resource tunnel(const Host& host, const std::string& name, const Value& port, const Value& mark,
                const std::string& address, const std::string& own) {
  return host.resource(k_tunnel, name,
                       {{"name", text(name)},
                        {"key", text("node")},
                        {"listen_port", port},
                        {"mark", mark},
                        {"addresses", Value::texts({address, "fe80::" + address.substr(address.rfind(':') + 1), own})},
                        {"mtu", number(1400)}});
}

Resource peer(const Host& host, const std::string& tunnel, const std::string& key, const Value& endpoint,
              const std::vector<std::string>& allowed) {
  return host.resource(k_peer, tunnel + ".peer",
                       {{"tunnel", text(tunnel)},
                        {"name", text("far")},
                        {"public_key", text(key)},
                        {"endpoint", endpoint},
                        {"allowed", Value::texts(allowed)},
                        {"keepalive", endpoint.is_null() ? Value::null() : number(25)}});
}

Resource routing(const Host& host, int64_t system, const std::string& id, const std::vector<std::string>& announce,
                 const std::vector<std::string>& neighbours) {
  return host.resource(k_routing, "routing",
                       {{"autonomous_system", number(system)},
                        {"router_id", text(id)},
                        {"announce", Value::texts(announce)},
                        {"routes", Value::texts({})},
                        {"neighbours", Value::texts(neighbours)}});
}

std::vector<Resource> ground(const Host& host) {
  return {host.resource(k_forwarding, "forwarding", {{"ipv4", Value::boolean(true)}, {"ipv6", Value::boolean(true)}}),
          host.resource(k_switch, "switch",
                        {{"bridge", text("br-cloison")}, {"datapath", text("netdev")}, {"trunks", Value::texts({})}})};
}

constexpr const char* k_at_hub = "10.20.0.0/24 fd12:20::/64";
constexpr const char* k_at_spoke = "10.16.3.0/24 fd12:16::/64";

/// The network stands before the first case; each leaves it whole.
class Tunnels : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (variable("CLOISON_HUB_ADDRESS").empty()) return;
    hub = std::make_unique<Host>("HUB");
    spoke = std::make_unique<Host>("SPOKE");
    const auto keys = [](Host& host) {
      host.make({host.resource(k_agent, "agent", {{"version", text("1")}}),
                 host.resource(k_key, "key", {{"name", text("node")}})});
    };
    std::thread other([&] { keys(*hub); });
    keys(*spoke);
    other.join();
    if (HasFatalFailure()) return;
    std::thread far([] { make_hub(); });
    make_spoke();
    far.join();
  }
  static void TearDownTestSuite() { hub.reset(), spoke.reset(); }
  void SetUp() override {
    if (!hub) GTEST_SKIP() << "no lab hosts: ./dev test node";
    ASSERT_TRUE(within(seconds(20), [] { return goes_by("wg-fibre"); }))
        << spoke->says(
               "ip route; ip rule; ip route show table 49410; wg show; vtysh -c 'show bgp summary'; "
               "ping -c 2 -W 1 fd6c:1::1; ping -c 2 -W 1 fd6c:2::1")
        << hub->says("wg show; vtysh -c 'show bgp summary'");
  }

  static Resource hub_routing(const std::vector<std::string>& announced) {
    return routing(*hub, 65000, "10.255.1.1", announced,
                   {fmt::format("spoke-fibre fd6c:1::11%wg-fibre as 65001 preference 200 med 10 accept {} offer {}",
                                k_at_spoke, k_at_hub),
                    fmt::format("spoke-mobile fd6c:2::11%wg-mobile as 65001 preference 100 med 20 accept {} offer {}",
                                k_at_spoke, k_at_hub)});
  }
  static void make_hub() {
    auto all = ground(*hub);
    all.push_back(vlan(*hub, "servers", {"10.20.0.1/24", "fd12:20::1/64"}));
    all.push_back(tunnel(*hub, "wg-fibre", number(51820), Value::null(), "fd6c:1::1/64", "10.20.0.1/32"));
    all.push_back(tunnel(*hub, "wg-mobile", number(51821), Value::null(), "fd6c:2::1/64", "10.20.0.1/32"));
    const auto& key = spoke->public_key();
    all.push_back(peer(*hub, "wg-fibre", key, Value::null(), {"10.16.3.0/24", "fd12:16::/64", "fd6c:1::11/128"}));
    all.push_back(peer(*hub, "wg-mobile", key, Value::null(), {"10.16.3.0/24", "fd12:16::/64", "fd6c:2::11/128"}));
    all.push_back(hub_routing({"10.20.0.0/24", "fd12:20::/64"}));
    hub->make(all);
  }
  static void make_spoke() {
    auto all = ground(*spoke);
    all.push_back(vlan(*spoke, "lan", {"10.16.3.1/24", "fd12:16::1/64"}));
    const auto underlay = [](const std::string& name, const std::string& interface, int64_t mark) {
      return spoke->resource(
          k_underlay, name,
          {{"name", text(name)}, {"interface", text(interface)}, {"mark", number(mark)}, {"metric", number(100)}});
    };
    all.push_back(underlay("fibre", "wan0", 0xc101));
    all.push_back(underlay("mobile", "wwan0", 0xc102));
    all.push_back(tunnel(*spoke, "wg-fibre", Value::null(), number(0xc101), "fd6c:1::11/64", "10.16.3.1/32"));
    all.push_back(tunnel(*spoke, "wg-mobile", Value::null(), number(0xc102), "fd6c:2::11/64", "10.16.3.1/32"));
    const auto outer = variable("CLOISON_HUB_OUTER");
    all.push_back(peer(*spoke, "wg-fibre", hub->public_key(), text(outer + ":51820"),
                       {"10.20.0.0/24", "fd12:20::/64", "fd6c:1::1/128"}));
    all.push_back(peer(*spoke, "wg-mobile", hub->public_key(), text(outer + ":51821"),
                       {"10.20.0.0/24", "fd12:20::/64", "fd6c:2::1/128"}));
    all.push_back(
        routing(*spoke, 65001, "10.255.1.2", {"10.16.3.0/24", "fd12:16::/64"},
                {fmt::format("hub-fibre fd6c:1::1%wg-fibre as 65000 preference 200 med 10 accept {} offer {}", k_at_hub,
                             k_at_spoke),
                 fmt::format("hub-mobile fd6c:2::1%wg-mobile as 65000 preference 100 med 20 accept {} offer {}",
                             k_at_hub, k_at_spoke)}));
    spoke->make(all);
  }

  /// Both directions and both families, and both ways stand.
  static bool goes_by(const std::string& interface) {
    const auto here = spoke->says("ip route get 10.20.0.1; ip route get fd12:20::1");
    const auto there = hub->says("ip route get 10.16.3.1; ip route get fd12:16::1");
    const auto by = " dev " + interface + ' ';
    return here.find(by) != here.rfind(by) && there.find(by) != there.rfind(by) &&
           spoke->says("vtysh -c 'show bgp ipv4 neighbors' | grep -c 'BGP state = Established'") == "2\n";
  }

  static std::unique_ptr<Host> hub, spoke;
};

std::unique_ptr<Host> Tunnels::hub, Tunnels::spoke;

TEST_F(Tunnels, EveryKindIsMadeAndSeenAsAsked) {
  for (auto* host : {hub.get(), spoke.get()}) {
    const auto now = host->observed();
    EXPECT_EQ(now.size(), host->rows.size());
    for (const auto& [name, row] : host->rows) {
      ASSERT_TRUE(now.contains(name)) << name;
      EXPECT_EQ(to_display(now.at(name)), to_display(row.observed)) << name;
      if (row.kind != k_key) {
        EXPECT_EQ(to_display(now.at(name)), to_display(row.applied)) << name;
      }
    }
  }
  EXPECT_THAT(spoke->says("ping -c 3 -i 0.05 -W 1 -I 10.16.3.1 10.20.0.1"), HasSubstr(" 0% packet loss"));
  EXPECT_THAT(spoke->says("ping -c 3 -i 0.05 -W 1 -I fd12:16::1 fd12:20::1"), HasSubstr(" 0% packet loss"));
}

/// Runs the lab's own commands, which need the machine around our namespace: cables, captures, boots.
std::string lab(const std::string& words) {
  const auto line = fmt::format("nsenter --target {} --mount --net --root --wdns=/ {}/tests/lab/run {} 2>&1",
                                variable("CLOISON_OUTSIDE"), CLOISON_SOURCE_DIR, words);
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(line.c_str(), "r"), ::pclose);
  std::string text;
  std::array<char, 4096> part{};
  while (const auto size = std::fread(part.data(), 1, part.size(), pipe.get())) text.append(part.data(), size);
  return text;
}

TEST_F(Tunnels, APrivateKeyNeverLeavesItsNode) {
  const auto key = std::string(trimmed(spoke->says("cat /etc/cloison/private/node.key")));
  ASSERT_EQ(key.size(), 44U);
  EXPECT_EQ(spoke->says("stat -c '%a %U' /etc/cloison/private /etc/cloison/private/node.key"), "700 root\n600 root\n");
  for (const auto* const verb : {"observe", "outcome", "underlays", "boot"})
    EXPECT_THAT(spoke->agent(verb), Not(HasSubstr(key))) << verb;
  for (const auto& [name, value] : spoke->observed()) EXPECT_THAT(to_display(value), Not(HasSubstr(key))) << name;
  const auto where = spoke->says(
      "key=/etc/cloison/private/node.key; grep -rlFf $key /etc /var /run /root /tmp /usr/lib/cloison 2>/dev/null;"
      "ps axeww | grep -Ff $key");
  EXPECT_EQ(where, "/etc/cloison/private/node.key\n");
}

TEST_F(Tunnels, WhatPassesIsNotReadAtTheProvider) {
  std::string seen;
  std::thread capture([&seen] { seen = lab("shell fibre tcpdump -c 200 -lnxxi any udp"); });
  std::this_thread::sleep_for(seconds(1));
  EXPECT_THAT(spoke->says("ping -c 20 -i 0.05 -W 1 -p c1015010 -I 10.16.3.1 10.20.0.1"), HasSubstr(" 0% packet loss"));
  capture.join();
  EXPECT_THAT(seen, HasSubstr(".51820")) << seen.substr(0, 2000);
  for (const auto* const inner : {"10.16.3.1", "10.20.0.1", "c101 5010", "0a10 0301", "0a14 0001", "ICMP"})
    EXPECT_THAT(seen, Not(HasSubstr(inner)));
}

/// When a reply came, in seconds, by its number; of `ping -D`.
std::map<int, double> replies_of(const std::string& text) {
  std::map<int, double> replies;
  for (const auto line : split(text, '\n')) {
    const auto number = line.find("icmp_seq=");
    if (!line.starts_with('[') || number == std::string_view::npos) continue;
    replies.emplace(std::atoi(std::string(line.substr(number + 9)).c_str()),
                    std::strtod(std::string(line.substr(1)).c_str(), nullptr));
  }
  return replies;
}

TEST_F(Tunnels, ACutMovesTrafficAndHealingLosesNothing) {
  constexpr int k_count = 250;  // every 20 ms
  std::string said;
  const auto ping = [&said, k_count] {
    said = spoke->says(fmt::format("ping -D -i 0.02 -c {} -W 1 -I 10.16.3.1 10.20.0.1; true", k_count));
  };
  std::thread cut(ping);
  std::this_thread::sleep_for(seconds(1));
  lab("cut fibre lab-1-node");
  cut.join();
  double gap = 0, before = 0;
  const auto replies = replies_of(said);
  for (const auto& [sequence, when] : replies) {
    if (before > 0) gap = std::max(gap, when - before);
    before = when;
  }
  std::cout << fmt::format("gap: {:.2f} s, {} of {} packets lost\n", gap, k_count - replies.size(), k_count);
  EXPECT_GT(replies.size(), 0U);
  EXPECT_EQ(replies.rbegin()->first, k_count) << said;
  EXPECT_GT(gap, 0.05) << "was it cut?";
  EXPECT_LT(gap, 1.0);
  EXPECT_THAT(spoke->says("ip route get 10.20.0.1"), HasSubstr("wg-mobile"));
  // The marked packets of the cut one go nowhere else, so it is down rather than disguised.
  EXPECT_THAT(spoke->says("vtysh -c 'show bfd peers brief'"), HasSubstr("down"));

  std::thread healed(ping);
  lab("heal fibre lab-1-node");
  const bool back = within(seconds(15), [] { return goes_by("wg-fibre"); });
  healed.join();
  EXPECT_TRUE(back);
  EXPECT_EQ(replies_of(said).size(), static_cast<std::size_t>(k_count)) << said;
}

TEST_F(Tunnels, ASpokeIsBelievedNothingThatIsNotItsOwn) {
  spoke->says(
      "vtysh -c 'configure terminal' -c 'router bgp 65001' -c 'address-family ipv4 unicast' -c 'network 0.0.0.0/0' "
      "-c 'network 10.99.0.0/24' -c 'network 10.16.3.128/25' -c 'no neighbor fd6c:1::1 route-map hub-fibre-out out' "
      "-c 'exit' -c 'exit' -c 'route-map hub-fibre-out permit 1' -c 'exit' -c 'route-map hub-mobile-out permit 1'");
  std::this_thread::sleep_for(seconds(3));
  const auto told = spoke->says("vtysh -c 'show bgp ipv4 unicast neighbors fd6c:2::1 advertised-routes'");
  EXPECT_THAT(told, AllOf(HasSubstr("0.0.0.0/0"), HasSubstr("10.99.0.0/24"), HasSubstr("10.16.3.128/25")));
  EXPECT_THAT(hub->says("ip route; vtysh -c 'show bgp ipv4 unicast'"),
              AllOf(Not(HasSubstr("0.0.0.0/0")), Not(HasSubstr("10.99.0.0")), Not(HasSubstr("10.16.3.128")),
                    HasSubstr("10.16.3.0/24")));
  // And its own node shows it.
  const auto now = spoke->observed().at("routing");
  const auto& schema = schema_of(k_routing);
  EXPECT_THAT(to_display(attribute(schema, now, "announce")), HasSubstr("10.99.0.0/24"));
  EXPECT_THAT(to_display(attribute(schema, now, k_other_lines)), HasSubstr("hub-mobile-out permit 1"));
  const auto mended = spoke->update("routing", now, spoke->rows.at("routing").applied);
  ASSERT_TRUE(mended) << node::text_of(mended);
  EXPECT_EQ(to_display(mended->observed), to_display(spoke->rows.at("routing").observed));
}

TEST_F(Tunnels, TamperingIsSeenAndMended) {
  const auto expect_mended = [](Host& host, const std::string& name, const std::string& tampering) {
    host.says(tampering);
    const auto& row = host.rows.at(name);
    const auto all = host.observed();
    const auto now = all.contains(name) ? all.at(name) : Value::null();
    EXPECT_NE(to_display(now), to_display(row.observed)) << tampering;
    const auto mended = host.update(name, now, row.applied);
    ASSERT_TRUE(mended) << tampering << ": " << node::text_of(mended);
    EXPECT_EQ(to_display(mended->observed), to_display(row.observed)) << tampering;
  };
  const auto far = spoke->public_key();
  std::thread at_spoke([&expect_mended] {
    expect_mended(*spoke, "wg-mobile", "wg set wg-mobile fwmark 0");
    expect_mended(*spoke, "mobile",
                  "systemctl stop cloison-underlays; ip rule del pref 20471 fwmark 0xc102; ip route flush table 49410");
  });
  expect_mended(*hub, "wg-fibre", "wg set wg-fibre peer $(wg genkey | wg pubkey) allowed-ips 10.77.0.0/16");
  expect_mended(
      *hub, "wg-fibre",
      "wg set wg-fibre listen-port 4500; ip link set wg-fibre mtu 1300; ip address add 10.98.0.1/24 dev wg-fibre");
  expect_mended(*hub, "wg-fibre.peer", fmt::format("wg set wg-fibre peer {} allowed-ips 0.0.0.0/0", far));
  expect_mended(*hub, "wg-fibre",
                fmt::format("wg genpsk >/tmp/psk; wg set wg-fibre peer {} preshared-key /tmp/psk", far));
  expect_mended(*hub, "wg-fibre.peer",
                fmt::format("wg set wg-fibre peer {} remove; rm /etc/wireguard/cloison/wg-fibre.d/far.conf", far));
  expect_mended(*hub, "routing", "vtysh -c 'configure terminal' -c 'router bgp' -c 'no neighbor fd6c:2::11'");
  expect_mended(*hub, "routing",
                "vtysh -c 'configure terminal' -c 'ip prefix-list spoke-fibre-in permit any' -c 'router bgp' "
                "-c 'no neighbor fd6c:1::11 bfd'");
  expect_mended(*hub, "routing", "vtysh -c 'write memory' >/dev/null 2>&1; systemctl stop frr");
  at_spoke.join();
}

TEST_F(Tunnels, ALostPrivateKeyIsMadeAnew) {
  spoke->says("rm /etc/cloison/private/node.key");
  const auto& row = spoke->rows.at("key");
  const auto now = spoke->observed().at("key");
  EXPECT_NE(to_display(attribute(schema_of(k_key), now, k_content)),
            to_display(attribute(schema_of(k_key), row.applied, k_content)));
  const auto before = spoke->public_key();
  const auto mended = spoke->update("key", now, row.applied);
  ASSERT_TRUE(mended) << node::text_of(mended);
  spoke->rows.at("key").observed = mended->observed;
  EXPECT_NE(spoke->public_key(), before);
  // The tunnels have it already; the far end is told as of any other change.
  EXPECT_THAT(spoke->says("wg show wg-fibre public-key"), HasSubstr(spoke->public_key()));
  for (const auto* const name : {"wg-fibre.peer", "wg-mobile.peer"}) {
    auto& peer = hub->rows.at(name);
    const auto wanted = hub->resource(k_peer, name,
                                      {{"tunnel", attribute(schema_of(k_peer), peer.applied, "tunnel")},
                                       {"name", text("far")},
                                       {"public_key", text(spoke->public_key())},
                                       {"allowed", attribute(schema_of(k_peer), peer.applied, "allowed")}});
    const auto told = hub->update(name, peer.observed, wanted.attributes);
    ASSERT_TRUE(told) << node::text_of(told);
    peer.applied = wanted.attributes;
    peer.observed = told->observed;
    EXPECT_EQ(to_display(peer.observed), to_display(peer.applied));
  }
}

TEST_F(Tunnels, AGatewayThatChangesIsFollowed) {
  EXPECT_THAT(spoke->says("ip route show table 49410"), HasSubstr("default via 100.64.0.1 dev wwan0"));
  spoke->says(
      "ip route replace default via 100.64.0.1 dev wwan0 metric 200 src 100.64.0.2; ip route add 198.51.100.77 dev "
      "wwan0");
  EXPECT_TRUE(within(
      seconds(3), [] { return spoke->says("ip route show table 49410").find("198.51.100.77") != std::string::npos; }));
  spoke->says("ip route del 198.51.100.77; ip rule del pref 20470 fwmark 0xc102");
  EXPECT_TRUE(within(seconds(3), [] {
    return spoke->says("ip route show table 49410").find("198.51.100.77") == std::string::npos &&
           spoke->says("ip rule").find("fwmark 0xc102 lookup") != std::string::npos;
  }));
}

TEST_F(Tunnels, AChangeThatGoesBackKeepsKeysAndTunnels) {
  const auto broken = spoke->resource(k_peer, "broken",
                                      {{"tunnel", text("wg-fibre")},
                                       {"name", text("broken")},
                                       {"public_key", text("no key at all")},
                                       {"allowed", Value::texts({"10.66.0.0/16"})}});
  const CreateRequest request{broken, Host::marker_of("broken")};
  const auto answers = spoke->provider()->create_many(std::span(&request, 1), Host::call());
  ASSERT_FALSE(answers.front());
  EXPECT_EQ(answers.front().error().code, "CL5414") << node::text_of(answers.front());
  const auto now = spoke->observed();
  EXPECT_EQ(now.size(), spoke->rows.size());
  for (const auto& [name, row] : spoke->rows) EXPECT_EQ(to_display(now.at(name)), to_display(row.observed)) << name;
  EXPECT_EQ(spoke->says("ls /etc/wireguard/cloison/wg-fibre.d"), "far.conf\n");
}

TEST_F(Tunnels, WhatDoesNotChangeKeepsItsSession) {
  // Ten a second, while a peer comes and goes and a neighbour changes.
  std::string said;
  std::thread ping([&said] { said = spoke->says("ping -i 0.1 -c 80 -W 1 -I 10.16.3.1 10.20.0.1; true"); });
  const auto dropped = [] {
    return hub->says("vtysh -c 'show bgp neighbors' | grep -o 'Connections established [0-9]*; dropped [0-9]*'");
  };
  const auto before = dropped();
  const auto second = hub->resource(k_peer, "second",
                                    {{"tunnel", text("wg-fibre")},
                                     {"name", text("second")},
                                     {"public_key", text("o8ZhkPRVbRYVAq2CiW3c9Rm9zHZHb0Gn3nY0z5ryCVo=")},
                                     {"allowed", Value::texts({"10.55.0.0/24"})}});
  hub->make({second});
  const auto& row = hub->rows.at("routing");
  const auto changed =
      hub->update("routing", row.observed, hub_routing({"10.20.0.0/24", "fd12:20::/64", "10.21.0.0/24"}).attributes);
  ASSERT_TRUE(changed) << node::text_of(changed);
  EXPECT_TRUE(hub->remove("second"));
  hub->rows.erase("second");
  ASSERT_TRUE(hub->update("routing", changed->observed, row.applied));
  ping.join();
  EXPECT_THAT(said, HasSubstr("80 received"));
  EXPECT_EQ(dropped(), before);
}

TEST_F(Tunnels, EverythingComesBackAfterABoot) {
  const auto begun = steady_clock::now();
  lab("reboot lab-1-node");
  spoke->forget_connection();
  EXPECT_TRUE(within(seconds(40), [] { return spoke->run("true", seconds(2)).has_value(); }));
  EXPECT_TRUE(within(seconds(20), [] { return goes_by("wg-fibre"); }));
  std::cout << fmt::format("boot: {:.1f} s until both ways stand again\n",
                           std::chrono::duration<double>(steady_clock::now() - begun).count());
  const auto now = spoke->observed();
  for (const auto& [name, row] : spoke->rows) EXPECT_EQ(to_display(now.at(name)), to_display(row.observed)) << name;
  EXPECT_THAT(spoke->says("ping -c 3 -i 0.05 -W 1 -I 10.16.3.1 10.20.0.1"), HasSubstr(" 0% packet loss"));
}

TEST_F(Tunnels, FrrOfSomebodyElseIsLeftAlone) {
  const Host other("OTHER");
  other.says("printf 'router ospf\n ospf router-id 10.1.1.1\n' >/etc/frr/frr.conf; chown frr:frr /etc/frr/frr.conf");
  const auto before = other.says("find /etc/frr -type f | sort | xargs sha256sum; ls -l /etc/frr");
  auto host = Host("OTHER");
  host.make({host.resource(k_agent, "agent", {{"version", text("1")}})});
  const CreateRequest request{routing(host, 65009, "10.255.1.3", {"10.1.0.0/16"}, {}), Host::marker_of("routing")};
  const auto answers = host.provider()->create_many(std::span(&request, 1), Host::call());
  ASSERT_FALSE(answers.front());
  EXPECT_EQ(answers.front().error().code, "CL5413") << node::text_of(answers.front());
  EXPECT_THAT(answers.front().error().detail, HasSubstr("router ospf"));
  EXPECT_EQ(other.says("find /etc/frr -type f | sort | xargs sha256sum; ls -l /etc/frr"), before);
}

/// The last one: the network is gone afterwards.
TEST_F(Tunnels, RemovingLeavesTheHostAsItWas) {
  for (const auto* const name :
       {"routing", "routing", "wg-fibre.peer", "wg-mobile.peer", "wg-fibre", "wg-mobile", "fibre", "mobile", "key"}) {
    const auto removed = spoke->remove(name);
    EXPECT_TRUE(removed) << name << node::text_of(removed);
  }
  EXPECT_EQ(
      spoke->says("ip -o link | grep wg-; ip rule | grep -E '2047[01]'; ip -6 rule | grep -E '2047[01]'; ip route show "
                  "table 49409 2>/dev/null;"
                  "find /etc/cloison /etc/wireguard -type f | grep -v switch.d; pgrep -l 'wireguard-go|bgpd'; true"),
      "");
  EXPECT_EQ(
      spoke->says("systemctl is-enabled frr; systemctl is-active frr; systemctl is-active cloison-underlays; true"),
      "disabled\ninactive\ninactive\n");
  EXPECT_EQ(spoke->says("dpkg --verify frr; ls /etc/frr | tr '\n' ' '"),
            "daemons frr.conf support_bundle_commands.conf vtysh.conf ");
}

}  // namespace

}  // namespace cloison::node
