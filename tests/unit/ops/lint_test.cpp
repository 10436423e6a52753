// How findings of lint are told.

#include "core/ops/lint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/ops/lint_parts.h"

namespace cloison::ops {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using LintKind = LintFinding::Kind;
using LintWeight = LintFinding::Severity;

TEST(LintFindings, WhatIsTooComplexIsSaidAndNotJudged) {
  const auto notes = lint_notes({{.kind = LintKind::too_complex,
                                  .address = "lab/lyon-03.node/lyon-03-1.firewall",
                                  .why = "it takes more steps to tell",
                                  .hint = "join rules that overlap into fewer"}});
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_EQ(notes[0].code, "CL6146");
  EXPECT_EQ(notes[0].severity, Diagnostic::Severity::note);
  EXPECT_EQ(notes[0].summary, "1 rule too complex to be judged");
  EXPECT_THAT(notes[0].detail, HasSubstr("lab/lyon-03.node/lyon-03-1.firewall"));
}

TEST(LintFindings, WhatIsAlikeIsOneAndTheWeightiestIsFirst) {
  LintFounds found;
  for (const auto* site : {"lab/lyon", "lab/metz", "lab/nice"})
    found.push_back({"lab.lan", {.kind = LintKind::redundant, .address = site}});
  found.push_back({"F-1", {.kind = LintKind::insecure, .severity = LintWeight::warning, .address = "flow F-1"}});
  const auto grouped = lint_grouped(std::move(found));
  ASSERT_EQ(grouped.size(), 2U);
  EXPECT_EQ(grouped[0].address, "flow F-1");
  EXPECT_EQ(grouped[1].count, 3U);
  EXPECT_THAT(grouped[1].others, ElementsAre("lab/metz", "lab/nice"));
}

TEST(LintFindings, AFlowIsKnownByEachWordForItsPairs) {
  for (const auto* reason : {"flow F-010/lyon-03", "F-010/lyon-03", "F-010"})
    EXPECT_EQ(flow_of_reason(reason), "F-010");
}

}  // namespace
}  // namespace cloison::ops
