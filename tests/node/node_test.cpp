// The node provider on a real host of the lab: what it makes, what it sees of tampering, and the way back.

#include <cstdlib>
#include <fstream>
#include <iterator>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "core/compile/compile.h"
#include "core/topology/load.h"
#include "core/topology/resolved.h"
#include "providers/node/lower.h"
#include "tests/node/on_a_node.h"

namespace cloison::node {

namespace {

TEST_F(OnANode, ABareHostIsReadAndNotChanged) {
  const auto facts = provider_->probe(call());
  ASSERT_TRUE(facts) << text_of(facts);
  EXPECT_EQ(facts->at("os"), "debian");
  EXPECT_TRUE(facts->contains("package/nftables"));
  EXPECT_TRUE(facts->contains("datapath"));
  EXPECT_EQ(on_host("ls -d /etc/cloison /usr/lib/cloison 2>/dev/null; true"), "");
}

TEST_F(OnANode, EveryKindIsMadeAndSeenAsAsked) {
  made_agent();
  made(k_forwarding, "forwarding", {{"ipv4", Value::boolean(true)}, {"ipv6", Value::boolean(false)}});
  made(k_switch, "switch", bridge());
  made(k_vlan, "lan", vlan("lan", 10, "10.16.3.1/24"));
  made(k_vlan, "tablets", vlan("tablets", 20, "10.16.4.1/26"));
  made(k_firewall, "firewall",
       firewall(true, {"iifname \"lan\" ip daddr @far tcp dport 443 ct state new accept comment \"F-010\""}));
  EXPECT_THAT(on_host("nft list chain inet cloison forward"), HasSubstr("F-010"));
  EXPECT_THAT(on_host("ip -4 -o address show lan"), HasSubstr("10.16.3.1/24"));
  EXPECT_EQ(on_host("cat /proc/sys/net/ipv4/ip_forward"), "1\n");
  EXPECT_THAT(on_host(on_linux_bridge() ? "ip -d link show tablets" : "ovs-vsctl get port tablets tag"),
              HasSubstr(on_linux_bridge() ? "id 20 " : "20"));
  EXPECT_EQ(on_host("ls /var/lib/cloison/armed 2>/dev/null; true"), "");
  EXPECT_EQ(on_host("systemctl is-active cloison-restore.timer; true"), "inactive\n");
  for (const auto* const unit : {"cloison-boot", "cloison-firewall", "cloison-switch"})
    EXPECT_EQ(on_host(fmt::format("systemctl is-enabled {}", unit)), "enabled\n");
}

/// Two machines at ports of the node, as spaces of its own: 10.16.3.20 and .21, fd12::20 and ::21.
constexpr const char* k_two_machines =
    "for n in 20 21; do ip netns add m$n; ip link add apart$n type veth peer name eth0 netns m$n;"
    "ip -n m$n link set lo up; ip -n m$n link set eth0 up; ip -n m$n address add 10.16.3.$n/24 dev eth0;"
    "ip -n m$n -6 address add fd12::$n/64 dev eth0 nodad; ip netns exec m$n ethtool -K eth0 tx off >/dev/null 2>&1; "
    "done; true";
constexpr const char* k_no_machines =
    "for n in 20 21; do ip netns del m$n 2>/dev/null; ip link del apart$n 2>/dev/null; done; true";

TEST_F(OnANode, MachinesOfOneSegmentReachEachOtherByItsRulesAlone) {
  on_host(k_no_machines);
  on_host(k_two_machines);
  made_agent();
  made(k_switch, "switch", bridge());
  auto lan = vlan("lan", 10, "10.16.3.1/24");
  lan[3].second = Value::texts({"apart20", "apart21"});
  lan[4].second = Value::texts({"10.16.3.1/24", "fd12::1/64"});
  const auto together = made(k_vlan, "lan", lan);
  const auto reaches = [this](int from, const std::string& to) {
    return on_host(fmt::format(
               "for i in 1 2 3; do ip netns exec m{} ping -c 1 -W 1 {} >/dev/null && echo yes && break; done; true",
               from, to)) == "yes\n";
  };
  const std::string inside = "iifname \"lan\" oifname \"lan\" ";
  Named filter =
      firewall(true,
               {"ct state established,related accept",
                inside + "ip saddr 10.16.3.20 ip daddr 10.16.3.21 icmp type echo-request ct state new accept",
                inside + "ip6 saddr fd12::20 ip6 daddr fd12::21 icmpv6 type echo-request ct state new accept"},
               {"icmp type echo-request accept", "meta l4proto ipv6-icmp accept"});
  filter[3].second =
      Value::texts({"ct state established,related accept", "oifname \"lo\" accept", "meta l4proto ipv6-icmp accept"});
  made(k_firewall, "firewall", filter);
  made(k_forwarding, "forwarding", {{"ipv4", Value::boolean(true)}, {"ipv6", Value::boolean(true)}});
  for (const auto* const of : {"10.16.3.20", "fd12::20"}) EXPECT_TRUE(reaches(21, of)) << "by the switch alone, " << of;

  lan.emplace_back("apart", Value::boolean(true));
  lan.emplace_back("from_trunk", Value::texts({"any"}));
  lan.emplace_back("answers_for", Value::texts({}));
  const auto change = [&](const ResourceState& row) {
    const auto changed = provider_->update(row, resource(k_vlan, "lan", lan), call());
    EXPECT_TRUE(changed) << text_of(changed);
    auto now = row;
    now.applied = resource(k_vlan, "lan", lan).attributes;
    if (changed) now.observed = changed->observed;
    on_host("for n in 20 21; do ip -n m$n neigh flush all; done");  // what they know of each other is told anew
    return now;
  };
  const auto closed = change(together);
  EXPECT_EQ(to_display(closed.observed), to_display(closed.applied));
  for (const int from : {20, 21})
    for (const auto* const net : {"10.16.3.", "fd12::"}) {
      EXPECT_FALSE(reaches(from, fmt::format("{}{}", net, 41 - from))) << from << " by " << net;
      EXPECT_TRUE(reaches(from, fmt::format("{}1", net))) << from << " by " << net;
    }

  lan.back().second = Value::texts({"fd12::20", "fd12::21", "ipv4"});
  const auto row = change(closed);
  for (const auto* const net : {"10.16.3.", "fd12::"}) {
    EXPECT_TRUE(reaches(20, fmt::format("{}21", net))) << net;
    EXPECT_FALSE(reaches(21, fmt::format("{}20", net))) << net;
  }
  const auto seen_and_mended = [&](const std::string& tampering, const std::string& fault) {
    on_host(tampering);
    auto now = row;
    now.observed = observed("lan");
    EXPECT_THAT(to_display(now.observed), HasSubstr(fault)) << tampering;
    const auto mended = provider_->update(now, resource(k_vlan, "lan", lan), call());
    ASSERT_TRUE(mended) << tampering << ": " << text_of(mended);
    EXPECT_EQ(to_display(mended->observed), to_display(row.observed)) << tampering;
  };
  seen_and_mended(
      on_linux_bridge() ? "bridge link set dev apart20 isolated off" : "ovs-vsctl set port apart20 protected=false",
      "port apart20 is not kept apart");
  seen_and_mended("echo 0 >/proc/sys/net/ipv4/conf/lan/proxy_arp_pvlan", "it does not answer for ipv4");
  seen_and_mended("ip -6 neigh del proxy fd12::21 dev lan", "it does not answer for fd12::21");
  seen_and_mended("echo 1 >/proc/sys/net/ipv4/conf/lan/send_redirects", "it tells machines to go by each other");
  EXPECT_FALSE(reaches(21, "10.16.3.20"));
  on_host(k_no_machines);
}

TEST_F(OnANode, TamperingIsSeenAndMended) {
  made_agent();
  const auto bridges = made(k_switch, "switch", bridge());
  const auto lan = made(k_vlan, "lan", vlan("lan", 10, "10.16.3.1/24"));
  const auto filter =
      made(k_firewall, "firewall", firewall(true, {"iifname \"lan\" tcp dport 443 accept comment \"F-010\""}));
  const auto expect_mended = [&](const ResourceState& row, const std::string& tampering) {
    on_host(tampering);
    const auto name = row.key.address.substr(row.key.address.rfind('.') + 1);
    const auto tampered = observed(name);
    EXPECT_NE(to_display(tampered), to_display(row.observed)) << tampering;
    auto now = row;
    now.observed = tampered;
    const Resource desired{
        .address = {row.key.address}, .provider = "node", .kind = row.kind, .attributes = row.applied};
    const auto mended = provider_->update(now, desired, call());
    ASSERT_TRUE(mended) << tampering << ": " << text_of(mended);
    EXPECT_EQ(to_display(mended->observed), to_display(row.observed)) << tampering;
  };
  expect_mended(lan, "ip address del 10.16.3.1/24 dev lan");
  expect_mended(lan, "ip address add 10.99.0.1/24 dev lan");
  if (on_linux_bridge()) {
    expect_mended(lan, "bridge vlan del dev br-cloison vid 10 self");
    expect_mended(
        lan, "ip link del lan; ip link add link br-cloison name lan type vlan id 11; ip link set lan alias cloison");
    expect_mended(bridges, "ip link set br-cloison type bridge vlan_filtering 0");
    expect_mended(bridges, "bridge vlan del dev lan0 vid 10");
    expect_mended(bridges, "bridge vlan add dev lan0 vid 99");
    expect_mended(bridges, "ip link set lan0 nomaster");
    expect_mended(bridges, "ip link del br-cloison");
  } else {
    expect_mended(lan, "ovs-vsctl set port lan tag=11");
  }
  expect_mended(lan, "echo Address=10.98.0.1/24 >>/etc/systemd/network/70-cloison-lan.network");
  expect_mended(lan, "rm /etc/cloison/switch.d/lan.conf");
  expect_mended(filter, "nft insert rule inet cloison forward accept");
  expect_mended(filter, "nft flush chain inet cloison forward");
  expect_mended(filter, "nft delete table inet cloison");
  expect_mended(filter, "nft add element inet cloison far '{ 10.77.0.0/16 }'");
}

TEST_F(OnANode, AChangeLeavesCountersAndConnectionsAlone) {
  made_agent();
  on_host(
      "nft add table inet other; nft add chain inet other c '{ type filter hook input priority 10; }';"
      "nft add rule inet other c tcp dport 22 counter");
  auto row = made(k_firewall, "firewall", firewall(true));
  const auto wanted = resource(k_firewall, "firewall", firewall(true, {"tcp dport 80 counter accept comment \"F-1\""}));
  const auto changed = provider_->update(row, wanted, call());
  ASSERT_TRUE(changed) << text_of(changed);
  EXPECT_THAT(on_host("nft list table inet other"), HasSubstr("counter packets"));
  EXPECT_THAT(rules("forward"), Contains(HasSubstr("F-1")));
  on_host("nft delete table inet other");
}

/// Counters hold what they have counted while rules come and go, and begin anew at a boot. What comes is ourselves:
/// each `on_host` begins a connection.
TEST_F(OnANode, EachRuleIsCountedSinceItWasMade) {
  made_agent();
  const std::string ssh = "I-management", other = "F-1";
  // By its comment: nft has other words for the rest.
  const auto use_of = [&](const std::string& flow) {
    EXPECT_FALSE(observed("firewall").is_null());
    std::optional<RuleUse> found;
    for (auto& one : provider_->uses())
      if (one.policy == "input" && one.rule.ends_with(fmt::format("accept comment \"{}\"", flow)))
        found = std::move(one);
    return found;
  };
  const auto row = made(k_firewall, "firewall", firewall(true));
  const auto before = use_of(ssh);
  ASSERT_TRUE(before && before->since);
  for (int i = 0; i < 3; ++i) on_host("true");
  const auto met = use_of(ssh);
  ASSERT_TRUE(met);
  EXPECT_GE(met->packets, before->packets + 3);
  EXPECT_GE(met->bytes, met->packets * 40);
  EXPECT_EQ(met->since, before->since);
  EXPECT_EQ(observed("firewall"), row.observed) << "counting is no drift";

  std::this_thread::sleep_for(seconds(2));
  const auto wanted =
      resource(k_firewall, "firewall", firewall(true, {}, {"udp dport 4711 ct state new accept comment \"F-1\""}));
  const auto changed = provider_->update(row, wanted, call());
  ASSERT_TRUE(changed) << text_of(changed);
  const auto still = use_of(ssh), added = use_of(other);
  ASSERT_TRUE(still && added && added->since);
  EXPECT_GE(still->packets, met->packets) << "it counts on behind a rule that came before it";
  EXPECT_EQ(still->since, before->since);
  EXPECT_EQ(added->packets, 0U);
  EXPECT_GT(*added->since, *before->since);

  auto now = row;
  now.applied = wanted.attributes, now.observed = changed->observed;
  const auto less = provider_->update(now, resource(k_firewall, "firewall", firewall(true)), call());
  ASSERT_TRUE(less) << text_of(less);
  EXPECT_FALSE(use_of(other));
  EXPECT_EQ(on_host("nft list counters table inet cloison | grep -c 'counter r_'"),
            on_host("grep -c '^add counter ' /etc/cloison/firewall.nft"))
      << "counters of what went are gone";
  reboot();
  const auto booted = use_of(ssh);
  ASSERT_TRUE(booted && booted->since);
  EXPECT_LT(booted->packets, still->packets + 3);
  EXPECT_GT(*booted->since, *added->since) << "it began anew";
}

TEST_F(OnANode, ARuleThatLocksUsOutGoesBackByItself) {
  made_agent();
  const auto row = made(k_firewall, "firewall", firewall(true));
  const auto wanted = resource(k_firewall, "firewall", firewall(false));
  const auto begun = steady_clock::now();
  // The open connection goes on by its state; only a new one shows that the way is closed.
  const auto locked = provider_->update(row, wanted, {.deadline = begun + seconds(5)});
  ASSERT_FALSE(locked);
  EXPECT_EQ(locked.error().code, "CL5415") << text_of(locked);
  EXPECT_EQ(locked.error().kind, ErrorKind::unconfirmed);
  std::this_thread::sleep_until(begun + seconds(12));
  EXPECT_EQ(to_display(observed("firewall")), to_display(row.observed));
  EXPECT_THAT(on_host("cat /var/lib/cloison/restored"), HasSubstr("unconfirmed"));
}

TEST_F(OnANode, WhatNobodyConfirmsGoesBack) {
  made_agent();
  const auto row = made(k_forwarding, "forwarding", {{"ipv4", Value::boolean(true)}, {"ipv6", Value::boolean(false)}});
  const auto wanted =
      resource(k_forwarding, "forwarding", {{"ipv4", Value::boolean(false)}, {"ipv6", Value::boolean(false)}});
  const auto files = files_of(k_forwarding, wanted.attributes);
  const auto text = marked(files.front(), k_forwarding, wanted.attributes, marker_of("forwarding"), true);
  const auto input = fmt::format("put 644 {} {}\n{}\ndo sysctl\nend\n", text.size(), files.front().path, text);
  const auto done = agent("4", input);
  ASSERT_TRUE(done && done->status == 0) << (done ? done->err : done.error().summary);
  on_host("until [ -f /var/lib/cloison/result ]; do sleep 0.1; done");
  EXPECT_NE(to_display(observed("forwarding")), to_display(row.observed));
  std::this_thread::sleep_for(seconds(8));
  EXPECT_EQ(to_display(observed("forwarding")), to_display(row.observed));
  EXPECT_EQ(on_host("find /etc /usr/lib/cloison -name '*.cloison-new'"), "");
}

TEST_F(OnANode, ABootInBetweenGoesBackToo) {
  made_agent();
  const auto row = made(k_forwarding, "forwarding", {{"ipv4", Value::boolean(true)}, {"ipv6", Value::boolean(false)}});
  const auto wanted =
      resource(k_forwarding, "forwarding", {{"ipv4", Value::boolean(false)}, {"ipv6", Value::boolean(false)}});
  const auto files = files_of(k_forwarding, wanted.attributes);
  const auto text = marked(files.front(), k_forwarding, wanted.attributes, marker_of("forwarding"), true);
  const auto done =
      agent("600", fmt::format("put 644 {} {}\n{}\ndo sysctl\nend\n", text.size(), files.front().path, text));
  ASSERT_TRUE(done && done->status == 0) << (done ? done->err : done.error().summary);
  on_host("until [ -f /var/lib/cloison/result ]; do sleep 0.1; done");
  EXPECT_NE(to_display(observed("forwarding")), to_display(row.observed));
  reboot();
  EXPECT_EQ(to_display(observed("forwarding")), to_display(row.observed));
  EXPECT_THAT(on_host("cat /var/lib/cloison/restored"), HasSubstr("reboot"));
}

TEST_F(OnANode, EverythingComesBackAfterABoot) {
  made_agent();
  const auto filter =
      made(k_firewall, "firewall", firewall(true, {"iifname \"lan\" tcp dport 443 accept comment \"F-010\""}));
  made(k_switch, "switch", bridge());
  const auto lan = made(k_vlan, "lan", vlan("lan", 10, "10.16.3.1/24"));
  reboot();
  for (int tries = 0; tries < 40 && observed("lan") != lan.observed; ++tries)
    std::this_thread::sleep_for(std::chrono::milliseconds(250));
  EXPECT_EQ(to_display(observed("lan")), to_display(lan.observed));
  EXPECT_EQ(to_display(observed("firewall")), to_display(filter.observed));
}

TEST_F(OnANode, WhatDoesNotFitIsRefusedBeforeAnythingChanges) {
  made_agent();
  const auto row = made(k_firewall, "firewall", firewall(true));
  const auto said = [&](const std::string& input) {
    const auto done = agent("5", input);
    EXPECT_TRUE(done);
    EXPECT_EQ(done->status, 70) << input << done->err;
    return done->err;
  };
  EXPECT_THAT(said("put 644 3 /etc/passwd\nabc\nend\n"), HasSubstr("no place of ours"));
  EXPECT_THAT(said("put 644 3 /etc/cloison/switch.d/../../passwd.conf\nabc\nend\n"), HasSubstr("no place of ours"));
  EXPECT_THAT(said("drop /etc/shadow\nend\n"), HasSubstr("no place of ours"));
  EXPECT_THAT(said("put 644 99 /etc/cloison/firewall.nft\nabc\n"), HasSubstr("incomplete"));
  EXPECT_THAT(said("drop /etc/cloison/firewall.nft\n"), HasSubstr("incomplete"));
  EXPECT_THAT(said("run id\nend\n"), HasSubstr("no instruction"));
  EXPECT_EQ(to_display(observed("firewall")), to_display(row.observed));
  EXPECT_EQ(on_host("ls /var/lib/cloison/armed /etc/cloison/*.cloison-new 2>/dev/null; true"), "");
}

/// Whether the module is loaded yet or not; the program in userspace is for kernels without it.
TEST_F(OnANode, AKernelWithWireGuardNeedsNoOtherProgram) {
  made_agent();
  const std::string input = "put 644 6 /etc/cloison/tunnels.d/x.conf\n# one\n\nend\n";
  on_host("mv \"$(command -v wireguard-go)\" /root/kept-wireguard-go; ls -d /sys/module/wireguard 2>/dev/null; true");
  const auto without = agent("0", input);
  on_host(
      "mkdir -p /lib/modules/$(uname -r); echo 'kernel/drivers/net/wireguard/wireguard.ko:' >/lib/modules/$(uname "
      "-r)/modules.dep");
  const auto with = agent("0", input);
  on_host("rm -r /lib/modules/$(uname -r); mv /root/kept-wireguard-go /usr/bin/wireguard-go; rm -r /etc/cloison");
  ASSERT_TRUE(without && with);
  EXPECT_EQ(without->status, 70);
  EXPECT_THAT(without->err, HasSubstr("the kernel has no WireGuard"));
  EXPECT_EQ(with->status, 0) << with->err;
}

TEST_F(OnANode, ABrokenRulePutsTheFormerOnesBack) {
  made_agent();
  const auto row = made(k_firewall, "firewall", firewall(true));
  const auto broken =
      provider_->update(row, resource(k_firewall, "firewall", firewall(true, {"no such match"})), call());
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().code, "CL5414") << text_of(broken);
  EXPECT_EQ(to_display(observed("firewall")), to_display(row.observed));
}

/// The laboratory of the golden cases, with the addresses and the VLAN of this host.
std::vector<Resource> asked_by_topology(const std::string& address) {
  std::ifstream in(std::filesystem::path(CLOISON_SOURCE_DIR) / "tests/golden/nodes/laboratory/topology.yaml");
  std::string text{std::istreambuf_iterator<char>(in), {}};
  const auto replace = [&text](const std::string& what, const std::string& by) {
    for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
      text.replace(at, what.size(), by);
  };
  replace("203.0.113.16/28", "198.51.100.2/32");  // from where the lab's administrator comes
  replace("192.0.2.10", address);
  replace("vlan: 10", "vlan: 200");
  SourceMap sources;
  auto topology = topology::load_texts({{"topology.yaml", text}}, {}, sources);
  EXPECT_TRUE(topology.value);
  auto resolved = topology::resolve(std::make_shared<const topology::Topology>(*std::move(topology.value)), {}, {});
  EXPECT_TRUE(resolved.value);
  const auto compiled = compile::compile(*resolved.value, {.applied_kinds = {"node"}});
  EXPECT_TRUE(compiled.value);
  auto lowered = lower(compiled.value->intents.at("nodes:lab.node/one"), {{"datapath", "netdev"}});
  EXPECT_TRUE(lowered.value);
  return std::move(lowered.value->resources);
}

TEST_F(OnANode, WhatATopologyAsksForStandsAndServes) {
  const auto resources = asked_by_topology(target_.host.address);
  ASSERT_EQ(resources.size(), 8U);
  std::map<std::string, Value> answered;
  for (const auto& one : resources) {
    const CreateRequest request{provider_->canonical(one),
                                {.lineage = k_lineage, .generation = 1, .address = one.address.text}};
    const auto answers = provider_->create_many(std::span(&request, 1), call());
    ASSERT_TRUE(answers.front()) << one.address.text << ": " << text_of(answers.front());
    answered.emplace(one.address.text, answers.front()->observed);
    if (one.kind != k_firewall) {
      EXPECT_EQ(to_display(answers.front()->observed), to_display(request.resource.attributes)) << one.address.text;
    }
  }
  std::vector<std::string> kinds;
  for (const auto& kind : schemas()) kinds.push_back(kind.kind);
  const auto again = provider_->observe({}, kinds, call());
  ASSERT_TRUE(again) << text_of(again);
  EXPECT_EQ(again->size(), answered.size());
  for (const auto& object : *again) EXPECT_EQ(object.attributes, answered.at(object.marker->address)) << object.kind;

  // Management is closed where nobody asked for it, and an analyser at the switch behind the trunk gets its address.
  EXPECT_FALSE(net::make_ssh({.host = {.address = variable("CLOISON_NODE_MANAGEMENT"),
                                       .user = target_.host.user,
                                       .fingerprint = target_.host.fingerprint},
                              .keys = target_.keys})
                   ->run({.argv = {"true"}}, {.deadline = steady_clock::now() + seconds(2)}));
  const auto lease = [] {
    const auto line = "ip netns exec " + variable("CLOISON_NODE_ANALYSER") + " ip -4 -o address show scope global";
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(line.c_str(), "r"), ::pclose);
    std::string text(4096, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), pipe.get()));
    return text;
  };
  const auto end = steady_clock::now() + seconds(20);
  while (lease().find("10.16.0.") == std::string::npos && steady_clock::now() < end)
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_THAT(lease(), HasSubstr("10.16.0.")) << "DHCP through trunk, VLAN, gateway and filter";
}

