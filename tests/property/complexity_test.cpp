// Thousands of rules that overlap: the proof ends with the right answer, or says where it is too complex, and never
// runs out of memory.

#include <algorithm>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/verify/proof.h"
#include "tests/support/generators_plan.h"

namespace cloison::test {
namespace {

using ::testing::HasSubstr;
using verify::Leap, verify::PacketSet;

constexpr uint32_t k_net = 65536;
constexpr uint128 k_here = 0x0A010000U, k_there = 0x0A020000U;

/// Rules that permit and refuse by turns, about ranges of at most so many addresses and so many ports.
struct Overlaps {
  std::size_t rules = 0;
  uint32_t addresses = 1, ports = 1;
  bool refuses = true;
};

class Drawing {
 public:
  explicit Drawing(uint64_t seed) : random_(seed) {}
  uint32_t below(uint32_t limit) { return std::uniform_int_distribution<uint32_t>(0, limit - 1)(random_); }
  Interval<uint128> addresses(uint128 first, uint32_t most) {
    const auto begin = below(k_net), end = std::min(begin + below(most), k_net - 1);
    return {first + begin, first + end};
  }
  Interval<uint16_t> ports(uint32_t most) {
    const auto begin = below(k_net), end = std::min(begin + below(most), k_net - 1);
    return {static_cast<uint16_t>(begin), static_cast<uint16_t>(end)};
  }
  PacketBox packets(const Overlaps& overlaps) {
    auto box = PacketBox::all(Family::ipv4);
    box.source = addresses(k_here, overlaps.addresses), box.destination = addresses(k_there, overlaps.addresses);
    box.protocol = {protocol::k_tcp, protocol::k_tcp}, box.service = ports(overlaps.ports);
    return box;
  }
  /// Any packet, or the first one of a rule's.
  Packet packet_of(const FilterChain& chain, const Overlaps& overlaps) {
    const auto& rules = chain.rules;
    const auto box =
        below(2) == 0 ? packets(overlaps) : rules[below(static_cast<uint32_t>(rules.size()))].match.packets.front();
    return PacketSet(box).sample().value();
  }
  FilterChain chain(const Overlaps& overlaps) {
    FilterChain chain{.name = "forward"};
    for (std::size_t i = 0; i < overlaps.rules; ++i)
      chain.rules.push_back(
          {.match = {.packets = {packets(overlaps)}, .text = "rule " + std::to_string(i)},
           .action = overlaps.refuses && below(2) == 0 ? FilterRule::Action::drop : FilterRule::Action::accept});
    return chain;
  }

