// IPsec connections and conditions of a node: the files that hold them, and what is read of what runs.

#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/scrubber.h"
#include "providers/node/closing.h"
#include "providers/node/connect.h"
#include "providers/node/live_vpn.h"
#include "providers/node/render_vpn.h"
#include "providers/node/schema.h"
#include "tests/unit/node/told.h"

namespace cloison::node {

namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

using Named = std::vector<std::pair<std::string_view, Value>>;
const std::string k_far_key = "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAE" + std::string(128, 'a');

Value of(std::string_view kind, Named named) {
  return with_content(kind, normalised(schema_of(kind), record(schema_of(kind), std::move(named))));
}

Named dialler() {
  return {{"name", Value::text("backup-central")},
          {"interface", Value::text("ipsec0")},
          {"dials_by", Value::texts({"fibre wan0 3238002945 192.0.2.10", "mobile wwan0 3238002946 192.0.2.10"})},
          {"local_id", Value::text("backup.lab.lyon-1")},
          {"remote_id", Value::text("backup.central-1")},
          {"key", Value::text("backup")},
          {"public_key", Value::text(k_far_key)},
          {"local", Value::texts({"10.16.3.0/24", "10.16.4.0/28"})},
          {"remote", Value::texts({"10.16.0.0/23"})},
          {"sources", Value::texts({"10.16.3.1"})},
          {"metric", Value::integer(4278198272)},
          {"dead_peer_detection", Value::integer(2)}};
}

Named shared() {
  return {{"name", Value::text("vendor")},
          {"interface", Value::text("vpn-vendor")},
          {"interface_id", Value::integer(77)},
          {"dials_by", Value::texts({"fibre wan0 3238002945 198.51.100.9"})},
          {"local_id", Value::text("192.0.2.10")},
          {"remote_id", Value::text("198.51.100.9")},
          {"secret", Value::text("env:VENDOR_PSK")},
          {"remote_address", Value::text("198.51.100.9")},
          {"local", Value::texts({"10.16.0.0/23"})},
          {"remote", Value::texts({"198.51.100.16/28"})},
          {"sources", Value::texts({})},
          {"metric", Value::integer(100)},
          {"dead_peer_detection", Value::integer(10)}};
}

std::string body(const std::vector<NodeFile>& files, std::string_view path) {
  for (const auto& file : files)
    if (file.path == path) return file.body;
  return "no such file";
}

/// A connection as strongSwan 5.9.8 tells it (`swanctl --list-conns --raw`).
std::string loaded(const std::string& name, const std::string& remote, const std::string& remote_ts,
                   const std::string& authentication = "public key") {
  return fmt::format(
      "list-conn event {{{0} {{local_addrs=[192.0.2.6] remote_addrs=[{1}] version=IKEv2 reauth_time=0 rekey_time=14400 "
      "unique=UNIQUE_REPLACE dpd_delay=2 local-1 {{class={3} id=backup.lab.lyon-1 groups=[] cert_policy=[] certs=[] "
      "cacerts=[]}} remote-1 {{class={3} id=backup.central-1 groups=[] cert_policy=[] certs=[] cacerts=[]}} children "
      "{{{0} "
      "{{mode=TUNNEL rekey_time=3600 rekey_bytes=0 rekey_packets=0 dpd_action=none close_action=none "
      "local-ts=[10.16.3.0/24 10.16.4.0/28] remote-ts=[{2}]}}}}}}}}\n",
      name, remote, remote_ts, authentication);
}

Value seen(std::string_view kind, const Value& attributes, const std::string& running) {
  const auto objects = objects_of(report_of(kind, attributes, running));
  EXPECT_EQ(objects.size(), 1U);
  return objects.empty() ? Value::null() : objects.front().attributes;
}

const Value& at(std::string_view kind, const Value& attributes, std::string_view name) {
  return attribute(schema_of(kind), attributes, name);
}

const std::string k_both = loaded("cloison-backup-central-fibre", "192.0.2.10", "10.16.0.0/23") +
                           loaded("cloison-backup-central-mobile", "192.0.2.10", "10.16.0.0/23");

}  // namespace

