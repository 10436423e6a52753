#include "core/ops/tested.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/ops/closing.h"
#include "core/verify/guarantee_text.h"
#include "core/verify/not_known.h"
#include "core/verify/packet_text.h"

namespace cloison::ops {

namespace {

using report::TestCase;
using report::TestSuite;
using Outcome = TestCase::Outcome;
using Verdict = verify::WantedResult::Verdict;

constexpr std::size_t k_told = 20;  // ways of one case
constexpr const char *k_verify = "cloison.verify", *k_simulate = "cloison.simulate";

std::string_view happens(verify::Leap::Kind kind) {
  using Kind = verify::Leap::Kind;
  switch (kind) {
    case Kind::begins:
      return "begins at";
    case Kind::passes:
      return "passes";
    case Kind::forwarded:
      return "forwarded by";
    case Kind::translated:
      return "translated by";
    case Kind::sent:
      return "sent by";
    case Kind::arrives:
      return "arrives at";
    case Kind::leaves:
      return "leaves at";
    case Kind::refused:
      return "refused at";
    case Kind::given_up:
      return "not known from";
  }
  return "";
}

/// The cases of one instant.
class Cases {
 public:
  Cases(const Verified& verified, const Proved& proved, const FurtherProved* further)
      : verified_(verified),
        proved_(proved),
        further_(further),
        sources_(further == nullptr ? verified.sources : further->sources) {}

  TestSuite run() {
    TestSuite suite{.name = name(), .group = k_verify, .at = proved_.at};
    suite.properties = {{"live", verified_.live ? "yes" : "no"}, {"resources", std::to_string(proved_.resources)}};
    for (const auto& one : verified_.not_applied)
      if (one.block == "links" || one.block == "sites")
        suite.properties.emplace_back("not part of it", fmt::format("{} {}: {}", one.block, one.entry, one.text));
    for (const auto& one : proved_.proof.world->unknown())
      suite.properties.emplace_back("not part of it", fmt::format("{}: {}", one.address, one.what));
    for (std::size_t i = 0; i < proved_.input.guarantees.size(); ++i) suite.cases.push_back(guarantee(i));
    suite.cases.push_back(flows());
    suite.cases.push_back(beyond());
    if (proved_.agreement) suite.cases.push_back(agreement(*proved_.agreement));
    return suite;
  }

 private:
  [[nodiscard]] std::string name() const {
    std::string text = verified_.live ? "what is there" : "guarantees";
    if (further_ != nullptr) text += " with one more of " + further_text(further_->added);
    // What holds now and what holds later are different cases; now is whenever it is asked.
    const bool later = further_ == nullptr ? &proved_ != &verified_.proved.front() : further_->beside != 0;
    return later ? text + " from " + rfc3339(proved_.at) + " on" : text;
  }

  [[nodiscard]] TestCase guarantee(std::size_t number) const {
    const auto& guarantee = proved_.input.guarantees[number];
    const auto& result = proved_.proof.guarantees[number];
    TestCase one{.name = fmt::format("{}: {}", guarantee.id, verify::guarantee_text(guarantee))};
    if (result.verdict == GuaranteeVerdict::unknown) {
      const bool not_applied = result.why == verify::k_sites_not_applied || result.why == verify::k_link_not_applied;
      one.outcome = not_applied ? Outcome::skipped : Outcome::error, one.code = "CL6111";
      one.message = std::string(result.why);
      one.text = declared(guarantee.span);
    }
    if (result.verdict != GuaranteeVerdict::broken) return one;
    one.outcome = Outcome::failed, one.code = "CL6110";
    one.message = told(result.findings.front(), proved_.input.places);
    one.text = declared(guarantee.span) + ways(result.findings, result.broken);
    return one;
  }

  [[nodiscard]] std::string declared(SpanId where) const {
    const auto place = sources_.location(where);
    return place.empty() ? std::string() : fmt::format("declared at {}\n", place);
  }

  /// Each with its packet and what happens to it.
  [[nodiscard]] std::string ways(const std::vector<verify::Finding>& findings, std::size_t count) const {
    std::string text;
    for (std::size_t i = 0; i < std::min(findings.size(), k_told); ++i) {
      const auto& one = findings[i];
      text += told(one, proved_.input.places) + '\n';
      for (const auto& leap : one.way) text += step(proved_.reasons.of(leap));
      if (const auto* closed = closing_of(proved_, one))
        text += fmt::format("  to close it: {}\n", closing_text(*closed, sources_, verified_.live));
    }
    if (count > k_told) text += fmt::format("and {}\n", counted(count - k_told, "more way"));
    return text;
  }

  [[nodiscard]] std::string step(const ExplainedLeap& leap) const {
    auto text = fmt::format("  {} {}", happens(leap.kind), leap.where);
    if (!leap.in.empty()) text += ", from " + leap.in;
    if (!leap.out.empty()) text += ", to " + leap.out;
    if (!leap.rule.empty()) text += ": " + leap.rule;
    if (!leap.why.empty()) text += ": " + leap.why;
    const auto place = sources_.location(leap.declared);
    if (!leap.reason.empty()) text += fmt::format("  [{}{}{}]", leap.reason, place.empty() ? "" : ", ", place);
    return text + '\n';
  }

