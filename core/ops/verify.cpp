#include "core/ops/verify.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/ops/closing.h"
#include "core/ops/further.h"
#include "core/ops/planning.h"
#include "core/verify/packet_text.h"

namespace cloison::ops {

namespace {

int64_t milliseconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin).count();
}

/// `begin`: from when on the time counts.
void prove_into(Proved& proved, std::vector<Forwarding> parts, Engines engines,
                std::chrono::steady_clock::time_point begin) {
  proved.proof = verify::prove(std::make_unique<const verify::World>(std::move(parts)), proved.input);
  proved.milliseconds = milliseconds_since(begin);
  if (engines == Engines::both)
    proved.agreement =
        verify::compare_engines(*proved.proof.world, verify::PlaceIndex(*proved.proof.world, proved.input.places));
}

Proved prove_now(const Validated& validated, Instant now, Engines engines) {
  const auto begin = std::chrono::steady_clock::now();
  Proved proved{.at = now,
                .input = proof_input(*validated.resolved, validated.not_applied, now),
                .resources = validated.resources.size(),
                .reasons = Reasons(validated.resources, *validated.resolved)};
  prove_into(proved, forwarding_of(validated.resources, validated.providers, outer_addresses(*validated.resolved)),
             engines, begin);
  return proved;
}

/// When flows begin and end after now, with which do. A date's own instant still belongs to what ends then.
struct Turn {
  std::vector<std::string> begins{}, ends{};
};
std::map<Instant, Turn> turns(const topology::Topology& topology, Instant now) {
  std::map<Instant, Turn> all;
  for (const auto& flow : topology.flows) {
    if (flow.disabled) continue;
    if (flow.starts && flow.starts->at > now) all[flow.starts->at].begins.push_back(flow.id);
    if (flow.expires && flow.expires->at >= now)
      all[flow.expires->at + std::chrono::seconds(1)].ends.push_back(flow.id);
  }
  return all;
}

class Findings {
 public:
  Findings(const Proved& proved, bool later, bool live, const SourceMap* sources)
      : proved_(proved), later_(later), live_(live), sources_(sources) {}

  Diagnostics all() {
    for (std::size_t i = 0; i < proved_.input.guarantees.size(); ++i)
      guarantee(proved_.input.guarantees[i], proved_.proof.guarantees[i]);
    flows();
    beyond();
    too_complex();
    if (proved_.agreement) agreement(*proved_.agreement);
    return std::move(notes_);
  }

 private:
  using Verdict = verify::GuaranteeResult::Verdict;

  void add(std::string code, SpanId where, std::string summary, std::string detail, std::string hint) {
    if (later_) summary += " from " + rfc3339(proved_.at) + " on";
    notes_.push_back({.kind = ErrorKind::guarantee,
                      .code = std::move(code),
                      .summary = std::move(summary),
                      .detail = std::move(detail),
                      .hint = std::move(hint),
                      .where = where});
  }

  /// What closes it, where that was asked.
  [[nodiscard]] std::string closing(const verify::Finding& finding) const {
    const auto* closed = sources_ == nullptr ? nullptr : closing_of(proved_, finding);
    return closed == nullptr ? asking(finding)
                             : fmt::format("{}; {}", closing_text(*closed, *sources_, live_), asking(finding));
  }

  [[nodiscard]] std::string asking(const verify::Finding& finding) const { return asking_text(finding.witness, live_); }

  void guarantee(const verify::Guarantee& guarantee, const verify::GuaranteeResult& result) {
    if (result.verdict == Verdict::unknown)
      add("CL6111", guarantee.span, fmt::format("nobody knows whether guarantee {} holds", printable(guarantee.id)),
          std::string(result.why),
          "'Not part of it' names what is not known: leave that out by 'except:' with a reason, or name what is there");
    if (result.verdict != Verdict::broken) return;
    const auto& first = result.findings.front();
    const auto more = result.broken - 1;
    add("CL6110", guarantee.span, fmt::format("guarantee {} is broken", printable(guarantee.id)),
        told(first, proved_.input.places) + (more == 0 ? "" : fmt::format(", and {} more", counted(more, "way"))),
        first.place != verify::k_nothing ? "move it, or leave it out by 'except:' with a reason" : closing(first));
  }

