#pragma once
// One host of the lab for node tests: what it is asked for, and what is said on it.

#include <cstdlib>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "providers/node/provider.h"
#include "providers/node/render.h"
#include "providers/node/report.h"
#include "providers/node/schema.h"

namespace cloison::node {

using std::chrono::seconds;
using std::chrono::steady_clock;
using ::testing::Contains;
using ::testing::HasSubstr;

constexpr const char* k_lineage = "0123456789abcdef0123456789abcdef";
using Named = std::vector<std::pair<std::string_view, Value>>;

inline std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

inline Call call() {
  return {.deadline = steady_clock::now() + seconds(60)};
}

/// One host for all cases, bare before each and after the last.
class OnANode : public ::testing::Test {
 protected:
  void SetUp() override {
    if (variable("CLOISON_NODE_ADDRESS").empty()) GTEST_SKIP() << "no lab host: ./dev test lab";
    target_ = {.host = {.address = variable("CLOISON_NODE_ADDRESS"),
                        .user = variable("CLOISON_NODE_USER"),
                        .fingerprint = variable("CLOISON_NODE_FINGERPRINT")},
               .keys = {variable("CLOISON_NODE_KEY")}};
    shell_ = net::make_ssh(target_);
    provider_ = make_node({.name = "node"}, shell_, {.restore_after = seconds(8)});
    make_bare();
  }
  void TearDown() override {
    if (shell_) make_bare();
  }

  /// What a command as root on the host says, by a connection of its own.
  std::string on_host(const std::string& line) const {
    const auto output = net::make_ssh(target_)->run({.argv = {"sudo", "-n", "sh", "-c", line}},
                                                    {.deadline = steady_clock::now() + seconds(30)});
    EXPECT_TRUE(output) << line << ": " << (output ? "" : output.error().summary);
    return output ? output->out : "";
  }

  /// `apply` by hand, without all that the provider does after it.
  Result<net::CommandOutput> agent(const std::string& restore_after, const std::string& input) const {
    return shell_->run({.argv = {"sudo", "-n", "sh", "-c", std::string(agent_text()), "agent", "apply", restore_after},
                        .input = input},
                       {.deadline = steady_clock::now() + seconds(20)});
  }

  /// Until the host answers again, as another boot.
  void reboot() const {
    // A moment later, so that the answer is not cut off.
    const auto boot = on_host(
        "cat /proc/sys/kernel/random/boot_id; systemd-run -q --no-block --on-active=300ms systemctl --no-block reboot");
    shell_->disconnect();
    const auto end = steady_clock::now() + seconds(40);
    const auto rebooted = [&] {
      const auto now = net::make_ssh(target_)->run({.argv = {"cat", "/proc/sys/kernel/random/boot_id"}},
                                                   {.deadline = steady_clock::now() + seconds(3)});
      return now && now->out != boot;
    };
    while (!rebooted() && steady_clock::now() < end) std::this_thread::sleep_for(std::chrono::milliseconds(300));
  }

  void make_bare() const {
    on_host(
        "systemctl -q stop cloison-restore.timer 2>/dev/null; nft delete table inet cloison 2>/dev/null;"
        "ovs-vsctl --timeout=5 --if-exists del-br br-cloison 2>/dev/null; rm -rf /run/cloison;"
        "[ ! -d /sys/class/net/br-cloison/bridge ] || ip link del br-cloison;"
        "systemctl -q disable cloison-boot cloison-firewall cloison-switch 2>/dev/null;"
        "rm -rf /etc/cloison /etc/systemd/network/70-cloison* /etc/sysctl.d/70-cloison* "
        "/etc/systemd/system/cloison-* /usr/lib/cloison /var/lib/cloison; systemctl daemon-reload;"
        // Else networkd gives the next interface of a name what the last one had, its DHCP server as well.
        "! systemctl -q is-active systemd-networkd || networkctl reload; true");
  }

