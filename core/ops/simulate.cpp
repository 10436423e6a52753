#include "core/ops/simulate.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/side_by_side.h"
#include "core/base/strings.h"
#include "core/ops/failures.h"
#include "core/verify/packet_text.h"

namespace cloison::ops {

namespace {

using Verdict = verify::WantedResult::Verdict;
using Opened = std::set<std::string, std::less<>>;

class Simulating {
 public:
  Simulating(const Context& context, const SimulateQuestion& question)
      : context_(context), question_(question), validated_(validate(context)) {}

  Simulated run() {
    result_.ending = validated_.ending;
    result_.notes = std::move(validated_.notes);
    result_.sources = validated_.sources;
    result_.not_applied = validated_.not_applied;
    if (validated_.ending != Ending::done || !validated_.resolved || !known_scenarios()) return std::move(result_);
    const auto& resolved = *validated_.resolved;
    input_ = proof_input(resolved, validated_.not_applied, context_.clock.now());
    auto parts = forwarding_of(validated_.resources, validated_.providers, outer_addresses(resolved));
    whatever_fails(parts);
    survival_.emplace(std::move(parts), input_, question_.ways);
    result_.pairs =
        static_cast<std::size_t>(std::count_if(survival_->now().begin(), survival_->now().end(),
                                               [](const auto& one) { return one.verdict == Verdict::open; }));
    if (question_.ways) result_.working = working();
    const auto begin = std::chrono::steady_clock::now();
    failures_.emplace(resolved, input_.places);
    for (const auto& scenario : validated_.topology->scenarios)
      if (question_.scenarios.empty() || wanted(scenario.name)) play(scenario);
    if (question_.all_single) play_single();
    result_.milliseconds =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin).count();
    return std::move(result_);
  }

 private:
  [[nodiscard]] bool wanted(const std::string& name) const {
    return std::find(question_.scenarios.begin(), question_.scenarios.end(), name) != question_.scenarios.end();
  }

  bool known_scenarios() {
    std::vector<std::string> names;
    for (const auto& scenario : validated_.topology->scenarios) names.push_back(scenario.name);
    for (const auto& name : question_.scenarios) {
      if (std::find(names.begin(), names.end(), name) != names.end()) continue;
      result_.ending = Ending::refused;
      result_.notes.push_back(
          {.kind = ErrorKind::usage,
           .code = "CL6130",
           .summary = fmt::format("there is no scenario '{}'", printable(name)),
           .detail = "Scenarios are declared under 'scenarios:'.",
           .hint = names.empty() ? "scenarios: {fibre-lost: {down_each: lab.underlays.fibre, requires: [F-1]}}"
                                 : did_you_mean(name, names)});
    }
    return result_.ending == Ending::done;
  }

  /// Guarantees are proved over all that may be there, so one that is proved holds in every failure; but for those that
  /// something is reachable, which each failure is asked for.
  void whatever_fails(const std::vector<Forwarding>& parts) {
    const bool promises = std::any_of(input_.guarantees.begin(), input_.guarantees.end(),
                                      [](const auto& one) { return one.kind == verify::Guarantee::Kind::reachable; });
    const auto proof = verify::prove(std::make_unique<const verify::World>(parts), input_, {.flows = promises});
    for (std::size_t i = 0; i < input_.guarantees.size(); ++i) {
      const auto& guarantee = input_.guarantees[i];
      const bool proved = proof.guarantees[i].verdict == verify::GuaranteeResult::Verdict::proved;
      const bool asked_again = proved && guarantee.kind == verify::Guarantee::Kind::reachable;
      (asked_again ? result_.promised : proved ? result_.guarantees : result_.unproved).push_back(guarantee.id);
    }
  }

  void play(const topology::Scenario& scenario) {
    std::vector<std::string> required;
    for (const auto& name : scenario.requires_) required.push_back(name.value);
    const auto opened = opened_by(*validated_.resolved, scenario.name);
    for (const auto& failing : failures_->of(scenario.down, scenario.each)) {
      auto played = named(failing);
      played.scenario = scenario.name, played.requires_ = required, played.declared = scenario.span;
      const auto outcome = survival_->after(together(failing), opened);
      for (const auto& name : required) require(name, outcome, played);
      note_broken(outcome, played);
      if (question_.ways) played.pairs = pairs_of(outcome, opened);
      if (!played.lost.empty()) lost(played);
      if (!played.broken.empty()) broken(played);
      if (played.unknown != 0 && (result_.scenarios.empty() || result_.scenarios.back().scenario != scenario.name))
        unknown(played);
      result_.scenarios.push_back(std::move(played));
    }
  }