  [[nodiscard]] TestCase flows() const {
    TestCase one{.name = "each flow passes and is answered", .code = "CL6112"};
    std::size_t closed = 0, too_complex = 0;
    for (std::size_t i = 0; i < proved_.proof.wanted.size(); ++i) {
      const auto& result = proved_.proof.wanted[i];
      too_complex += result.verdict == Verdict::too_complex ? 1U : 0U;
      if (result.verdict != Verdict::closed || closed++ >= k_told) continue;
      one.text +=
          fmt::format("{}: {}, {}\n", proved_.input.wanted[i].id, result.why, verify::packets_text(result.missing));
    }
    if (closed > k_told) one.text += fmt::format("and {}\n", counted(closed - k_told, "more pair"));
    if (closed != 0)
      one.outcome = Outcome::failed, one.message = fmt::format("{} of flows without a way", counted(closed, "pair"));
    else if (too_complex != 0)
      one.outcome = Outcome::error, one.code = "CL6118",
      one.message = fmt::format("too complex to tell: {}", counted(too_complex, "pair"));
    return one;
  }

  [[nodiscard]] TestCase beyond() const {
    TestCase one{.name = "nothing passes beyond what flows permit", .code = "CL6113"};
    const auto& proof = proved_.proof;
    if (proof.beyond_count != 0 || !proof.inside.empty()) {
      one.outcome = Outcome::failed;
      one.message = proof.beyond_count != 0
                        ? fmt::format("{}, {}", told(proof.beyond.front(), proved_.input.places),
                                      counted(proof.beyond_count, "way"))
                        : fmt::format("in {} machines reach each other", counted(proof.inside.size(), "segment"));
      for (const auto place : proof.inside)
        one.text += fmt::format("inside {}: its machines reach each other\n", proved_.input.places[place].path);
      one.text += ways(proof.beyond, proof.beyond_count);
    } else if (!proof.given_up.empty()) {
      one.outcome = Outcome::error, one.code = "CL6118", one.message = "what can pass is too complex to tell";
      for (const auto& where : proof.given_up) one.text += too_complex_text(where) + '\n';
    }
    return one;
  }

  static TestCase agreement(const verify::Agreement& both) {
    TestCase one{.name = "both engines of the proof agree", .code = "CL6114"};
    if (both.differences != 0)
      one.outcome = Outcome::failed,
      one.message = fmt::format("they differ in {}", counted(both.differences, "passage"));
    else if (both.too_complex)
      one.outcome = Outcome::error, one.code = both.too_complex->code, one.message = both.too_complex->summary,
      one.text = both.too_complex->detail;
    return one;
  }

  const Verified& verified_;
  const Proved& proved_;
  const FurtherProved* further_;
  const SourceMap& sources_;
};

/// The same failure has the same name, wherever in the order it is played.
std::string name_of(const SimulatedFailure& played) {
  return fmt::format("{}: {} down", played.scenario, join(played.down, ", "));
}

TestCase case_of(const SimulatedFailure& played, const SourceMap& sources) {
  TestCase one{.name = name_of(played)};
  const auto place = sources.location(played.declared);
  if (!place.empty()) one.text = fmt::format("declared at {}\n", place);
  for (const auto& pair : played.lost) one.text += fmt::format("{}: {}, {}\n", pair.id, pair.why, pair.packets);
  for (const auto& guarantee : played.broken) one.text += fmt::format("guarantee {} does not hold then\n", guarantee);
  if (!played.lost.empty())
    one.outcome = Outcome::failed, one.code = "CL6131",
    one.message = fmt::format("loses what it requires, {}", counted(played.lost.size(), "pair"));
  else if (!played.broken.empty())
    one.outcome = Outcome::failed, one.code = "CL6133", one.message = "breaks " + join(played.broken, ", ");
  else if (played.unknown != 0)
    one.outcome = Outcome::error, one.code = "CL6132",
    one.message = fmt::format("nobody knows of {}", counted(played.unknown, "pair"));
  else if (played.requires_.empty())
    one.outcome = Outcome::skipped, one.message = "it requires nothing";
  return one;
}

}  // namespace

std::vector<TestSuite> tested(const Verified& verified) {
  std::vector<TestSuite> suites;
  for (const auto& proved : verified.proved) suites.push_back(Cases(verified, proved, nullptr).run());
  for (const auto& further : verified.further) suites.push_back(Cases(verified, further.proved, &further).run());
  return suites;
}

std::vector<TestSuite> tested(const Simulated& simulated, Instant at) {
  TestSuite suite{.name = "scenarios", .group = k_simulate, .at = at};
  for (const auto& played : simulated.scenarios) suite.cases.push_back(case_of(played, simulated.sources));
  return {std::move(suite)};
}

std::vector<TestSuite> not_tested(const Diagnostics& notes, const SourceMap& sources, Instant at) {
  TestCase one{.name = "it can be proved at all", .outcome = Outcome::error};
  for (const auto& note : notes) {
    if (note.severity != Diagnostic::Severity::error) continue;
    if (one.code.empty()) one.code = note.code, one.message = note.summary;
    const auto place = sources.location(note.where);
    one.text += fmt::format("{}: {}{}{}\n", note.code, place, place.empty() ? "" : ": ", note.summary);
  }
  return {{.name = "not proved", .group = "cloison", .at = at, .cases = {std::move(one)}}};
}

}  // namespace cloison::ops
