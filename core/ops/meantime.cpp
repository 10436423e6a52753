#include "core/ops/meantime.h"

#include <algorithm>
#include <map>
#include <set>

#include "core/ops/verify.h"
#include "core/verify/changed.h"
#include "core/verify/continuity.h"
#include "core/verify/same.h"
#include "core/verify/transition.h"

namespace cloison::ops {

namespace {

using Verdict = verify::WantedResult::Verdict;

Done with(Done some, const Done& others) {
  for (std::size_t i = 0; i < some.size(); ++i) some[i] = some[i] || others[i];
  return some;
}
Done without(Done some, const Done& others) {
  for (std::size_t i = 0; i < some.size(); ++i) some[i] = some[i] && !others[i];
  return some;
}
bool none(const Done& some) {
  return std::find(some.begin(), some.end(), true) == some.end();
}

/// What a network lets pass of the packets in question.
struct Look {
  verify::Reach reach{};
  std::vector<bool> broken{};  // of each guarantee
  std::string not_known{};     // what was too complex to tell
};

/// What may go wrong while the steps of one turn are done in any order.
struct Trouble {
  verify::Reach opens{};
  std::vector<std::size_t> broken{}, stops{};
  std::string not_known{}, stops_not_known{};
  [[nodiscard]] bool opens_any() const { return !opens.empty() || !broken.empty(); }
  [[nodiscard]] bool any() const {
    return opens_any() || !stops.empty() || !not_known.empty() || !stops_not_known.empty();
  }
};

class Looking {
 public:
  Looking(const MeantimeQuestion& question, const Plan& plan, unsigned most_rounds)
      : question_(question),
        plan_(plan),
        most_rounds_(most_rounds),
        mixture_(question.is, question.snapshot, plan, question.providers) {
    for (const auto& step : plan.steps) touched_.insert(step.provider);
    for (const auto& [name, placed] : question.is)
      if (!touched_.contains(name))
        for (auto& part : forwarding_of({{name, placed}}, question.providers, question.outer))
          rest_.push_back(std::move(part));
  }

  Meantime run() {
    Meantime result{.turns = std::vector<uint32_t>(plan_.steps.size())};
    const Done nothing(plan_.steps.size()), everything(plan_.steps.size(), true);
    stages_ = {everything};
    const bool any = ask_about(nothing, everything);
    result.ends_not_known = not_known_;
    if (!any) return result;
    for (unsigned round = 0; round < most_rounds_; ++round) {
      troubles_.clear();
      if (!improve()) break;
      after_.clear(), widest_.clear(), narrowest_.clear();
    }
    tell(result);
    result.before = std::move(before_), result.behind = std::move(behind_);
    return result;
  }

 private:
  // --- Networks ----------------------------------------------------------------------------------------------------
  [[nodiscard]] const Forwarding& after(const Done& done) const {
    if (none(done)) return question_.before;
    if (std::find(done.begin(), done.end(), false) == done.end()) return question_.behind;
    return remembered(after_, done, [&] { return network_of(mixture_.after(done)); });
  }
  [[nodiscard]] const Forwarding& narrowest(const Done& done, const Done& open) const {
    return remembered(narrowest_, std::pair(done, open), [&] { return network_of(mixture_.narrowest(done, open)); });
  }
  /// Those that are asked for again soon: a turn, and what it is split into.
  template <class Known, class Key, class Make>
  static const Forwarding& remembered(Known& known, const Key& key, const Make& make) {
    const auto found = known.find(key);
    return found == known.end() ? known.emplace(key, make()).first->second : found->second;
  }
  [[nodiscard]] const Forwarding& widest(const Done& done, const Done& open) const {
    return remembered(widest_, std::pair(done, open),
                      [&] { return verify::with_versions_joined(network_of(mixture_.widest(done, open))); });
  }
  [[nodiscard]] Forwarding network_of(const PlacedByProvider& placed) const {
    auto parts = rest_;
    for (auto& part : forwarding_of(placed, question_.providers, question_.outer)) parts.push_back(std::move(part));
    auto network = verify::as_one(std::move(parts));
    verify::share_chains(network, question_.before);
    return network;
  }

  [[nodiscard]] Look look(const Forwarding& network) const {
    auto answer =
        verify::reach_of(std::make_unique<const verify::World>(std::vector<Forwarding>{network}, question_.pool),
                         question_.input, packets_, question_.wanted);
    return {.reach = std::move(answer.reach),
            .broken = std::move(answer.broken),
            .not_known = answer.given_up ? too_complex_text(*answer.given_up) : ""};
  }