  void flows() {
    std::vector<std::string> closed;
    std::size_t first = 0;
    for (std::size_t i = 0; i < proved_.proof.wanted.size(); ++i) {
      if (proved_.proof.wanted[i].verdict != verify::WantedResult::Verdict::closed) continue;
      if (closed.empty()) first = i;
      closed.push_back(proved_.input.wanted[i].id);
    }
    if (closed.empty()) return;
    const auto& result = proved_.proof.wanted[first];
    add("CL6112", proved_.input.wanted[first].span,
        fmt::format("{} of flows without a way", counted(closed.size(), "pair")),
        fmt::format("{}: {}, {}", printable(closed.front()), result.why, verify::packets_text(result.missing)),
        asking({.witness = result.missing.example().value_or(Packet{})}));
  }

  void beyond() {
    const auto& proof = proved_.proof;
    if (!proof.inside.empty()) {
      const auto& segment = proved_.input.places[proof.inside.front()];
      add("CL6113", segment.span,
          fmt::format("in {} machines reach each other, and no flow says so", counted(proof.inside.size(), "segment")),
          fmt::format("{}: not all are at ports that a node keeps apart", printable(segment.path)),
          "have nodes run its machines, or give each a segment of its own");
    }
    if (proof.beyond_count == 0) return;
    const auto& first = proof.beyond.front();
    add("CL6113", 0, fmt::format("packets pass that no flow asks for, {}", counted(proof.beyond_count, "way")),
        told(first, proved_.input.places), closing(first));
  }

  void too_complex() {
    const auto& where = proved_.proof.given_up;
    if (where.empty()) return;
    std::vector<std::string> all;
    for (const auto& one : where) all.push_back(too_complex_text(one));
    add("CL6118", 0, "what can pass is too complex to tell", join(all, "; "),
        "`cloison lint` names rules that nobody would miss; take them away, or write what they say with fewer, wider "
        "rules");
  }

  void agreement(const verify::Agreement& both) {
    if (both.differences != 0) {
      const auto& first = both.examples.front();
      const auto more = both.differences - 1;
      add("CL6114", 0, fmt::format("the two engines of the proof disagree, {}", counted(both.differences, "passage")),
          fmt::format("only {} lets pass from {} to {}: {}{}{}", first.only_intervals ? "intervals" : "BDD",
                      printable(first.from), printable(first.to), verify::packet_text(first.arrives),
                      first.sent == first.arrives ? "" : fmt::format(", sent as {}", verify::packet_text(first.sent)),
                      more == 0 ? "" : fmt::format(", and {} more", counted(more, "passage"))),
          "trust neither, and report it with this topology: it is a mistake of cloison");
    }
    if (both.too_complex)
      add(both.too_complex->code, 0, both.too_complex->summary, both.too_complex->detail, both.too_complex->hint);
  }

  const Proved& proved_;
  bool later_, live_;
  const SourceMap* sources_;
  Diagnostics notes_{};
};

}  // namespace

std::string too_complex_text(const verify::GivenUp& where) {
  return fmt::format("too complex to tell at {}, because {}", printable(where.where), where.why);
}

std::string told(const verify::Finding& finding, const std::vector<verify::Place>& places) {
  if (finding.place != verify::k_nothing)
    return fmt::format("{} is {}", printable(places[finding.place].path), finding.why);
  if (!finding.why.empty())
    return fmt::format("{} does not reach {}: {}, {}", printable(verify::name_of(finding.from, places)),
                       printable(verify::name_of(finding.to, places)), finding.why,
                       verify::packet_text(finding.witness));
  return fmt::format("{} reaches {}: {}", printable(verify::name_of(finding.from, places)),
                     printable(verify::name_of(finding.to, places)), verify::packet_text(finding.witness));
}

std::string asking_text(const Packet& packet, bool live) {
  if (live) return "`cloison plan` says what the next apply mends of it";
  return fmt::format("`cloison explain {} {} {}` shows the way", IpAddress{packet.family, packet.source}.text(),
                     IpAddress{packet.family, packet.destination}.text(), verify::service_text(verify::box_of(packet)));
}

Diagnostics findings_of(const Proved& proved, bool later, bool live, const SourceMap* sources) {
  return Findings(proved, later, live, sources).all();
}

bool holds(const Proved& proved) {
  using verify::GuaranteeResult, verify::WantedResult;
  const auto& proof = proved.proof;
  return proof.beyond_count == 0 && proof.inside.empty() && proof.given_up.empty() &&
         (!proved.agreement || proved.agreement->holds()) &&
         std::all_of(proof.guarantees.begin(), proof.guarantees.end(),
                     [](const auto& one) { return one.verdict == GuaranteeResult::Verdict::proved; }) &&
         std::none_of(proof.wanted.begin(), proof.wanted.end(),
                      [](const auto& one) { return one.verdict == WantedResult::Verdict::closed; });
}