  [[nodiscard]] static SimulatedFailure named(const std::vector<Failing>& failing) {
    SimulatedFailure played;
    for (const auto& one : failing) {
      played.down.push_back(one.name);
      if (std::find(played.alike.begin(), played.alike.end(), one.alike) == played.alike.end())
        played.alike.push_back(one.alike);
    }
    return played;
  }

  /// A flow by its id, or an entry of `infrastructure:`, of which one server for each client is enough.
  void require(const std::string& name, const verify::Survival::Outcome& outcome, SimulatedFailure& played) const {
    bool flow = false;
    for (std::size_t i = 0; i < input_.wanted.size(); ++i) {
      if (input_.wanted[i].flow != name) continue;
      flow = true;
      count(i, outcome.wanted[i], played);
    }
    if (!flow) one_server(name, outcome, played);
  }

  void count(std::size_t number, const verify::WantedResult& result, SimulatedFailure& played) const {
    const auto& wanted = input_.wanted[number];
    if (result.verdict == Verdict::open) ++played.kept;
    if (result.verdict == Verdict::nobody) ++played.gone;
    if (result.verdict == Verdict::not_applied || result.verdict == Verdict::too_complex) ++played.unknown;
    if (result.verdict == Verdict::too_complex) ++played.too_complex;
    if (result.verdict == Verdict::closed)
      played.lost.push_back({wanted.id, wanted.flow, std::string(result.why), verify::packets_text(result.missing)});
  }

  void one_server(const std::string& name, const verify::Survival::Outcome& outcome, SimulatedFailure& played) const {
    const auto id = "I-" + name;
    std::map<std::pair<Family, Interval<uint128>>, std::pair<bool, const verify::Wanted*>> clients;
    for (std::size_t i = 0; i < input_.wanted.size(); ++i) {
      const auto& wanted = input_.wanted[i];
      if (wanted.flow != id || !wanted.applied) continue;
      for (const auto& box : wanted.packets) {
        const verify::PacketSet packets(box);
        auto from_client = PacketBox::all(box.family);
        from_client.source = box.source;
        if (outcome.vacant.outside(verify::PacketSet(from_client)).empty()) continue;  // the client is down
        const bool served =
            !outcome.vacant.outside(packets).empty() && outcome.wanted[i].missing.intersected(box).empty();
        auto& client = clients[{box.family, box.source}];
        client.first = client.first || served;
        client.second = &wanted;
      }
    }
    for (const auto& [source, client] : clients) {
      if (client.first)
        ++played.kept;
      else
        played.lost.push_back({client.second->id, client.second->flow, "no server is left",
                               verify::range_text(source.first, source.second)});
    }
  }

  void lost(const SimulatedFailure& played) {
    const auto& first = played.lost.front();
    result_.ending = Ending::policy;
    result_.notes.push_back({.kind = ErrorKind::guarantee,
                             .code = "CL6131",
                             .summary = fmt::format("scenario {} loses what it requires, {}",
                                                    printable(played.scenario), counted(played.lost.size(), "pair")),
                             .detail = fmt::format("With {} down, {}: {}, {}", printable(join(played.down, ", ")),
                                                   printable(first.id), first.why, first.packets),
                             .hint = "a second way that does not share what fails, or take the flow out of 'requires:'",
                             .where = played.declared});
  }

  void note_broken(const verify::Survival::Outcome& outcome, SimulatedFailure& played) const {
    for (const auto number : survival_->broken(outcome)) played.broken.push_back(input_.guarantees[number].id);
  }

  void broken(const SimulatedFailure& played) {
    result_.ending = Ending::policy;
    result_.notes.push_back({.kind = ErrorKind::guarantee,
                             .code = "CL6133",
                             .summary = fmt::format("scenario {} breaks {} {}", printable(played.scenario),
                                                    played.broken.size() == 1 ? "guarantee" : "guarantees",
                                                    printable(join(played.broken, ", "))),
                             .detail = fmt::format("With {} down it is not reachable, although nothing of it is down.",
                                                   printable(join(played.down, ", "))),
                             .hint = "a second way that does not share what fails, or 'except:' with a reason",
                             .where = played.declared});
  }