TEST(NodeVpn, AConnectionThatDialsHasOneForEachWayAndTheAddressOfItsInterface) {
  const auto files = files_of(k_connection, of(k_connection, dialler()));
  const auto text = body(files, "/etc/cloison/vpn.d/backup-central.swanctl");
  EXPECT_THAT(text, AllOf(HasSubstr("cloison-backup-central-fibre {"), HasSubstr("cloison-backup-central-mobile {"),
                          HasSubstr("local_addrs = @wan0@"), HasSubstr("local_addrs = @wwan0@"),
                          HasSubstr("proposals = aes256gcm16-prfsha384-ecp384\n"),
                          HasSubstr("esp_proposals = aes256gcm16-ecp384\n"), HasSubstr("auth = pubkey"),
                          HasSubstr("remote_ts = 10.16.0.0/23\n"), HasSubstr("local_ts = 10.16.3.0/24,10.16.4.0/28\n"),
                          Not(HasSubstr("if_id")), Not(HasSubstr("secret"))));
  EXPECT_EQ(body(files, "/etc/cloison/vpn.d/backup-central.conf"),
            "interface backup-central ipsec0 0\n"
            "way backup-central cloison-backup-central-fibre wan0 3238002945\n"
            "way backup-central cloison-backup-central-mobile wwan0 3238002946\n"
            "address backup-central 10.16.3.1\n"
            "route backup-central 10.16.0.0/23 4278198272 10.16.3.1\n");
  EXPECT_THAT(body(files, "/etc/swanctl/pubkey/cloison-backup-central.pem"), HasSubstr(k_far_key));
}

TEST(NodeVpn, WhoIsDialledHearsAnybodyWhoHasTheRightKey) {
  auto named = dialler();
  named[2] = {"dials_by", Value::texts({})};
  const auto files = files_of(k_connection, of(k_connection, named));
  EXPECT_THAT(body(files, "/etc/cloison/vpn.d/backup-central.swanctl"),
              AllOf(HasSubstr("cloison-backup-central {"), HasSubstr("local_addrs = %any"),
                    HasSubstr("remote_addrs = %any"), HasSubstr("pubkeys = cloison-backup-central.pem")));
  EXPECT_THAT(body(files, "/etc/cloison/vpn.d/backup-central.conf"),
              HasSubstr("listen backup-central cloison-backup-central\n"));
}

TEST(NodeVpn, InTheKernelAConnectionHasAnInterfaceAndItsUnderlaysMark) {
  EXPECT_THAT(
      body(files_of(k_connection, of(k_connection, shared())), "/etc/cloison/vpn.d/vendor.swanctl"),
      AllOf(HasSubstr("if_id_in = 77\n"), HasSubstr("if_id_out = 77\n"), HasSubstr("set_mark_out = 0xc1000101\n")));
}

TEST(NodeVpn, ASharedKeyIsNeitherInWhatIsAskedForNorInItsDigest) {
  const auto attributes = of(k_connection, shared());
  for (const auto& file : files_of(k_connection, attributes)) EXPECT_THAT(file.body, Not(HasSubstr("0x6")));
  const auto files = files_of(k_connection, attributes);
  EXPECT_THAT(body(files, "/etc/cloison/vpn.d/vendor.swanctl"),
              AllOf(HasSubstr("auth = psk"), HasSubstr("    secret = hidden\n"), Not(HasSubstr("pubkeys"))));
  EXPECT_EQ(files[1].mode, "600");
  EXPECT_EQ(secret_text("ab\n\""), "0x61620a22");
}

TEST(NodeVpn, WordsOfOthersNeverBecomeSettings) {
  auto named = dialler();
  named[4] = {"remote_id", Value::text("far\n    remote_addrs = 203.0.113.66")};
  named[2] = {"dials_by", Value::texts({"fi{bre wan0 1 192.0.2.10", "fibre wan0 1 not-an-address"})};
  const auto text = body(files_of(k_connection, of(k_connection, named)), "/etc/cloison/vpn.d/backup-central.swanctl");
  EXPECT_THAT(text, AllOf(Not(HasSubstr("remote_addrs = 203")), Not(HasSubstr("fi{bre")), Not(HasSubstr("not-an"))));
}

TEST(NodeVpn, WhatRunsAsAskedIsNoDrift) {
  const auto attributes = of(k_connection, dialler());
  const auto now =
      seen(k_connection, attributes, told("vpn/connections", k_both) + told("vpn/state", "- ok\nbackup-central ok\n"));
  EXPECT_EQ(now, attributes);
}