  /// Of the pairs that are in question, those that pass and are answered.
  struct Passing {
    std::vector<bool> pairs{};
    std::string not_known{};  // what was too complex to tell
  };
  [[nodiscard]] Passing passing(const Forwarding& network) const {
    const verify::World world({network}, question_.pool);
    const verify::PlaceIndex index(world, question_.input.places);
    verify::Continuity continuity(question_.input.wanted, world, index, question_.wanted, {}, &asked_);
    auto all = verify::sources(world, index);
    verify::restrict_to(all, asked_packets_);
    continuity.take(all);
    Passing passes;
    if (continuity.given_up()) passes.not_known = too_complex_text(*continuity.given_up());
    for (const auto& result : std::move(continuity).results(index.vacant(world)))
      passes.pairs.push_back(result.verdict == Verdict::open);
    return passes;
  }

  [[nodiscard]] Passing passing_behind() const {
    Passing passes;
    if (!question_.proof.given_up.empty()) passes.not_known = too_complex_text(*question_.proof.given_up.begin());
    for (const auto& result : question_.proof.wanted) passes.pairs.push_back(result.verdict == Verdict::open);
    return passes;
  }

  // --- The question ------------------------------------------------------------------------------------------------
  /// Which packets and pairs the plan is about; false where it is about none.
  bool ask_about(const Done& nothing, const Done& everything) {
    const auto &before = after(nothing), &behind = after(everything);
    packets_ = verify::changed_packets(before, behind);
    packets_.add(verify::changed_packets(before, widest(nothing, everything)));
    asked_packets_ = packets_;  // what is missing in between stops flows, and opens nothing
    asked_packets_.add(verify::changed_packets(before, narrowest(nothing, everything)));
    if (asked_packets_.empty()) return false;
    auto was = look(before), will_be = look(behind);
    not_known_ = was.not_known.empty() ? will_be.not_known : was.not_known;
    if (!not_known_.empty()) return false;
    either_ = verify::united(was.reach, will_be.reach);
    before_ = std::move(was.reach), behind_ = std::move(will_be.reach);
    for (std::size_t i = 0; i < was.broken.size(); ++i) broken_anyway_.push_back(was.broken[i] || will_be.broken[i]);
    known_unknowns_ = std::max(before.unknown.size(), behind.unknown.size());
    ask_about_flows(before, behind);
    return true;
  }

  void ask_about_flows(const Forwarding& before, const Forwarding& behind) {
    const auto& wanted = question_.input.wanted;
    asked_.assign(wanted.size(), false);
    for (const auto& box : asked_packets_.boxes())
      for (const auto number : question_.wanted.candidates(box, {})) asked_[number] = true;
    for (std::size_t i = 0; i < wanted.size(); ++i)
      if (asked_[i]) asked_packets_.add(verify::PacketSet(wanted[i].permitted));
    for (const auto* state : {&before, &behind})
      asked_packets_ = verify::with_translated(std::move(asked_packets_), *state);
    auto now = passing(before), later = passing_behind();
    flows_not_known_ = now.not_known.empty() ? std::move(later.not_known) : std::move(now.not_known);
    kept_ = std::move(now.pairs);
    for (std::size_t i = 0; i < kept_.size(); ++i) kept_[i] = kept_[i] && later.pairs[i];
  }

  // --- One turn ----------------------------------------------------------------------------------------------------
  [[nodiscard]] Trouble trouble(const Done& done, const Done& open) const {
    Trouble found;
    const auto &start = after(done), &end = after(with(done, open)), &wide = widest(done, open),
               &narrow = narrowest(done, open);
    const auto most = verify::most_of({start, wide, end});
    if (most.unknown.size() > known_unknowns_) found.not_known = most.unknown.back().what;
    const auto seen = look(most);
    if (!seen.not_known.empty()) found.not_known = seen.not_known;
    found.opens = verify::gained(either_, seen.reach);
    for (std::size_t i = 0; i < seen.broken.size(); ++i)
      if (seen.broken[i] && !broken_anyway_[i]) found.broken.push_back(i);
    find_stops(done, open, {start, end, wide, narrow}, found);
    return found;
  }