  void unknown(const SimulatedFailure& played) {
    result_.ending = Ending::policy;
    result_.notes.push_back(
        {.kind = ErrorKind::guarantee,
         .code = "CL6132",
         .summary = fmt::format("nobody knows whether scenario {} keeps what it requires", printable(played.scenario)),
         .detail = played.too_complex == 0
                       ? fmt::format("Of its pairs, on links that are not applied: {}.", played.unknown)
                       : fmt::format("Of its pairs, too complex to tell: {} (CL6118).", played.too_complex),
         .hint = played.too_complex == 0 ? "`cloison validate -v` says what the links lack"
                                         : "fewer and wider rules, such as one flow between two groups",
         .where = played.declared});
  }

  void play_single() {
    const auto all = failures_->single();
    side_by_side<SimulatedFailure>(
        all.size(), [&](std::size_t i) { return singly(all[i]); },
        [&](std::size_t, SimulatedFailure&& played) {
          result_.single.push_back(std::move(played));
          return true;
        });
  }

  /// All flows that pass now and are not about what fails itself.
  [[nodiscard]] SimulatedFailure singly(const Failing& failing) const {
    auto played = named({failing});
    const auto outcome = survival_->after(failing.failure);
    for (std::size_t i = 0; i < input_.wanted.size(); ++i)
      if (survival_->now()[i].verdict == Verdict::open) count(i, outcome.wanted[i], played);
    note_broken(outcome, played);
    if (question_.ways) played.pairs = pairs_of(outcome, {});
    return played;
  }

  [[nodiscard]] std::vector<PairOutcome> working() const {
    std::vector<PairOutcome> all;
    for (std::size_t i = 0; i < input_.wanted.size(); ++i) {
      const auto& wanted = input_.wanted[i];
      if (wanted.system || survival_->now()[i].verdict != Verdict::open) continue;
      all.push_back({.id = wanted.id,
                     .flow = wanted.flow,
                     .packets = texts(verify::PacketSet(wanted.packets)),
                     .ways = survival_->ways_now()[i]});
    }
    return all;
  }

  [[nodiscard]] static std::vector<std::string> texts(const verify::PacketSet& packets) {
    std::vector<std::string> all;
    for (const auto& box : packets.boxes()) all.push_back(verify::packets_text(verify::PacketSet(box)));
    return all;
  }

  /// Those that use what fails, or wait for it.
  [[nodiscard]] std::vector<PairOutcome> pairs_of(const verify::Survival::Outcome& outcome,
                                                  const Opened& opened) const {
    std::vector<PairOutcome> all;
    for (std::size_t i = 0; i < input_.wanted.size(); ++i) {
      const auto& wanted = input_.wanted[i];
      const bool open_now = survival_->now()[i].verdict == Verdict::open;
      if (wanted.system || !(open_now ? outcome.touched[i] : !wanted.must && opened.contains(wanted.flow))) continue;
      all.push_back(outcome_of(i, open_now, outcome));
    }
    return all;
  }

  [[nodiscard]] PairOutcome outcome_of(std::size_t number, bool open_now,
                                       const verify::Survival::Outcome& outcome) const {
    const auto& wanted = input_.wanted[number];
    const auto& result = outcome.wanted[number];
    PairOutcome pair{.id = wanted.id, .flow = wanted.flow, .why = std::string(result.why)};
    switch (result.verdict) {
      case Verdict::open:
      case Verdict::conditional:
        pair.kind = open_now ? PairOutcome::Kind::kept : PairOutcome::Kind::opened;
        break;
      case Verdict::closed:
        pair.kind = PairOutcome::Kind::lost, pair.packets = texts(result.missing);
        break;
      case Verdict::nobody:
        pair.kind = PairOutcome::Kind::gone;
        return pair;
      case Verdict::not_applied:
      case Verdict::too_complex:
        pair.kind = PairOutcome::Kind::unknown;
        break;
    }
    if (!open_now) pair.packets = texts(verify::PacketSet(wanted.packets));
    pair.ways = outcome.ways[number];
    pair.another = pair.ways != survival_->ways_now()[number];
    return pair;
  }

  const Context& context_;
  const SimulateQuestion& question_;
  Validated validated_;
  verify::ProofInput input_{};
  std::optional<verify::Survival> survival_{};
  std::optional<Failures> failures_{};
  Simulated result_{};
};

}  // namespace

Simulated simulate(const Context& context, const SimulateQuestion& question) {
  return Simulating(context, question).run();
}

}  // namespace cloison::ops