TEST(NodeVpn, WhatStrongSwanHasLoadedOtherwiseShows) {
  const auto attributes = of(k_connection, dialler());
  const auto state = told("vpn/state", "- ok\nbackup-central ok\n");
  const auto one = loaded("cloison-backup-central-fibre", "192.0.2.10", "10.16.0.0/23");
  const auto now = [&](const std::string& other) {
    return seen(k_connection, attributes, told("vpn/connections", one + other) + state);
  };
  EXPECT_EQ(now("").is_null(), false);
  EXPECT_THAT(to_display(at(k_connection, now(""), "local")), Not(HasSubstr("10.16.3"))) << "one way is not loaded";
  EXPECT_THAT(
      to_display(at(k_connection, now(loaded("cloison-backup-central-mobile", "192.0.2.10", "0.0.0.0/0")), "remote")),
      HasSubstr("0.0.0.0/0"));
  EXPECT_THAT(to_display(at(k_connection, now(loaded("cloison-backup-central-mobile", "192.0.2.99", "10.16.0.0/23")),
                            "dials_by")),
              Not(HasSubstr("fibre")));
  EXPECT_TRUE(at(k_connection,
                 now(loaded("cloison-backup-central-mobile", "192.0.2.10", "10.16.0.0/23", "pre-shared key")), "key")
                  .is_null());
}

TEST(NodeVpn, ALostRouteAndAnotherKeyShow) {
  const auto attributes = of(k_connection, dialler());
  const auto running = told("vpn/connections", k_both);
  EXPECT_TRUE(at(k_connection, seen(k_connection, attributes, running + told("vpn/state", "backup-central differ\n")),
                 "interface")
                  .is_null());
  auto report = report_of(k_connection, attributes, running + told("vpn/state", "backup-central ok\n"));
  auto& pem = report.at("file/etc/swanctl/pubkey/cloison-backup-central.pem").text;
  pem.replace(pem.find("aaaa"), 4, "bbbb");
  const auto objects = objects_of(report);
  ASSERT_EQ(objects.size(), 1U);
  EXPECT_THAT(to_display(at(k_connection, objects.front().attributes, "public_key")), HasSubstr("bbbb"));
}

TEST(NodeVpn, ConnectionsOfOthersShow) {
  const auto attributes = of(k_ipsec, {{"esp", Value::text("userspace")}, {"mtu", Value::integer(1400)}});
  const auto state = told("vpn/state", "- ok\n");
  EXPECT_EQ(seen(k_ipsec, attributes, state), attributes);
  EXPECT_THAT(to_display(at(
                  k_ipsec, seen(k_ipsec, attributes, state + told("vpn/connections", loaded("x", "%any", "0.0.0.0/0"))),
                  k_other_connections)),
              HasSubstr("x"));
  auto older = loaded("y", "%any", "0.0.0.0/0");
  older.replace(older.find("IKEv2"), 5, "IKEv1/2");
  EXPECT_THAT(
      to_display(at(k_ipsec, seen(k_ipsec, attributes, state + told("vpn/connections", older)), k_other_connections)),
      HasSubstr("y"));
  EXPECT_TRUE(at(k_ipsec, seen(k_ipsec, attributes, ""), "esp").is_null()) << "nothing serves it";
}

TEST(NodeVpn, WhatANodeSaysOfConnectionsIsReadWhateverItIs) {
  const auto attributes = of(k_connection, dialler());
  const auto whole = k_both;
  for (std::size_t length = 0; length < whole.size(); length += 7)
    seen(k_connection, attributes, told("vpn/connections", whole.substr(0, length)));
  seen(k_connection, attributes, told("vpn/connections", "list-conn event {\nlist-conn event {} {\x1b[2J"));
}