  struct States {
    const Forwarding &start, &end, &wide, &narrow;
  };
  void find_stops(const Done& done, const Done& open, const States& states, Trouble& found) const {
    if (none(kept_)) {
      found.stops_not_known = flows_not_known_;
      return;
    }
    const std::vector<Forwarding> filters{states.start, states.narrow, states.end};
    std::set<std::size_t> stops;
    const auto ask = [&](const Forwarding& shape) {
      const auto passes = passing(verify::least_of(shape, filters));
      if (!passes.not_known.empty()) found.stops_not_known = passes.not_known;
      for (std::size_t i = 0; i < kept_.size(); ++i)
        if (kept_[i] && !passes.pairs[i] && passes.not_known.empty()) stops.insert(i);
    };
    found.stops_not_known = flows_not_known_;
    ask(states.start);
    if (ways_change_for_kept(states)) {
      const auto ways = steps_that_change_ways(done, open, states.start);
      if (!ways) {
        found.stops_not_known = "ways change by many steps at once";
      } else {
        for (unsigned some = 1; some < 1U << ways->size(); ++some) {
          auto these = done;
          for (std::size_t i = 0; i < ways->size(); ++i) these[(*ways)[i]] = these[(*ways)[i]] || (some >> i & 1U) != 0;
          ask(network_of(mixture_.after(these)));
        }
      }
    }
    found.stops.assign(stops.begin(), stops.end());
  }

  /// Whether some of the pairs in question meet other ways, or rather may.
  [[nodiscard]] bool ways_change_for_kept(const States& states) const {
    verify::PacketSet moved;
    for (const auto* other : {&states.end, &states.wide, &states.narrow})
      if (!verify::same_ways(states.start, *other)) moved.add(verify::packets_of_changed_ways(states.start, *other));
    if (moved.empty()) return false;
    moved.simplify();
    const auto& wanted = question_.input.wanted;
    for (std::size_t i = 0; i < kept_.size(); ++i)
      if (kept_[i] && !moved.intersected(verify::PacketSet(wanted[i].permitted)).empty()) return true;
    return false;
  }

  /// Nothing where they are too many to look at each of their combinations.
  [[nodiscard]] std::optional<std::vector<std::size_t>> steps_that_change_ways(const Done& done, const Done& open,
                                                                               const Forwarding& start) const {
    constexpr std::ptrdiff_t k_looked_at = 64;
    constexpr std::size_t k_most = 5;
    if (std::count(open.begin(), open.end(), true) > k_looked_at) return std::nullopt;
    std::vector<std::size_t> ways;
    for (std::size_t i = 0; i < open.size(); ++i) {
      if (!open[i]) continue;
      auto alone = done;
      alone[i] = true;
      if (verify::same_ways(start, network_of(mixture_.after(alone)))) continue;
      ways.push_back(i);
      if (ways.size() > k_most) return std::nullopt;
    }
    return ways;
  }

  // --- Looking for an order ----------------------------------------------------------------------------------------
  /// Looks at each turn and splits the first that has trouble; false where there is none left, or nothing helps.
  bool improve() {
    Done done(plan_.steps.size());
    for (std::size_t i = 0; i < stages_.size(); ++i) {
      Trouble found;
      if (!settled_.contains(stages_[i])) found = trouble(done, stages_[i]);
      if (found.any()) {
        const auto each = look_at_each(i, done);
        if (each == Each::in_an_order) return true;
        if (each == Each::good) found = {};
        const bool split = each == Each::too_many && ((found.opens_any() && close_first(i, done, found)) ||
                                                      (!found.stops.empty() && open_before_closing(i)));
        if (split) return true;
      }
      troubles_.push_back(std::move(found));
      done = with(done, stages_[i]);
    }
    return false;
  }

  enum class Each : uint8_t { too_many, good, in_an_order, no_order };

