// Which rules somebody has to look at, as of 15 June 2026.

#include <gtest/gtest.h>

#include "core/ops/report_past.h"

namespace cloison::ops {

namespace {

using report::Due;

Due due(const std::function<void(report::FlowFacts&)>& say, report::Standing standing = report::Standing::applied) {
  report::FlowFacts flow{.id = "F-1", .flow_class = "application", .owner = "anne"};
  say(flow);
  std::vector<report::RuleRow> rows(1);
  rows.front().flow = std::make_shared<const report::FlowFacts>(flow);
  rows.front().standing = standing;
  find_due(rows, *parse_rfc3339("2026-06-15T12:00:00Z"));
  return rows.front().due;
}

TEST(Due, TheGravestIsSaid) {
  EXPECT_EQ(due([](auto&) {}), Due::nothing);
  EXPECT_EQ(due([](auto& flow) { flow.owner = ""; }), Due::nobodys);
  EXPECT_EQ(due([](auto& flow) { flow.owner = "", flow.flow_class = "infrastructure"; }), Due::nothing);
  EXPECT_EQ(due([](auto& flow) { flow.expires = "2026-06-14"; }), Due::expired);
  EXPECT_EQ(due([](auto& flow) { flow.expires = "2026-06-15T18:00"; }), Due::soon);
  EXPECT_EQ(due([](auto& flow) { flow.expires = "2026-07-14"; }), Due::soon);
  EXPECT_EQ(due([](auto& flow) { flow.expires = "2026-07-15"; }), Due::nothing);
  EXPECT_EQ(due([](auto& flow) { flow.decision = "remove", flow.expires = "2026-06-30"; }), Due::to_remove);
  EXPECT_EQ(due([](auto& flow) { flow.next_review = "2026-06-01"; }), Due::overdue);
  EXPECT_EQ(due([](auto& flow) { flow.next_review = "2026-06-01", flow.reviewed = "2026-05-31"; }), Due::overdue);
  EXPECT_EQ(due([](auto& flow) { flow.next_review = "2026-06-01", flow.reviewed = "2026-06-02"; }), Due::nothing);
  EXPECT_EQ(due([](auto& flow) { flow.review_until = "2026-06-14"; }), Due::exception_over);
  EXPECT_EQ(due([](auto& flow) { flow.requester = flow.approver = "paul"; }), Due::approved_by_author);
}

TEST(Due, WhatNobodyAsksForIsNobodys) {
  EXPECT_EQ(due([](auto&) {}, report::Standing::no_longer_asked), Due::nobodys);
  EXPECT_EQ(due([](auto& flow) { flow.expires = "2026-06-01"; }, report::Standing::no_longer_asked), Due::expired);
  std::vector<report::RuleRow> rows(2);
  rows[1].live = report::LiveCheck::unauthorised;
  find_due(rows, *parse_rfc3339("2026-06-15"));
  EXPECT_EQ(rows[0].due, Due::nothing);  // the network's own
  EXPECT_EQ(rows[1].due, Due::nobodys);
}

}  // namespace

}  // namespace cloison::ops
