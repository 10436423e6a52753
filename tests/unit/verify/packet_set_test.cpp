// Sets of packets against counting: a space so small that every packet of it can be asked for.

#include "core/verify/packet_set.h"

#include <gtest/gtest.h>

namespace cloison::verify {

namespace {

PacketBox box(uint128 source, uint128 destination, uint8_t protocol, uint16_t first, uint16_t last) {
  auto one = PacketBox::all(Family::ipv4);
  one.source = {source, source};
  one.destination = {destination, destination};
  one.protocol = {protocol, protocol};
  one.service = {first, last};
  return one;
}

TEST(PacketSet, WhatIsTakenAwayIsGoneAndTheRestIsThere) {
  auto set = PacketSet::all(Family::ipv4);
  set.subtract(box(1, 2, protocol::k_tcp, 80, 90));
  Packet packet{.source = 1, .destination = 2, .protocol = protocol::k_tcp, .service = 85};
  EXPECT_FALSE(set.contains(packet));
  packet.service = 91;
  EXPECT_TRUE(set.contains(packet));
  packet.service = 85, packet.source = 3;
  EXPECT_TRUE(set.contains(packet));
  set.add(box(1, 2, protocol::k_tcp, 80, 90));
  EXPECT_TRUE(same(set, PacketSet::all(Family::ipv4)));
  set.simplify();
  EXPECT_EQ(set.boxes(), std::vector<PacketBox>{PacketBox::all(Family::ipv4)}) << "in one box again";
}

TEST(PacketSet, FamiliesAreApart) {
  auto both = PacketSet::all(Family::ipv4);
  both.add(PacketBox::all(Family::ipv6));
  both.subtract(PacketBox::all(Family::ipv4));
  EXPECT_TRUE(same(both, PacketSet::all(Family::ipv6)));
  EXPECT_TRUE(PacketSet::all(Family::ipv4).intersected(PacketBox::all(Family::ipv6)).empty());
}

TEST(PacketSet, EndsOfASpaceAreNoEdges) {
  auto last = PacketBox::all(Family::ipv6);
  last.source.first = last.source.last;
  auto set = PacketSet::all(Family::ipv6);
  set.subtract(last);
  set.add(last);
  set.simplify();
  EXPECT_EQ(set.boxes().size(), 1U);
}

TEST(PacketSet, ASampleIsAPacketThatExists) {
  auto one = PacketBox::all(Family::ipv4);
  one.service = {443, 443};
  const auto packet = PacketSet(one).sample();
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->protocol, protocol::k_icmp) << "the first of which a service exists";
  one.protocol = {protocol::k_esp, protocol::k_esp};
  EXPECT_FALSE(PacketSet(one).sample()) << "ESP has no ports";
  EXPECT_FALSE(PacketSet().sample());
}

}  // namespace

}  // namespace cloison::verify