  /// The bounds of few steps may be too wide: looks at each of their subsets as it is. Where some are bad, the steps
  /// get an order by which none of these comes about, if there is one.
  Each look_at_each(std::size_t stage, const Done& done) {
    constexpr std::size_t k_few = 6;
    std::vector<std::size_t> steps;
    for (std::size_t i = 0; i < stages_[stage].size(); ++i)
      if (stages_[stage][i]) steps.push_back(i);
    if (steps.size() > k_few) return Each::too_many;
    std::vector<bool> good(std::size_t{1} << steps.size());
    bool all_good = true;
    for (std::size_t some = 0; some < good.size(); ++some) {
      if (!may_come_about(some, steps)) continue;
      good[some] = is_good(after_some(done, some, steps));
      all_good = all_good && good[some];
    }
    if (all_good) {
      settled_.insert(stages_[stage]);
      return Each::good;
    }
    const auto order = way_through(good, steps);
    if (order.empty()) return Each::no_order;
    std::vector<Done> turns;
    for (const auto step : order) {
      auto& turn = turns.emplace_back(done.size());
      turn[step] = true;
      settled_.insert(turn);
    }
    split(stage, std::move(turns));
    return Each::in_an_order;
  }
  [[nodiscard]] static Done after_some(Done done, std::size_t some, const std::vector<std::size_t>& steps) {
    for (std::size_t i = 0; i < steps.size(); ++i) done[steps[i]] = done[steps[i]] || (some >> i & 1U) != 0;
    return done;
  }
  [[nodiscard]] bool may_come_about(std::size_t some, const std::vector<std::size_t>& steps) const {
    for (std::size_t i = 0; i < steps.size(); ++i)
      for (std::size_t j = 0; j < steps.size() && (some >> i & 1U) != 0; ++j)
        if ((some >> j & 1U) == 0 && plan_.steps[steps[i]].after.contains(static_cast<uint32_t>(steps[j])))
          return false;
    return true;
  }
  [[nodiscard]] bool is_good(const Done& done) const {
    const auto state = network_of(mixture_.after(done));
    const auto seen = look(state);
    if (state.unknown.size() > known_unknowns_ || !seen.not_known.empty() ||
        !verify::gained(either_, seen.reach).empty())
      return false;
    for (std::size_t i = 0; i < seen.broken.size(); ++i)
      if (seen.broken[i] && !broken_anyway_[i]) return false;
    if (none(kept_)) return true;
    const auto passes = passing(state);
    for (std::size_t i = 0; i < kept_.size(); ++i)
      if (kept_[i] && !passes.pairs[i]) return false;
    return true;
  }
  /// Single steps from none to all by good subsets alone; empty where there is no such way.
  [[nodiscard]] static std::vector<std::size_t> way_through(const std::vector<bool>& good,
                                                            const std::vector<std::size_t>& steps) {
    std::vector<std::size_t> by(good.size(), SIZE_MAX);  // the last step to each that can be reached
    for (std::size_t some = 0; some < good.size(); ++some)
      for (std::size_t i = 0; i < steps.size(); ++i) {
        const bool reached = some == 0 || by[some] != SIZE_MAX;
        const auto more = some | std::size_t{1} << i;
        if (good[some] && reached && more != some && good[more]) by[more] = i;
      }
    std::vector<std::size_t> order;
    for (auto some = good.size() - 1; some != 0; some &= ~(std::size_t{1} << by[some])) {
      if (by[some] == SIZE_MAX) return {};
      order.insert(order.begin(), steps[by[some]]);
    }
    return order;
  }

  /// Of a turn the steps that take away what opens something in between come before the others.
  bool close_first(std::size_t stage, const Done& done, const Trouble& found) {
    const auto open = stages_[stage];
    const auto &start = after(done), &end = after(with(done, open)), &wide = widest(done, open);
    verify::PacketSet opened;
    for (const auto& [ends, reached] : found.opens) opened.add(reached.packets);
    Done closers(open.size());
    constexpr unsigned k_most_tried = 64;
    unsigned tried = 0;
    for (std::size_t i = 0; i < open.size() && tried < k_most_tried; ++i) {
      const auto verb = plan_.steps[i].verb;
      if (!open[i] || (verb != Step::Verb::remove && verb != Step::Verb::update)) continue;
      const auto first = with_those_before(i, open), rest = without(open, first);
      const auto there = network_of(mixture_.after(with(done, first)));
      const auto still_wide = verify::with_versions_joined(network_of(mixture_.widest(with(done, first), rest)));
      const auto matters = [&](const Forwarding& a, const Forwarding& b) {
        return !verify::changed_packets(a, b).intersected(opened).empty();
      };
      if (!matters(start, there) && !matters(wide, still_wide)) continue;
      ++tried;
      if (less_than(look(verify::most_of({there, still_wide, end})), found)) closers = with(std::move(closers), first);
    }
    if (none(closers) || none(without(open, closers))) return false;
    return split(stage, {closers, without(open, closers)});
  }
  [[nodiscard]] bool less_than(const Look& seen, const Trouble& found) const {
    if (!seen.not_known.empty()) return false;
    const auto still = verify::gained(either_, seen.reach);
    for (const auto& [ends, reached] : found.opens) {
      const auto now = still.find(ends);
      if (now == still.end() || !now->second.packets.contains(reached.packets)) return true;
    }
    return std::any_of(found.broken.begin(), found.broken.end(), [&](std::size_t i) { return !seen.broken[i]; });
  }
  [[nodiscard]] Done with_those_before(std::size_t step, const Done& among) const {
    Done all(among.size());
    std::vector<std::size_t> next{step};
    while (!next.empty()) {
      const auto one = next.back();
      next.pop_back();
      if (!among[one] || all[one]) continue;
      all[one] = true;
      next.insert(next.end(), plan_.steps[one].after.begin(), plan_.steps[one].after.end());
    }
    return all;
  }