namespace {

FurtherProved prove_further(const FurtherAsked::World& world, const Validated& validated, const Proved& now,
                            Engines engines) {
  FurtherProved further{
      .added = world.added, .proved = prove_now(validated, now.at, engines), .sources = validated.sources};
  further.news = news_of(now, further.proved);
  add_closings(further);
  return further;
}

/// The same with one more of what `for_each` makes, now and at each date.
void add_further(const Context& context, Engines engines, Verified& verified) {
  auto asked = ask_further(context, verified.sources);
  for (const auto& world : asked.worlds)
    for (std::size_t i = 0; i < verified.proved.size(); ++i) {
      auto then = context;
      then.clock = Clock(verified.proved[i].at);
      const auto validated = i == 0 ? world.validated : with_further(then, world.choice);
      if (validated == nullptr) {
        asked.none.push_back(
            {.of = world.added.front(),
             .why = NoFurther::Why::not_known,
             .text = fmt::format("from {} on the topology is refused with it", rfc3339(then.clock.now()))});
        continue;
      }
      verified.further.push_back(prove_further(world, *validated, verified.proved[i], engines));
      verified.further.back().beside = i;
    }
  verified.no_further = std::move(asked.none);
}

}  // namespace

Verified verify(const Context& context, Engines engines) {
  auto validated = validate(context);
  Verified verified{.ending = validated.ending,
                    .notes = std::move(validated.notes),
                    .sources = std::move(validated.sources),
                    .not_applied = validated.not_applied};
  if (validated.ending != Ending::done || !validated.resolved) return verified;
  verified.network = validated.topology->name;
  const auto now = context.clock.now();
  verified.proved.push_back(prove_now(validated, now, engines));
  for (auto& [at, turn] : turns(*validated.topology, now)) {
    auto then = context;
    then.clock = Clock(at);
    auto later = validate(then);
    if (later.ending != Ending::done || !later.resolved) {
      std::move(later.notes.begin(), later.notes.end(), std::back_inserter(verified.notes));
      verified.ending = later.ending;
      return verified;
    }
    auto& proved = verified.proved.emplace_back(prove_now(later, at, engines));
    proved.begins = std::move(turn.begins), proved.ends = std::move(turn.ends);
  }
  for (auto& proved : verified.proved) add_closings(proved);
  for (const auto& proved : verified.proved)
    append(verified.notes, findings_of(proved, &proved != &verified.proved.front(), false, &verified.sources));
  add_further(context, engines, verified);
  for (const auto& further : verified.further)
    append(verified.notes, findings_of(further, verified.proved[further.beside], further.beside != 0));
  append(verified.notes, findings_of(verified.no_further));
  if (!std::all_of(verified.proved.begin(), verified.proved.end(), holds) ||
      !std::all_of(verified.further.begin(), verified.further.end(), [](const auto& one) { return one.holds(); }))
    verified.ending = Ending::policy;
  return verified;
}

namespace {

/// Of sites at which a node did not answer nothing is known.
void mark_silent(verify::ProofInput& input, const std::vector<Forwarding>& parts) {
  std::set<std::string> there, silent;
  for (const auto& part : parts)
    for (const auto& device : part.devices) there.insert(device.name);
  for (const auto& place : input.places)
    if (place.kind == verify::Place::Kind::node && !there.contains(place.path)) silent.insert(place.site());
  for (auto& place : input.places)
    if (silent.contains(place.site())) place.applied = false;
}

}  // namespace

Verified verify_live(const Context& context, Engines engines) {
  const PlanOptions options{};
  Planning planning(context, options);
  auto read = planning.read();
  Verified verified{.ending = planning.planned().ending,
                    .notes = std::move(planning.planned().notes),
                    .sources = std::move(planning.planned().sources),
                    .live = true};
  if (!read) return verified;
  verified.network = read->resolved.topology->name;
  verified.not_applied = std::move(read->not_applied);
  auto& proved = verified.proved.emplace_back(Proved{.at = context.clock.now(),
                                                     .resources = read->network.resources,
                                                     .reasons = {read->network.reasons, read->resolved}});
  mark_silent(read->network.input, read->network.parts);
  proved.input = std::move(read->network.input);
  prove_into(proved, std::move(read->network.parts), engines, std::chrono::steady_clock::now());
  add_closings(proved);
  append(verified.notes, findings_of(proved, false, true, &verified.sources));
  if (!holds(proved)) verified.ending = Ending::policy;
  return verified;
}

}  // namespace cloison::ops