  static Marker marker_of(const std::string& name) {
    return {.lineage = k_lineage, .generation = 1, .address = "lab/one.node/one." + name};
  }
  Resource resource(std::string_view kind, const std::string& name, Named attributes) const {
    return provider_->canonical({.address = {marker_of(name).address},
                                 .provider = "node",
                                 .kind = std::string(kind),
                                 .attributes = record(schema_of(kind), std::move(attributes))});
  }
  /// Creates, and checks that what is answered and then observed is as asked, but for rules: nft lists those its way.
  ResourceState made(std::string_view kind, const std::string& name, Named attributes) {
    const CreateRequest request{resource(kind, name, std::move(attributes)), marker_of(name)};
    const auto answers = provider_->create_many(std::span(&request, 1), call());
    ResourceState row{.key = {request.resource.address.text},
                      .provider = "node",
                      .kind = std::string(kind),
                      .applied = request.resource.attributes};
    EXPECT_TRUE(answers.front()) << name << ": " << text_of(answers.front());
    if (!answers.front()) return row;
    row.remote_id = answers.front()->remote_id;
    row.observed = answers.front()->observed;
    if (kind != k_firewall) {
      EXPECT_EQ(to_display(row.observed), to_display(row.applied)) << name;
    }
    EXPECT_EQ(observed(name), row.observed) << name;
    return row;
  }
  template <class T>
  static std::string text_of(const Result<T>& result) {
    return result ? "" : result.error().code + " " + result.error().summary + ": " + result.error().detail;
  }
  /// The attributes of one resource as the host has them now; null when it has none.
  Value observed(const std::string& name) const {
    std::vector<std::string> kinds;
    for (const auto& kind : schemas()) kinds.push_back(kind.kind);
    const auto objects = provider_->observe({}, kinds, call());
    EXPECT_TRUE(objects) << text_of(objects);
    for (const auto& object : objects ? *objects : std::vector<Observed>{})
      if (object.marker && object.marker->address == marker_of(name).address) return object.attributes;
    return Value::null();
  }
  std::vector<std::string> rules(const std::string& chain) const {
    const auto value = observed("firewall");
    std::vector<std::string> all;
    if (const auto* items = value.is_null() ? nullptr : attribute(schema_of(k_firewall), value, chain).as_list())
      for (const auto& item : *items) all.push_back(item.text_or_empty());
    return all;
  }

  static bool on_linux_bridge() { return variable("CLOISON_NODE_DATAPATH") == k_linux_bridge; }
  ResourceState made_agent() { return made(k_agent, "agent", {{"version", Value::text("1")}}); }
  static Named bridge() {
    const auto datapath = variable("CLOISON_NODE_DATAPATH");  // that of its kernel; the lab's hosts have none
    return {{"bridge", Value::text("br-cloison")},
            {"datapath", Value::text(datapath.empty() ? "netdev" : datapath)},
            {"trunks", on_linux_bridge() ? Value::texts({"lan0"}) : Value::texts({})}};
  }
  static Named vlan(const std::string& name, int64_t tag, const std::string& address) {
    return {{"name", Value::text(name)},
            {"bridge", Value::text("br-cloison")},
            {"tag", Value::integer(tag)},
            {"access", Value::texts({})},
            {"addresses", Value::texts({address})},
            {"translated", Value::texts({})},
            {"outward", Value::texts({})},
            {"dhcp_first", Value::integer(50)},
            {"dhcp_last", Value::integer(199)},
            {"dns", Value::texts({"10.16.0.53"})},
            {"advertise", Value::boolean(false)}};
  }
  /// `ssh`: whether the way by which we came stays open.
  static Named firewall(bool ssh, const std::vector<std::string>& forward = {},
                        const std::vector<std::string>& also_in = {}) {
    std::vector<std::string> input{"ct state established,related accept", "iifname \"lo\" accept"};
    input.insert(input.end(), also_in.begin(), also_in.end());
    if (ssh) input.emplace_back("tcp dport 22 ct state new accept comment \"I-management\"");
    return {{"sets", Value::texts({"far ipv4_addr 10.20.0.0/16 10.30.1.1"})},
            {"input", Value::texts(input)},
            {"forward", Value::texts(forward)},
            // Refused at once rather than dropped: what asks for a name must not wait for its time to run out.
            {"output", Value::texts({"ct state established,related accept", "oifname \"lo\" accept",
                                     "reject with icmpx type admin-prohibited"})}};
  }

  net::SshTarget target_{};
  std::shared_ptr<net::Shell> shell_{};
  std::shared_ptr<Provider> provider_{};
};

}  // namespace cloison::node