  /// What is new comes first, then what changes, then what goes.
  bool open_before_closing(std::size_t stage) {
    const auto open = stages_[stage];
    constexpr std::size_t k_phases = 3;
    std::vector<Done> phases(k_phases, Done(open.size()));
    std::vector<std::size_t> phase(open.size(), 0);
    for (const auto i : in_order(open)) {
      const auto verb = plan_.steps[i].verb;
      phase[i] = verb == Step::Verb::remove ? 2 : verb == Step::Verb::update ? 1 : 0;
      for (const auto before : plan_.steps[i].after)
        if (open[before]) phase[i] = std::max(phase[i], phase[before]);
      phases[phase[i]][i] = true;
    }
    std::erase_if(phases, none);
    return phases.size() > 1 && split(stage, std::move(phases));
  }
  /// Each after those that it waits for.
  [[nodiscard]] std::vector<std::size_t> in_order(const Done& open) const {
    std::vector<std::size_t> order;
    Done seen(open.size());
    const auto visit = [&](const auto& self, std::size_t one) -> void {
      if (!open[one] || seen[one]) return;
      seen[one] = true;
      for (const auto before : plan_.steps[one].after) self(self, before);
      order.push_back(one);
    };
    for (std::size_t i = 0; i < open.size(); ++i) visit(visit, i);
    return order;
  }

  bool split(std::size_t stage, std::vector<Done> parts) {
    const auto at = stages_.begin() + static_cast<std::ptrdiff_t>(stage);
    *at = parts.front();
    stages_.insert(at + 1, std::make_move_iterator(parts.begin() + 1), std::make_move_iterator(parts.end()));
    return true;
  }

  // --- The answer --------------------------------------------------------------------------------------------------
  void tell(Meantime& into) const {
    std::set<std::size_t> broken, stops;
    for (std::size_t i = 0; i < troubles_.size(); ++i) {
      const auto& one = troubles_[i];
      into.opens = verify::united(into.opens, one.opens);
      broken.insert(one.broken.begin(), one.broken.end());
      stops.insert(one.stops.begin(), one.stops.end());
      if (!one.not_known.empty()) into.not_known = one.not_known;
      if (!one.stops_not_known.empty()) into.stops_not_known = one.stops_not_known;
      if (!one.opens_any() && one.stops.empty()) continue;
      for (std::size_t step = 0; step < stages_[i].size(); ++step)
        if (stages_[i][step]) into.in_conflict.push_back(plan_.steps[step].key.address);
    }
    into.broken.assign(broken.begin(), broken.end());
    into.stops.assign(stops.begin(), stops.end());
    for (std::size_t turn = 0; turn < stages_.size(); ++turn)
      for (std::size_t step = 0; step < stages_[turn].size(); ++step)
        if (stages_[turn][step]) into.turns[step] = static_cast<uint32_t>(turn);
  }

  const MeantimeQuestion& question_;
  const Plan& plan_;
  unsigned most_rounds_;
  Mixture mixture_;
  std::set<std::string, std::less<>> touched_{};  // providers that the plan changes something of
  std::vector<Forwarding> rest_{};                // of all others
  mutable std::map<Done, Forwarding> after_{};
  mutable std::map<std::pair<Done, Done>, Forwarding> widest_{}, narrowest_{};
  verify::PacketSet packets_{}, asked_packets_{};
  verify::Reach before_{}, behind_{}, either_{};  // what passes before, after, in one of both
  std::vector<bool> broken_anyway_{};             // of each guarantee: before or after
  std::vector<bool> asked_{}, kept_{};            // of each pair: in question; passes before and after
  std::size_t known_unknowns_ = 0;
  std::string not_known_{}, flows_not_known_{};  // what is too complex to tell of before or after
  std::vector<Done> stages_{};
  std::set<Done> settled_{};  // turns of which each subset was looked at
  std::vector<Trouble> troubles_{};
};

}  // namespace

Meantime meantime_of(const MeantimeQuestion& question, const Plan& plan, unsigned most_rounds) {
  return Looking(question, plan, most_rounds).run();
}

}  // namespace cloison::ops
