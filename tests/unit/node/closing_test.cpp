// What a changed filter permits no more.

#include "providers/node/closing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "providers/node/schema.h"

namespace cloison::node {

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Value filter(const std::vector<std::string>& forward) {
  return record(schema_of(k_firewall), {{"forward", Value::texts(forward)}});
}

constexpr const char* k_web =
    R"(iifname "lan" oifname "wan" ip saddr 10.16.3.0/24 ip daddr 10.0.0.10 tcp dport 443 ct state new accept comment "F-1")";

TEST(Closing, WhatStaysIsNotForgottenWhateverItIsCalled) {
  const auto renamed =
      R"(iifname { "lan", "lab" } ip saddr 10.16.3.0/24 ip daddr 10.0.0.10 tcp dport 443 ct state new accept comment "F-9")";
  EXPECT_THAT(closed_lines(filter({k_web}), filter({k_web})), IsEmpty());
  EXPECT_THAT(closed_lines(filter({k_web}), filter({renamed})), IsEmpty());
  EXPECT_THAT(closed_lines(filter({}), filter({k_web})), IsEmpty()) << "opening closes nothing";
}

TEST(Closing, ARuleThatGoesIsForgottenAsItWas) {
  EXPECT_THAT(closed_lines(filter({k_web}), filter({})),
              ElementsAre("forget ipv4 tcp 10.16.3.0/24 10.0.0.10/32 443 443"));
  EXPECT_THAT(
      closed_lines(filter({"ip6 saddr fd00:1::/64 ip6 daddr fd00:2::7 udp dport 5000-5010 ct state new accept"}),
                   filter({})),
      ElementsAre("forget ipv6 udp fd00:1::/64 fd00:2::7/128 5000 5010"));
  EXPECT_THAT(
      closed_lines(filter({"ip saddr 10.0.0.1 ip daddr @internet4 icmp type 8 ct state new accept"}), filter({})),
      ElementsAre("forget ipv4 icmp 10.0.0.1/32 any 0 65535"));
  EXPECT_THAT(
      closed_lines(filter({"iifname \"lan\" meta nfproto ipv4 meta l4proto 50 ct state new accept"}), filter({})),
      ElementsAre("forget ipv4 50 any any 0 65535"));
}

Value device(const std::string& key, const std::vector<std::string>& allowed) {
  return record(schema_of(k_peer), {{"public_key", Value::text(key)}, {"allowed", Value::texts(allowed)}});
}

TEST(Closing, ADeviceThatGoesTakesItsConnectionsAlong) {
  const auto before = device("one", {"10.16.3.74/32", "fd12::a/128"});
  EXPECT_THAT(parted_lines(before, nullptr),
              ElementsAre("forget ipv4 any 10.16.3.74/32 any 0 65535", "forget ipv4 any any 10.16.3.74/32 0 65535",
                          "forget ipv6 any fd12::a/128 any 0 65535", "forget ipv6 any any fd12::a/128 0 65535"));
  const auto other_key = device("two", {"10.16.3.74/32", "fd12::a/128"});
  EXPECT_EQ(parted_lines(before, &other_key), parted_lines(before, nullptr)) << "another device has its address now";
  EXPECT_THAT(parted_lines(before, &before), IsEmpty());
  const auto moved = device("one", {"10.16.3.75/32", "fd12::a/128"});
  EXPECT_THAT(parted_lines(before, &moved),
              ElementsAre("forget ipv4 any 10.16.3.74/32 any 0 65535", "forget ipv4 any any 10.16.3.74/32 0 65535"));
}

TEST(Closing, WhatLiesBehindANodeIsTheFiltersBusiness) {
  EXPECT_THAT(parted_lines(device("one", {"10.16.3.0/24"}), nullptr), IsEmpty());
}

TEST(Closing, ConnectionsThatWereAskedForUnderAnotherAddressAreForgottenUnderIt) {
  const auto translating = [](const std::vector<std::string>& forward) {
    return record(
        schema_of(k_firewall),
        {{"forward", Value::texts(forward)},
         {"prerouting", Value::texts({"iifname \"wan0\" tcp dport 443 dnat ip to 192.168.1.20",
                                      "ip daddr 10.16.3.0/24 dnat ip prefix to 192.168.1.0/24 comment \"S-real\"",
                                      "ip daddr nonsense dnat ip prefix to 192.168.1.0/24"})}});
  };
  const auto into = "ip saddr 10.0.0.10 ip daddr 192.168.1.0/24 tcp dport 22 ct state new accept";
  EXPECT_THAT(closed_lines(translating({into}), translating({})),
              ElementsAre("forget ipv4 tcp 10.0.0.10/32 192.168.1.0/24 22 22",
                          "forget ipv4 tcp 10.0.0.10/32 10.16.3.0/24 22 22"));
  const auto one = "ip saddr 10.0.0.10 ip daddr 192.168.1.20 tcp dport 22 ct state new accept";
  EXPECT_THAT(closed_lines(translating({one}), translating({})),
              ElementsAre("forget ipv4 tcp 10.0.0.10/32 192.168.1.20/32 22 22"))
      << "the agent knows one machine by whom the answers come from";
}

TEST(Closing, RulesThatFollowStateAreNone) {
  EXPECT_THAT(closed_lines(filter({"ct state established,related accept", "iifname \"lo\" accept"}), filter({})),
              IsEmpty());
}

}  // namespace

}  // namespace cloison::node
