// What was given once never moves, in whichever order things are added (engine decision 11).
#include <algorithm>
#include <chrono>
#include <memory>
#include <random>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "core/topology/allocate.h"
#include "core/topology/resolved.h"

namespace cloison::topology {
namespace {

CidrRequests automatic(uint8_t length) {
  CidrRequests cidr;
  cidr.ipv4 = {.how = CidrRequest::How::automatic, .length = length};
  return cidr;
}

Site laboratory(const std::string& key, uint8_t length) {
  Segment lan{.name = "lan", .zone = {"users", 0}, .cidr = automatic(length)};
  Host database{.name = "db", .vm = VirtualMachine{}, .replicas = 2, .replicas_span = 1};
  lan.hosts.push_back(database);
  Site site{.name = "lab", .instance = {.family = "lab", .key = key}, .path = "lab/" + key, .provider = {"nodes", 0}};
  site.environment = Name{"production", 0};
  site.segments.push_back(std::move(lan));
  return site;
}

std::shared_ptr<const Topology> topology_of(const std::vector<std::string>& keys, uint8_t length = 24) {
  auto topology = std::make_shared<Topology>();
  topology->name = "t";
  topology->environments.push_back({.name = "production", .spaces = {{*IpPrefix::parse("10.0.0.0/8"), 0}}});
  topology->providers.push_back({.name = "nodes", .kind = {"node", 0}});
  topology->zones.push_back({.name = "users", .trust = {"internal", 0}});
  topology->address_pools.push_back({.name = "sites", .prefixes = {{*IpPrefix::parse("10.128.0.0/9"), 0}}});
  for (const std::string& key : keys) {
    topology->sites.push_back(laboratory(key, length));
  }
  return topology;
}

Resolved resolved(const std::vector<std::string>& keys, const LockFile& lock = {}) {
  auto result = resolve(topology_of(keys), lock, {});
  EXPECT_TRUE(result.ok()) << (result.notes.empty() ? "" : result.notes.front().summary);
  return result.value ? std::move(*result.value) : Resolved{};
}

LockFile lock_of(const Resolved& from) {
  return {.entries = from.allocations};
}

TEST(Allocation, NewKeysAreServedInOrderOfKeyAndLowestFirst) {
  const Resolved all = resolved({"metz", "agen", "lyon"});
  EXPECT_EQ(all.allocations.at("cidr ipv4 lab/agen.lan"), "10.128.0.0/24");
  EXPECT_EQ(all.allocations.at("cidr ipv4 lab/lyon.lan"), "10.128.1.0/24");
  EXPECT_EQ(all.allocations.at("cidr ipv4 lab/metz.lan"), "10.128.2.0/24");
  EXPECT_EQ(all.allocations.at("address ipv4 lab/agen.lan.db-1"), "10.128.0.10");
  EXPECT_EQ(all.allocations.at("address ipv4 lab/agen.lan.db-2"), "10.128.0.11");
  EXPECT_EQ(all.segments.front().gateway4->text(), "10.128.0.1");
  EXPECT_EQ(all.new_allocations.size(), 9U);
}

TEST(Allocation, WhatIsGoneKeepsItsBlockUntilItLeavesTheLockFile) {
  const LockFile before = lock_of(resolved({"agen", "lyon"}));
  const Resolved after = resolved({"lyon", "metz"}, before);
  EXPECT_EQ(after.allocations.at("cidr ipv4 lab/metz.lan"), "10.128.2.0/24");
  EXPECT_EQ(after.unused_allocations,
            (std::vector<std::string>{"address ipv4 lab/agen.lan.db-1", "address ipv4 lab/agen.lan.db-2",
                                      "cidr ipv4 lab/agen.lan"}));
  LockFile dropped = before;
  for (const std::string& key : after.unused_allocations) {
    dropped.entries.erase(key);
  }
  EXPECT_EQ(resolved({"lyon", "metz"}, dropped).allocations.at("cidr ipv4 lab/metz.lan"), "10.128.0.0/24");
}

RC_GTEST_PROP(Allocation, OldKeysKeepTheirsInAnyOrderOfInsertion, ()) {
  const auto count = *rc::gen::inRange<std::size_t>(1, 12);
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < count; ++i) {
    keys.push_back(fmt::format("k{:02}", i));
  }
  std::shuffle(keys.begin(), keys.end(), std::mt19937(*rc::gen::arbitrary<unsigned>()));
  LockFile lock;
  std::vector<std::string> present;
  for (const std::string& key : keys) {
    present.push_back(key);
    auto result = resolve(topology_of(present), lock, {});
    RC_ASSERT(result.ok());
    for (const auto& [old, value] : lock.entries) {
      RC_ASSERT(result.value->allocations.at(old) == value);
    }
    lock.entries = result.value->allocations;
  }
  std::vector<IpPrefix> blocks;
  for (const auto& [key, value] : lock.entries) {
    if (key.starts_with("cidr ")) {
      blocks.push_back(*IpPrefix::parse(value));
    }
  }
  RC_ASSERT(blocks.size() == count);
  RC_ASSERT(minimised(blocks).size() == count);  // disjoint
}

RC_GTEST_PROP(Allocation, FreeSpaceGivesTheLowestFreeBlock, ()) {
  const auto taken = *rc::gen::container<std::vector<unsigned>>(rc::gen::inRange(0U, 256U));
  FreeSpace space({*IpPrefix::parse("10.0.0.0/24")});
  std::vector<bool> used(256, false);
  for (const unsigned number : taken) {
    space.take(IpPrefix{{Family::ipv4, 0x0A000000U + number}, 32});
    used[number] = true;
  }
  for (const uint8_t length : std::vector<uint8_t>{30, 28, 32, 30, 29}) {
    const unsigned size = 1U << (32U - length);
    std::optional<unsigned> expected;
    for (unsigned at = 0; at < 256 && !expected; at += size) {
      if (std::none_of(used.begin() + at, used.begin() + at + size, [](bool one) { return one; })) {
        expected = at;
      }
    }
    const auto block = space.take_lowest(length);
    RC_ASSERT(block.has_value() == expected.has_value());
    if (block) {
      RC_ASSERT(block->first().bits == 0x0A000000U + *expected);
      std::fill_n(used.begin() + *expected, size, true);
    }
  }
}

TEST(Allocation, TheSameBlockTwiceNamesBothKeysAndTheLineToDelete) {
  LockFile merged;
  merged.entries = {{"cidr ipv4 lab/agen.lan", "10.128.0.0/24"}, {"cidr ipv4 lab/lyon.lan", "10.128.0.0/24"}};
  const auto result = resolve(topology_of({"agen", "lyon"}), merged, {});
  ASSERT_FALSE(result.ok());
  const auto found = std::find_if(result.notes.begin(), result.notes.end(),
                                  [](const Diagnostic& note) { return note.code == "CL1328"; });
  ASSERT_NE(found, result.notes.end());
  EXPECT_NE(found->detail.find("lab/agen.lan"), std::string::npos);
  EXPECT_NE(found->hint.find("cidr ipv4 lab/lyon.lan: 10.128.0.0/24"), std::string::npos);
}

// A quadratic search would take minutes here; two seconds leave room for a busy machine.
TEST(Allocation, CostGrowsWithTheNumberOfBlocks) {
  const auto cost = [](unsigned count) {
    FreeSpace space({*IpPrefix::parse("10.0.0.0/8")});
    const auto start = std::chrono::steady_clock::now();
    for (unsigned i = 0; i < count; ++i) {
      EXPECT_TRUE(space.take_lowest(i % 2 == 0 ? 28 : 26).has_value());
    }
    return std::chrono::steady_clock::now() - start;
  };
  EXPECT_LT(cost(100'000), std::chrono::seconds(2));
}

}  // namespace
}  // namespace cloison::topology
