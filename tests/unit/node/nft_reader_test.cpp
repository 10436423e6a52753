// Rules of nftables in their own words, against what nft(8) says of them.

#include "providers/node/nft_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cloison::node {

namespace {

using ::testing::HasSubstr;

class Rules {
 public:
  explicit Rules(const std::vector<std::string>& rules)
      : context_{.sets = nft_sets({"far4 ipv4_addr 10.9.0.0/16 10.10.0.1-10.10.0.9"}),
                 .local = {*IpAddress::parse("192.0.2.2")}},
        chain_(read_filter("forward", rules, context_, unknown_)) {}

  /// Whether rule `number` looks at such a packet.
  [[nodiscard]] bool matches(std::size_t number, const char* source, const char* destination, uint8_t protocol,
                             uint16_t service = 0, uint16_t source_port = 40000) const {
    const auto from = *IpAddress::parse(source), to = *IpAddress::parse(destination);
    const Packet packet{from.family, from.bits, to.bits, protocol, source_port, service};
    const auto& boxes = chain_.rules.at(number).match.packets;
    return std::any_of(boxes.begin(), boxes.end(), [&](const PacketBox& box) { return box.contains(packet); });
  }
  [[nodiscard]] const std::vector<FilterRule>& all() const { return chain_.rules; }
  [[nodiscard]] const std::vector<Unmodelled>& unknown() const { return unknown_; }

