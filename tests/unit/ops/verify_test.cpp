// What people are told of a proof.

#include "core/ops/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cloison::ops {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

PacketBox https(const char* from, const char* to) {
  auto box = PacketBox::all(Family::ipv4);
  box.source = interval_of(*IpPrefix::parse(from)), box.destination = interval_of(*IpPrefix::parse(to));
  box.protocol = {protocol::k_tcp, protocol::k_tcp}, box.service = {443, 443};
  return box;
}

std::vector<std::string> codes(const Diagnostics& notes) {
  std::vector<std::string> all;
  for (const auto& note : notes) all.push_back(note.code);
  return all;
}

Proved with_a_flow(verify::WantedResult result) {
  Proved proved;
  proved.input.wanted = {{.id = "F-1/lyon", .flow = "F-1", .span = 7}};
  proved.proof.wanted = {std::move(result)};
  return proved;
}

TEST(VerifyFindings, AFlowWithoutAWayIsNamedWithItsPackets) {
  const auto proved = with_a_flow({.verdict = verify::WantedResult::Verdict::closed,
                                   .missing = verify::PacketSet(https("10.1.0.0/24", "10.2.0.10/32")),
                                   .why = "they do not arrive"});
  EXPECT_FALSE(holds(proved));
  const auto notes = findings_of(proved, false, false);
  ASSERT_THAT(codes(notes), ElementsAre("CL6112"));
  EXPECT_EQ(notes[0].where, 7U);
  EXPECT_EQ(notes[0].detail, "F-1/lyon: they do not arrive, 10.1.0.0/24 -> 10.2.0.10 tcp/443");
  EXPECT_THAT(notes[0].hint, HasSubstr("cloison explain 10.1.0.2 10.2.0.10 tcp/443"));
}

TEST(VerifyFindings, WhatIsNotThereYetOrOpensInAFailureIsNoFinding) {
  using Verdict = verify::WantedResult::Verdict;
  for (const auto verdict : {Verdict::open, Verdict::nobody, Verdict::not_applied, Verdict::conditional}) {
    const auto proved = with_a_flow({.verdict = verdict});
    EXPECT_TRUE(holds(proved));
    EXPECT_THAT(findings_of(proved, false, false), IsEmpty());
  }
}

TEST(VerifyFindings, ALaterDateBelongsToWhatIsSaid) {
  auto proved = with_a_flow({});
  proved.at = *parse_rfc3339("2026-12-01");
  proved.input.guarantees = {{.id = "G-1"}};
  proved.proof.guarantees = {{.verdict = verify::GuaranteeResult::Verdict::unknown, .why = "nothing"}};
  const auto notes = findings_of(proved, true, false);
  ASSERT_THAT(codes(notes), ElementsAre("CL6111"));
  EXPECT_THAT(notes[0].summary, HasSubstr("from 2026-12-01T00:00:00Z on"));
}

TEST(VerifyFindings, WhereTheEnginesDifferNothingIsProved) {
  auto proved = with_a_flow({});
  proved.agreement = verify::Agreement{.sources = 3, .passages = 9};
  EXPECT_TRUE(holds(proved));
  EXPECT_THAT(findings_of(proved, false, false), IsEmpty());
  proved.agreement->differences = 2;
  const Packet sent{Family::ipv4, 0x0A010009, 0x0A02004D, protocol::k_tcp, 40000, 443};
  auto arrives = sent;
  arrives.destination = 0xC0A8014D;
  proved.agreement->examples = {{.from = "lab.lan", .to = "lab.server", .arrives = arrives, .sent = sent}};
  EXPECT_FALSE(holds(proved));
  const auto notes = findings_of(proved, false, false);
  ASSERT_THAT(codes(notes), ElementsAre("CL6114"));
  EXPECT_EQ(notes[0].detail,
            "only BDD lets pass from lab.lan to lab.server: 10.1.0.9 -> 192.168.1.77 tcp/443, sent as 10.1.0.9 -> "
            "10.2.0.77 tcp/443, and 1 passage more");
}

TEST(VerifyFindings, WhatTheSecondEngineGaveUpIsNotConfirmed) {
  auto proved = with_a_flow({});
  proved.agreement = verify::Agreement{.too_complex = verify::too_complex("more than 8388608 nodes")};
  EXPECT_FALSE(holds(proved));
  const auto notes = findings_of(proved, false, false);
  ASSERT_THAT(codes(notes), ElementsAre("CL6115"));
  EXPECT_EQ(notes[0].detail, "more than 8388608 nodes");
}

// CL6118
TEST(VerifyFindings, WhatIsTooComplexIsNamedAndNothingHolds) {
  auto proved = with_a_flow({});
  proved.proof.given_up.insert({.where = "lab/lyon.node/1", .why = "its rules overlap in too many ways"});
  EXPECT_FALSE(holds(proved));
  const auto notes = findings_of(proved, false, false);
  ASSERT_THAT(codes(notes), ElementsAre("CL6118"));
  EXPECT_EQ(notes[0].detail, "too complex to tell at lab/lyon.node/1, because its rules overlap in too many ways");
}

}  // namespace
}  // namespace cloison::ops
