// What a plan says of flows that somebody has to look at.

#include "core/ops/due_flows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cloison::ops {

namespace {

using Reviews = std::map<std::string, state::FlowReview, std::less<>>;

struct Network {
  std::vector<topology::Flow> flows = std::vector<topology::Flow>(3);

  Network() {
    for (std::size_t i = 0; i < flows.size(); ++i) {
      flows[i].id = "F-" + std::to_string(i + 1);
      flows[i].governance.owner = topology::Name{.value = "anne"};
    }
  }
  [[nodiscard]] std::optional<Diagnostic> due(const Reviews& reviews = {}) const {
    topology::Resolved resolved;
    for (const auto& flow : flows)
      resolved.flows.push_back({.id = flow.id, .flow_class = "application", .flow = &flow});
    return due_flows(resolved, reviews, *parse_rfc3339("2026-06-15T12:00:00Z"));
  }
};

topology::Date date(const std::string& text) {
  return {.text = text};
}

TEST(DueFlows, SaysNothingWhereAllIsWell) {
  const Network network;
  EXPECT_FALSE(network.due());
  EXPECT_FALSE(network.due({{"F-1", {.flow = "F-1", .decision = "keep", .date = "2026-06-01"}}}));
}

TEST(DueFlows, SaysWhatReviewsSayOnce) {
  Network network;
  network.flows[1].governance.review = date("2026-06-01");
  network.flows[2].governance.review = date("2026-06-01");
  const auto note =
      network.due({{"F-1", {.flow = "F-1", .decision = "remove", .date = "2026-06-01"}},
                   {"F-2", {.flow = "F-2", .decision = "keep", .date = "2026-06-02", .until = "2026-06-14"}}});
  ASSERT_TRUE(note);
  EXPECT_EQ(note->severity, Diagnostic::Severity::warning);
  EXPECT_EQ(note->summary, "somebody has to look at 3 flows");
  EXPECT_EQ(note->detail, "to be removed: F-1; review overdue: F-3; exception over: F-2");
}

TEST(DueFlows, WhatHasTimeIsANote) {
  Network network;
  network.flows[0].expires = date("2026-07-01");
  network.flows[1].governance.requester = network.flows[1].governance.approver = topology::Name{.value = "paul"};
  const auto note = network.due();
  ASSERT_TRUE(note);
  EXPECT_EQ(note->severity, Diagnostic::Severity::note);
  EXPECT_EQ(note->detail, "over within 30 days: F-1; approved by who asked: F-2");
}

TEST(DueFlows, AnOwnerIsMissedWhereOthersHaveOne) {
  Network network;
  network.flows[0].governance.owner.reset();
  ASSERT_TRUE(network.due());
  EXPECT_EQ(network.due()->detail, "without an owner: F-1");
  for (auto& flow : network.flows) flow.governance.owner.reset();
  EXPECT_FALSE(network.due());
}

}  // namespace

}  // namespace cloison::ops