/// A TCP connection to an echo service, from where the tests run.
class Echo {
 public:
  Echo(const std::string& address, uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    ::inet_pton(AF_INET, address.c_str(), &to.sin_addr);
    const timeval patience{.tv_sec = 1, .tv_usec = 0};
    for (const int what : {SO_RCVTIMEO, SO_SNDTIMEO})  // the latter is that of connect(2) too
      ::setsockopt(socket_, SOL_SOCKET, what, &patience, sizeof patience);
    connected_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
  }
  ~Echo() { ::close(socket_); }
  Echo(const Echo&) = delete;
  Echo& operator=(const Echo&) = delete;
  /// Within a second.
  [[nodiscard]] bool answers() const {
    char letter = 'a';
    return connected_ && ::send(socket_, &letter, 1, MSG_NOSIGNAL) == 1 && ::recv(socket_, &letter, 1, 0) == 1;
  }

 private:
  int socket_;
  bool connected_ = false;
};

TEST_F(OnANode, AClosedFlowEndsAndOthersGoOn) {
  made_agent();
  on_host(
      "for port in 7001 7002 7005; do systemctl -q stop echo-$port 2>/dev/null; systemd-run -q --collect "
      "--unit=echo-$port socat TCP-LISTEN:$port,fork,reuseaddr EXEC:cat; done; sleep 0.5");
  const std::string closing = "tcp dport 7001 ct state new accept", staying = "tcp dport 7002 ct state new accept";
  const std::string range = "tcp dport 7004-7006 ct state new accept";
  auto row = made(k_firewall, "firewall", firewall(true, {}, {closing, staying, range}));
  const auto& address = target_.host.address;
  const Echo closed(address, 7001), kept(address, 7002), in_range(address, 7005);
  ASSERT_TRUE(closed.answers() && kept.answers() && in_range.answers());
  const auto narrowed = provider_->update(row, resource(k_firewall, "firewall", firewall(true, {}, {staying})), call());
  ASSERT_TRUE(narrowed) << text_of(narrowed);
  EXPECT_FALSE(closed.answers()) << "it was open when its rule went";
  EXPECT_FALSE(in_range.answers());
  EXPECT_TRUE(kept.answers());
  on_host("systemctl stop echo-7001 echo-7002 echo-7005");
}