 private:
  std::mt19937_64 random_;
};

IpPrefix range(const std::string& text) {
  return *IpPrefix::parse(text);
}

/// Routers one behind the other between two networks, each with its own filter.
Forwarding routers(const std::vector<FilterChain>& filters) {
  Forwarding parts;
  for (std::size_t i = 0; i <= filters.size(); ++i) {
    const auto name = i == 0 ? "here" : i == filters.size() ? "there" : "between " + std::to_string(i);
    const auto prefix = i == 0                ? "10.1.0.0/16"
                        : i == filters.size() ? "10.2.0.0/16"
                                              : "10.9." + std::to_string(i) + ".0/24";
    parts.networks.push_back({.name = name, .prefixes = {range(prefix)}, .unseen = i == 0 || i == filters.size()});
  }
  for (std::size_t i = 0; i < filters.size(); ++i) {
    ForwardingDevice router{.name = "router " + std::to_string(i), .forwards_ipv4 = true};
    for (const auto at : {i, i + 1}) {
      const auto& network = parts.networks[at];
      router.interfaces.push_back(
          {.name = network.name, .network = network.name, .addresses = {*network.prefixes[0].nth(at == i ? 2 : 1)}});
      router.routes.push_back({.to = network.prefixes[0], .interface = network.name});
    }
    if (i + 1 < filters.size())
      router.routes.push_back({.to = range("10.2.0.0/16"),
                               .interface = parts.networks[i + 1].name,
                               .via = parts.networks[i + 1].prefixes[0].nth(2)});
    router.forward = filters[i];
    parts.devices.push_back(std::move(router));
  }
  return parts;
}

bool lets_pass(const FilterChain& chain, const Packet& packet) {
  for (const auto& rule : chain.rules)
    if (rule.match.packets[0].contains(packet)) return rule.action == FilterRule::Action::accept;
  return false;
}

std::vector<Leap> sent(const verify::World& world, const verify::TravelOptions& options = {.most = true}) {
  auto packets = PacketSet::all(Family::ipv4);
  return verify::travel_from_network(world, world.network("here"), packets, options);
}

struct Told {
  std::size_t leaps = 0, boxes = 0, packets = 0, passed = 0;
  std::optional<verify::GivenUp> given_up{};
};

/// Asks for what arrives, and then for packets one by one.
Told told(const std::vector<FilterChain>& filters, const Overlaps& overlaps, Drawing& draw) {
  const verify::World world({routers(filters)});
  const auto leaps = sent(world);
  Told told{.leaps = leaps.size(), .given_up = verify::given_up(leaps)};
  std::vector<PacketBox> arrived;
  for (const auto& leap : leaps) {
    told.boxes += leap.packets.boxes().size();
    if (leap.kind != Leap::Kind::arrives || leap.where != "there") continue;
    arrived.insert(arrived.end(), leap.packets.boxes().begin(), leap.packets.boxes().end());
  }
  for (; told.packets < 2'000; ++told.packets) {
    const auto packet = draw.packet_of(filters[0], overlaps);
    const bool passes =
        std::all_of(filters.begin(), filters.end(), [&](const FilterChain& chain) { return lets_pass(chain, packet); });
    const bool arrives =
        std::any_of(arrived.begin(), arrived.end(), [&](const PacketBox& box) { return box.contains(packet); });
    told.passed += passes ? 1U : 0U;
    if (told.given_up)
      EXPECT_TRUE(passes || !arrives) << "what was told before is so all the same";
    else
      EXPECT_EQ(passes, arrives);
  }
  return told;
}

void say(const std::string& what, const Overlaps& overlaps, const Told& told) {
  std::cout << overlaps.rules << " rules, " << what << ": " << told.leaps << " leaps, " << told.boxes << " boxes, "
            << told.passed << " of " << told.packets << " packets pass"
            << (told.given_up ? "; too complex at " + told.given_up->where : "") << '\n';
}

/// In full: 10 000.
std::size_t many() {
  return std::min<std::size_t>(10 * static_cast<std::size_t>(property_cases(100)), 10'000);
}

TEST(Complexity, RulesThatHaveLittleToDoWithEachOtherAreTold) {
  Drawing draw(1);
  for (const uint32_t wide : {1U, 256U, 2048U}) {
    const Overlaps overlaps{.rules = many(), .addresses = wide, .ports = k_net};
    const auto told_of = told({draw.chain(overlaps)}, overlaps, draw);
    say("ranges of up to " + std::to_string(wide) + " addresses", overlaps, told_of);
    EXPECT_FALSE(told_of.given_up);
    EXPECT_GT(told_of.passed, 0U);
  }
}

TEST(Complexity, RulesThatOverlapInAllFieldsEndWithAnAnswerOrSaySo) {
  Drawing draw(2);
  for (const uint32_t wide : {8192U, 32768U}) {
    const Overlaps overlaps{.rules = many(), .addresses = wide, .ports = k_net};
    say("ranges of up to " + std::to_string(wide) + " addresses", overlaps,
        told({draw.chain(overlaps)}, overlaps, draw));
  }
}

TEST(Complexity, WhatOnlyPermitsMultipliesFromRouterToRouterAndEndsAllTheSame) {
  Drawing draw(3);
  const Overlaps overlaps{.rules = many(), .addresses = 8192, .ports = 8192, .refuses = false};
  say("three routers that only permit", overlaps,
      told({draw.chain(overlaps), draw.chain(overlaps), draw.chain(overlaps)}, overlaps, draw));
}

TEST(Complexity, WhereItIsTooComplexNothingCountsAsProved) {
  Drawing draw(4);
  const Overlaps overlaps{.rules = 2'000, .addresses = 16384, .ports = k_net};
  const verify::World world({routers({draw.chain(overlaps)})});
  const auto leaps = sent(world, {.most = true, .filter_bounds = {.parts = 500, .told = 500, .steps = 100'000}});
  const auto given_up = verify::given_up(leaps);
  ASSERT_TRUE(given_up);
  EXPECT_EQ(given_up->where, "router 0");
  EXPECT_THAT(std::string(given_up->why), HasSubstr("overlap"));
  const auto few = sent(world, {.most = true, .most_boxes = 20});
  ASSERT_TRUE(verify::given_up(few));
  EXPECT_THAT(std::string(verify::given_up(few)->why), HasSubstr("too many ways"));
}

}  // namespace
}  // namespace cloison::test