TEST(NodeVpn, OnlyAKeyOfTheRightCurveIsTaken) {
  EXPECT_TRUE(is_ecdsa_key(k_far_key));
  EXPECT_FALSE(is_ecdsa_key(k_far_key.substr(1) + "a"));
  EXPECT_FALSE(is_ecdsa_key(k_far_key + "a"));
  EXPECT_FALSE(is_ecdsa_key("MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAE" + std::string(127, 'a') + "\n"));
  EXPECT_EQ(key_of_pem("# mark\n-----BEGIN PUBLIC KEY-----\n" + k_far_key.substr(0, 64) + "\n" + k_far_key.substr(64) +
                       "\n-----END PUBLIC KEY-----\n"),
            k_far_key);
  EXPECT_EQ(key_of_pem("-----END PUBLIC KEY----------BEGIN PUBLIC KEY-----"), "");
}

TEST(NodeVpn, ASharedKeyIsReadFromWhereItsReferenceLeads) {
  Scrubber scrubber;
  net::Access access{.environment = [](const std::string& name) -> std::optional<std::string> {
                       if (name == "LONG") return "a key of many letters";
                       return name == "SHORT" ? std::optional<std::string>("xyzzy") : std::nullopt;
                     },
                     .scrubber = &scrubber};
  const auto read = read_secret("env:LONG", access);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->reveal(), "a key of many letters");
  EXPECT_THAT(scrubber.clean("so it is: a key of many letters"), Not(HasSubstr("many")));
  for (const auto* const reference : {"env:SHORT", "env:NONE", "file:/nowhere/at/all", "command:pass show vpn"}) {
    const auto refused = read_secret(reference, access);
    ASSERT_FALSE(refused) << reference;
    EXPECT_EQ(refused.error().code, "CL5420");
    EXPECT_THAT(refused.error().summary, HasSubstr(reference));
    EXPECT_THAT(refused.error().detail, Not(HasSubstr("xyzzy")));
  }
}

TEST(NodeVpn, AConditionKnowsWhatItClosesAndWhatItLooksAt) {
  const std::vector<std::string> rules{
      "iifname \"lan\" oifname \"ipsec0\" ip saddr 10.16.3.0/24 ip daddr 10.16.0.10 tcp dport 8443 ct state new jump "
      "when_cloud_lost comment \"F-011\"",
      "iifname \"lan\" ip saddr 10.16.3.0/24 ip daddr 10.16.0.11 tcp dport 8443 ct state new jump when_cloud",
      "iifname \"lan\" ip saddr 10.16.3.0/24 ip daddr 10.16.0.12 tcp dport 8443 ct state new accept"};
  EXPECT_THAT(opened_through(rules, "when_cloud_lost"), ElementsAre("ipv4 tcp 10.16.3.0/24 10.16.0.10/32 8443 8443"));
  EXPECT_THAT(opened_through(rules, "when_cloud"), ElementsAre("ipv4 tcp 10.16.3.0/24 10.16.0.11/32 8443 8443"));
  EXPECT_THAT(opened_through(rules, "when"), IsEmpty());
  const auto attributes = of(k_condition, {{"name", Value::text("cloud-lost")},
                                           {"neighbours", Value::texts({"fd00::1"})},
                                           {"connections", Value::texts({})},
                                           {"patience", Value::integer(10)},
                                           {"closes", Value::texts(opened_through(rules, "when_cloud_lost"))}});
  EXPECT_EQ(files_of(k_condition, attributes).front().body,
            "condition cloud-lost when_cloud_lost 10\nneighbour cloud-lost fd00::1\n"
            "close cloud-lost ipv4 tcp 10.16.3.0/24 10.16.0.10/32 8443 8443\n");
  EXPECT_EQ(seen(k_condition, attributes, told("conditions", "cloud-lost ok\n")), attributes);
  EXPECT_TRUE(
      at(k_condition, seen(k_condition, attributes, told("conditions", "cloud-lost differ\n")), "patience").is_null());
}

TEST(NodeVpn, ARuleThatWaitsHasAChainThatTheFilterLeavesAsItIs) {
  const auto text =
      files_of(k_firewall,
               of(k_firewall, {{"sets", Value::texts({})},
                               {"input", Value::texts({})},
                               {"forward", Value::texts({"tcp dport 1 ct state new jump when_x comment \"F\""})},
                               {"output", Value::texts({})},
                               {"postrouting", Value::texts({})}}))
          .front()
          .body;
  EXPECT_THAT(text,
              AllOf(HasSubstr("add chain inet cloison when_x\n"), Not(HasSubstr("flush chain inet cloison when_x"))));
}

}  // namespace cloison::node