 private:
  std::vector<Unmodelled> unknown_{};
  NftContext context_;
  FilterChain chain_;
};

FilterChain read_chain(const std::vector<std::string>& rules) {
  std::vector<Unmodelled> unknown;
  return read_filter("input", rules, {}, unknown);
}

TEST(NftReader, WhatComesAfterALogOfAllIsLogged) {
  constexpr auto k_log = "limit rate 10/second burst 20 packets log prefix \"cloison refused input: \" level info";
  EXPECT_EQ(read_chain({"tcp dport 22 accept", k_log, "reject with icmpx type admin-prohibited"}).logged_from, 1U);
  EXPECT_EQ(read_chain({"tcp dport 22 accept", k_log}).logged_from, 1U);
  EXPECT_EQ(read_chain({"tcp dport 22 accept", k_log}).rules.size(), 1U);
  // Of some packets alone: nothing is said of what comes after.
  EXPECT_EQ(read_chain({"tcp dport 22 log prefix \"ssh\"", "drop"}).logged_from, SIZE_MAX);
  EXPECT_EQ(read_chain({"iifname \"lan\" log", "drop"}).logged_from, SIZE_MAX);
  EXPECT_EQ(read_chain({"meta nfproto ipv4 log", "drop"}).logged_from, SIZE_MAX);
  // A rule that decides and logs is its own text's business.
  EXPECT_EQ(read_chain({"tcp dport 22 log accept", "drop"}).logged_from, SIZE_MAX);
}

TEST(NftReader, AFlowIsItsEndsItsPortsAndItsWay) {
  const Rules rules(
      {"iifname \"lan\" oifname { \"wan-fibre\", \"wan-mobile\" } ip saddr 10.16.3.0/24 ip daddr 10.0.0.12 "
       "tcp dport 8000-8100 ct state new accept comment \"F-010/lyon-03\""});
  ASSERT_EQ(rules.all().size(), 1U);
  const auto& rule = rules.all().front();
  EXPECT_EQ(rule.match.in.names, std::vector<std::string>{"lan"});
  EXPECT_TRUE(rule.match.out.matches("wan-mobile"));
  EXPECT_FALSE(rule.match.out.matches("wan0"));
  EXPECT_TRUE(rule.match.fresh);
  EXPECT_FALSE(rule.match.established);
  EXPECT_EQ(rule.match.label, "F-010/lyon-03");
  EXPECT_TRUE(rules.matches(0, "10.16.3.9", "10.0.0.12", 6, 8000));
  EXPECT_FALSE(rules.matches(0, "10.16.4.9", "10.0.0.12", 6, 8000));
  EXPECT_FALSE(rules.matches(0, "10.16.3.9", "10.0.0.13", 6, 8000));
  EXPECT_FALSE(rules.matches(0, "10.16.3.9", "10.0.0.12", 17, 8000));
  EXPECT_FALSE(rules.matches(0, "10.16.3.9", "10.0.0.12", 6, 8101));
}

TEST(NftReader, SetsExceptionsAndFamilies) {
  const Rules rules({"ip saddr @far4 accept",
                     "iifname != { \"lo\", \"users\" } ip saddr != { 0.0.0.0, 10.0.0.0/8 } drop",
                     "meta nfproto ipv6 drop", "meta l4proto { tcp, 17 } accept"});
  EXPECT_TRUE(rules.unknown().empty());
  EXPECT_TRUE(rules.matches(0, "10.9.200.1", "1.1.1.1", 1));
  EXPECT_TRUE(rules.matches(0, "10.10.0.9", "1.1.1.1", 1));
  EXPECT_FALSE(rules.matches(0, "10.10.0.10", "1.1.1.1", 1));
  EXPECT_FALSE(rules.matches(1, "10.2.2.2", "1.1.1.1", 6));
  EXPECT_FALSE(rules.matches(1, "0.0.0.0", "1.1.1.1", 6));
  EXPECT_TRUE(rules.matches(1, "11.0.0.0", "1.1.1.1", 6));
  EXPECT_TRUE(rules.all()[1].match.in.matches("wan0"));
  EXPECT_FALSE(rules.all()[1].match.in.matches("users"));
  EXPECT_FALSE(rules.matches(2, "10.2.2.2", "1.1.1.1", 6));
  EXPECT_TRUE(rules.matches(2, "fd00::1", "fd00::2", 6));
  EXPECT_TRUE(rules.matches(3, "fd00::1", "fd00::2", 17, 53));
  EXPECT_FALSE(rules.matches(3, "fd00::1", "fd00::2", 58));
}

TEST(NftReader, MessagesOfIcmp) {
  const Rules rules({"icmp type echo-request ct state new accept", "icmpv6 type { nd-neighbor-solicit, 136 } accept",
                     "icmp type 3 icmp code 4 accept"});
  EXPECT_TRUE(rules.matches(0, "10.0.0.1", "10.0.0.2", 1, 8 * 256));
  EXPECT_FALSE(rules.matches(0, "10.0.0.1", "10.0.0.2", 1, 0));
  EXPECT_TRUE(rules.matches(1, "fd00::1", "fd00::2", 58, 136 * 256));
  EXPECT_FALSE(rules.matches(1, "fd00::1", "fd00::2", 58, 137 * 256));
  EXPECT_TRUE(rules.matches(2, "10.0.0.1", "10.0.0.2", 1, 3 * 256 + 4));
  EXPECT_FALSE(rules.matches(2, "10.0.0.1", "10.0.0.2", 1, 3 * 256));
}

TEST(NftReader, StatesOfConnections) {
  const Rules rules({"ct state established,related accept", "ct state invalid drop", "ct state 0x8,0x2 accept"});
  EXPECT_FALSE(rules.all()[0].match.fresh);
  EXPECT_TRUE(rules.all()[0].match.established);
  EXPECT_FALSE(rules.all()[1].match.fresh || rules.all()[1].match.established);
  EXPECT_TRUE(rules.all()[2].match.fresh && rules.all()[2].match.established);
}

TEST(NftReader, HowIsRefusedSaysOfWhatARuleIs) {
  const Rules rules({"reject with icmpv6 port-unreachable", "reject with icmp type host-unreachable",
                     "reject with tcp reset", "reject with icmpx admin-prohibited", "reject"});
  EXPECT_TRUE(rules.unknown().empty());
  EXPECT_FALSE(rules.matches(0, "10.0.0.1", "10.0.0.2", 6, 1));
  EXPECT_TRUE(rules.matches(0, "fd00::1", "fd00::2", 6, 1));
  EXPECT_FALSE(rules.matches(1, "fd00::1", "fd00::2", 6, 1));
  EXPECT_TRUE(rules.matches(2, "fd00::1", "fd00::2", 6, 1));
  EXPECT_FALSE(rules.matches(2, "fd00::1", "fd00::2", 17, 1));
  for (const std::size_t any : {3U, 4U}) EXPECT_TRUE(rules.matches(any, "fd00::1", "fd00::2", 17, 1));
}

TEST(NftReader, WhatDecidesNothingIsLeftOut) {
  const Rules rules({"oifname \"wan-fibre\" tcp flags syn tcp option maxseg size set rt mtu",
                     "counter packets 12 bytes 800",
                     "limit rate 10/second burst 20 packets log prefix \"cloison refused: \" level info",
                     "ip saddr 10.0.0.1 counter"});
  EXPECT_TRUE(rules.all().empty());
  EXPECT_TRUE(rules.unknown().empty());
}

TEST(NftReader, WhatHoldsOnlySometimesMayBeThere) {
  const Rules rules({"limit rate 5/second accept", "meta time < \"2026-12-01\" tcp dport 22 accept",
                     "icmpv6 type nd-router-solicit ip6 hoplimit 255 accept"});
  EXPECT_TRUE(rules.unknown().empty());
  for (const auto& rule : rules.all()) EXPECT_EQ(rule.match.presence, Presence::maybe) << rule.match.text;
}

TEST(NftReader, WhatIsNotKnownIsNamedAndNotGuessed) {
  const Rules rules({"quota over 10 mbytes drop", "iifname \"wg*\" accept", "ip saddr @nobody accept",
                     "tcp dport 22 goto other", "ip saddr 10.0.0.1", "ct mark 7 accept", "accept accept",
                     "log prefix \"no end"});
  EXPECT_TRUE(rules.all().empty());
  ASSERT_EQ(rules.unknown().size(), 7U);
  EXPECT_THAT(rules.unknown().front().what, HasSubstr("rule 1 of forward: 'quota over'"));
}

TEST(NftReader, Translations) {
  std::vector<Unmodelled> unknown;
  const NftContext context{.local = {*IpAddress::parse("192.0.2.2")}};
  const auto chain = read_translation(
      "nat",
      {"iifname \"wan0\" fib daddr . iif type local tcp dport 443 dnat ip to 10.8.2.12 comment \"F-5\"",
       "ip daddr 10.8.1.0/24 dnat ip prefix to 192.168.1.0/24 comment \"S-real\"",
       "oifname \"wan0\" ip saddr 10.8.3.0/24 masquerade", "iifname \"wan0\" udp dport 51820 accept"},
      context, unknown);
  EXPECT_TRUE(unknown.empty());
  ASSERT_EQ(chain.rules.size(), 4U);
  EXPECT_EQ(chain.rules[0].action, TranslationRule::Action::destination);
  EXPECT_EQ(chain.rules[0].to.text(), "10.8.2.12/32");
  ASSERT_EQ(chain.rules[0].match.packets.size(), 1U);
  EXPECT_EQ(chain.rules[0].match.packets[0].destination.first, IpAddress::parse("192.0.2.2")->bits);
  EXPECT_TRUE(chain.rules[1].by_offset);
  EXPECT_EQ(chain.rules[2].action, TranslationRule::Action::masquerade);
  EXPECT_EQ(chain.rules[3].action, TranslationRule::Action::keep);
}

/// The kernel keeps the bits behind the length of `to`, whatever the rule matches.
TEST(NftReader, ATranslationOfPrefixesIsOneToOneOrNotKnown) {
  std::vector<Unmodelled> unknown;
  const auto chain = read_translation("nat",
                                      {"ip daddr 10.8.1.32/27 dnat ip prefix to 192.168.1.0/24",
                                       "ip daddr != 10.8.1.0/24 dnat ip prefix to 192.168.1.0/24",
                                       "ip daddr 10.8.1.0-10.8.1.255 dnat ip prefix to 192.168.1.0/24"},
                                      {}, unknown);
  EXPECT_EQ(chain.rules.size(), 1U);
  ASSERT_EQ(unknown.size(), 2U);
  EXPECT_THAT(unknown.front().what, HasSubstr("rule 1 of nat"));
}

}  // namespace

}  // namespace cloison::node