TEST_F(OnANode, MissingPackagesComeAlongOrFromItsOwnSources) {
  const char* const path = std::getenv("CLOISON_PACKAGE");  // conntrack's, of this release
  ASSERT_NE(path, nullptr);
  std::ifstream stream(path, std::ios::binary);
  const std::string content((std::istreambuf_iterator<char>(stream)), {});
  ASSERT_FALSE(content.empty());
  using Files = std::map<std::string, std::string>;
  provider_ = make_node({.name = "node"}, shell_,
                        {.packages = [&](const std::string&) -> Result<Files> { return Files{{"1.deb", content}}; }});
  on_host("dpkg -r conntrack");
  made_agent();
  const auto names = Value::texts({"conntrack", "nftables"});
  auto row = made(k_packages, "packages", {{"names", names}, {"from", Value::text("file:debs")}});
  EXPECT_THAT(on_host("command -v conntrack"), HasSubstr("conntrack"));
  EXPECT_EQ(on_host("ls -d /var/lib/cloison/packages 2>/dev/null; true"), "");
  const auto put = shell_->run(
      {.argv = {"sudo", "-n", "sh", "-c", "mkdir -p /srv/debs && cat >/srv/debs/1.deb"}, .input = content}, {});
  ASSERT_TRUE(put) << text_of(put);
  on_host(
      "dpkg -r conntrack; cd /srv/debs; mv /etc/apt/sources.list* /srv; "
      "{ dpkg-deb -f 1.deb; echo Filename: ./1.deb; echo \"Size: $(stat -c %s 1.deb)\"; "
      "echo \"SHA256: $(sha256sum 1.deb | cut -d ' ' -f 1)\"; } >Packages; "
      "echo 'deb [trusted=yes] file:/srv/debs ./' >/etc/apt/sources.list");
  row.observed = observed("packages");
  EXPECT_NE(row.observed, row.applied) << "what was taken off shows";
  const auto installed = provider_->update(
      row, resource(k_packages, "packages", {{"names", names}, {"from", Value::text("mirror")}}), call());
  EXPECT_TRUE(installed) << text_of(installed);
  EXPECT_THAT(on_host("command -v conntrack"), HasSubstr("conntrack"));
  // What is nowhere is named, and the others are there.
  on_host("dpkg -r conntrack; rm /srv/debs/*");
  const auto refused = provider_->update(
      row, resource(k_packages, "packages", {{"names", names}, {"from", Value::text("mirror")}}), call());
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().detail, HasSubstr("not installed: conntrack"));
  on_host("rm -rf /etc/apt/sources.list; mv /srv/sources.list* /etc/apt/; true");
  provider_ = make_node({.name = "node"}, shell_,
                        {.packages = [&](const std::string&) -> Result<Files> { return Files{{"1.deb", content}}; }});
  EXPECT_TRUE(provider_->update(
      row, resource(k_packages, "packages", {{"names", names}, {"from", Value::text("file:debs")}}), call()));
}

TEST_F(OnANode, RemovingLeavesTheHostAsItWas) {
  const auto agent = made_agent();
  const auto bridges = made(k_switch, "switch", bridge());
  const auto lan = made(k_vlan, "lan", vlan("lan", 10, "10.16.3.1/24"));
  const auto filter = made(k_firewall, "firewall", firewall(true));
  for (const auto& row : {filter, lan, bridges, agent}) {
    const auto removed = provider_->remove(row, call());
    EXPECT_TRUE(removed) << row.key.address << text_of(removed);
    const auto again = provider_->remove(row, call());
    EXPECT_TRUE(again || row.kind == k_agent) << row.key.address << text_of(again);
  }
  EXPECT_EQ(on_host("nft list tables; ovs-vsctl list-br; ls /etc/systemd/network | grep cloison;"
                    "ls /sys/class/net | grep -e cloison -e lan$; true"),
            "");
}

}  // namespace

}  // namespace cloison::node
