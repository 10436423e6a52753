#include "core/verify/chain_lint.h"

#include <algorithm>
#include <array>
#include <set>

#include "core/base/strings.h"
#include "core/verify/filter.h"
#include "core/verify/interface_classes.h"

namespace cloison::verify {

namespace {

using Action = FilterRule::Action;
using Kind = RuleFault::Kind;

/// A rule that answers or logs differs from one that decides the same in silence. Names of resources have no blanks.
bool does_more(const FilterRule& rule) {
  const auto words = split(rule.match.text, ' ');
  return words.size() > 1 &&
         std::any_of(words.begin(), words.end(), [](const auto& word) { return word == "log" || word == "reject"; });
}

bool is_certain(const FilterRule& rule) {
  return rule.action != Action::jump && rule.match.presence == Presence::always;
}

/// What decides after a rule has gone: nothing else, the same, or otherwise for some packet.
enum class Without : uint8_t { same, different, unknown };

/// Where a packet is met: classes of interfaces that all rules at hand treat alike, in one state of its connection.
struct Meeting {
  std::size_t in = 0, out = 0;  // an interface of each class
  ConnectionState state = ConnectionState::fresh;
};

class ChainLint {
 public:
  ChainLint(const FilterChain& chain, const ChainScope& scope, const ChainLintBounds& bounds)
      : chain_(chain), scope_(scope), bounds_(bounds), in_(scope.in), out_(scope.out), gone_(chain.rules.size()) {
    std::array<std::vector<std::pair<PacketBox, uint32_t>>, k_indexes> numbered;
    for (uint32_t rule = 0; rule < chain.rules.size(); ++rule) {
      in_.add(chain.rules[rule].match.in);
      out_.add(chain.rules[rule].match.out);
      for (const auto& box : chain.rules[rule].match.packets) {
        numbered[index_of(box)].emplace_back(box, static_cast<uint32_t>(boxes_.size()));
        boxes_.emplace_back(rule, &box);
      }
    }
    for (const auto& boxes : numbered) indexes_.emplace_back(boxes);
  }

  std::vector<RuleFault> run() {
    // Of two that say the same the later one goes: it is the one that was added.
    for (auto number = static_cast<uint32_t>(chain_.rules.size()); number-- > 0;) judge(number);
    std::reverse(faults_.begin(), faults_.end());
    return std::move(faults_);
  }

  std::vector<DecidedAlone> alone() {
    all_steps_ = 0;
    std::vector<DecidedAlone> all;
    all.reserve(chain_.rules.size());
    for (uint32_t number = 0; number < chain_.rules.size(); ++number) all.push_back(alone_of(number));
    return all;
  }

 private:
  [[nodiscard]] const FilterRule& rule(uint32_t number) const { return chain_.rules[number]; }

  void judge(uint32_t number) {
    const auto& match = rule(number).match;
    if (match.implicit || rule(number).action == Action::jump || (!match.fresh && !match.established)) return;
    fault_ = RuleFault{.rule = number};
    if (!is_ever_met(number)) {
      found(Kind::never);
      return;
    }
    steps_ = 0;
    const auto meetings = meetings_of(number);
    if (!meetings) {
      found(Kind::too_complex);
      return;
    }
    for (const auto& meeting : *meetings)
      if (shows_a_difference(number, meeting)) return;
    bool shadowed = true, otherwise = false;
    by_.clear(), others_.clear();
    for (const auto& meeting : *meetings)
      for (const auto& box : match.packets) {
        const auto without = without_it(number, box, meeting, shadowed, otherwise);
        if (without == Without::different) return;
        if (without == Without::unknown) {
          found(Kind::too_complex);
          return;
        }
      }
    found(shadowed && otherwise ? Kind::shadowed : Kind::redundant);
  }

  void found(Kind kind) {
    fault_.kind = kind;
    if (kind == Kind::shadowed) by_.insert(others_.begin(), others_.end());
    if (kind == Kind::shadowed || kind == Kind::redundant) {
      fault_.by.assign(by_.begin(), by_.end());
      set_witness();
    }
    if (kind != Kind::too_complex) gone_[fault_.rule] = true;
    faults_.push_back(std::move(fault_));
  }

  /// A packet that its first box and the first of those that decide for it have.
  void set_witness() {
    for (const auto by : fault_.by)
      for (const auto& box : rule(fault_.rule).match.packets)
        for (const auto& other : rule(by).match.packets)
          if (const auto both = intersection(box, other)) {
            fault_.witness = PacketSet(*both).example(), fault_.decider = by;
            return;
          }
    fault_.witness = PacketSet(rule(fault_.rule).match.packets).example();
  }

  // --- Whether any packet comes ------------------------------------------------------------------------------------
  static bool may_be(const std::map<std::string, AddressIntervals, std::less<>>& only, const std::string& interface,
                     Family family, const Interval<uint128>& range) {
    const auto known = only.find(interface);
    return known == only.end() || std::any_of(known->second.begin(), known->second.end(), [&](const auto& one) {
             return one.first == family && one.second.overlaps(range);
           });
  }
  [[nodiscard]] bool is_ever_met(uint32_t number) const {
    const auto& match = rule(number).match;
    return std::any_of(match.packets.begin(), match.packets.end(), [&](const PacketBox& box) {
      const auto by = [&](const std::vector<std::string>& names, const InterfaceMatch& interfaces, const auto& only,
                          const Interval<uint128>& range) {
        return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
          return interfaces.matches(name) && may_be(only, name, box.family, range);
        });
      };
      return by(scope_.in, match.in, scope_.arrives, box.source) &&
             by(scope_.out, match.out, scope_.leaves, box.destination);
    });
  }

  // --- Where its packets are met -----------------------------------------------------------------------------------
  /// Rules of which boxes may meet those of one, by the same interfaces. Nothing where they are too many.
  [[nodiscard]] std::optional<std::vector<uint32_t>> met_by(uint32_t number) {
    std::set<uint32_t> rules;
    for (const auto& box : rule(number).match.packets)
      for (const auto at : candidates(box)) {
        if (!spend(1)) return std::nullopt;
        const auto other = boxes_[at].first;
        if (other != number && in_.meet(number, other) && out_.meet(number, other)) rules.insert(other);
      }
    return std::vector<uint32_t>(rules.begin(), rules.end());
  }

  [[nodiscard]] std::optional<std::vector<Meeting>> meetings_of(uint32_t number) {
    constexpr std::size_t k_most_meetings = 10'000;
    const bool one_place = scope_.in.size() == 1 && scope_.out.size() == 1;  // before a card
    const auto others = one_place ? std::optional<std::vector<uint32_t>>(std::in_place) : met_by(number);
    if (!others) return std::nullopt;
    const auto in = in_.classes(number, *others), out = out_.classes(number, *others);
    if (in.size() * out.size() > k_most_meetings) return std::nullopt;
    std::vector<Meeting> meetings;
    const auto& match = rule(number).match;
    for (const auto& [counts, state] :
         {std::pair(match.fresh, ConnectionState::fresh), {match.established, ConnectionState::established}})
      for (std::size_t i = 0; i < in.size() && counts; ++i)
        for (const auto by : out) meetings.push_back({in[i], by, state});
    return meetings;
  }

  [[nodiscard]] bool counts(uint32_t other, const Meeting& meeting) const {
    const auto& match = rule(other).match;
    return (meeting.state == ConnectionState::fresh ? match.fresh : match.established) && in_.has(other, meeting.in) &&
           out_.has(other, meeting.out);
  }

  /// Boxes from anywhere are found by where to, those to anywhere by where from: one index for all would find, of a
  /// rule between two machines, all of the one kind or all of the other.
  static constexpr std::size_t k_indexes = 3;
  static std::size_t index_of(const PacketBox& box) {
    const auto all = PacketBox::all(box.family);
    return box.destination == all.destination ? 0 : box.source == all.source ? 1 : 2;
  }
  [[nodiscard]] std::vector<uint32_t> candidates(const PacketBox& box) const {
    std::vector<uint32_t> numbers;
    for (const auto& index : indexes_) {
      const auto found = index.candidates({box});
      numbers.insert(numbers.end(), found.begin(), found.end());
    }
    std::sort(numbers.begin(), numbers.end());
    return numbers;
  }

  /// False once too much was looked at.
  bool spend(std::size_t steps) {
    steps_ += steps, all_steps_ += steps;
    return steps_ <= bounds_.steps && all_steps_ <= bounds_.chain_steps;
  }

  // --- What would decide instead -----------------------------------------------------------------------------------
  [[nodiscard]] bool rest_differs(Action action) const { return chain_.accepts_rest != (action == Action::accept); }
  /// A jump's chain lets pass, if anything.
  static bool differs(const FilterRule& other, Action action) {
    return (other.action == Action::drop) != (action == Action::drop);
  }

  /// Most rules are needed, and some packet of theirs says so at once.
  [[nodiscard]] bool shows_a_difference(uint32_t number, const Meeting& meeting) {
    constexpr std::size_t k_boxes_tried = 4;
    const auto& boxes = rule(number).match.packets;
    for (std::size_t i = 0; i < std::min(boxes.size(), k_boxes_tried); ++i)
      for (const auto& packet : {PacketSet(boxes[i]).example(), PacketSet(last_of(boxes[i])).sample()})
        if (packet && without_it(number, *packet, meeting) == Without::different) return true;
    return false;
  }
  static PacketBox last_of(const PacketBox& box) {
    return {.family = box.family,
            .source = {box.source.last, box.source.last},
            .destination = {box.destination.last, box.destination.last},
            .protocol = {box.protocol.last, box.protocol.last},
            .source_port = {box.source_port.last, box.source_port.last},
            .service = {box.service.last, box.service.last}};
  }

  [[nodiscard]] Without without_it(uint32_t number, const Packet& packet, const Meeting& meeting) {
    const PacketBox point{.family = packet.family,
                          .source = {packet.source, packet.source},
                          .destination = {packet.destination, packet.destination},
                          .protocol = {packet.protocol, packet.protocol},
                          .source_port = {packet.source_port, packet.source_port},
                          .service = {packet.service, packet.service}};
    const auto action = rule(number).action;
    for (const auto at : candidates(point)) {
      const auto [other, box] = boxes_[at];
      if (!spend(1)) return Without::unknown;
      if (other == number || !counts(other, meeting) || !box->contains(packet)) continue;
      if (other < number) {
        if (is_certain(rule(other))) return Without::same;
      } else if (differs(rule(other), action)) {
        return Without::different;
      } else if (is_certain(rule(other)) && !gone_[other]) {
        return Without::same;
      }
    }
    return rest_differs(action) || does_more(rule(number)) ? Without::different : Without::same;
  }

  /// Of one of its boxes. `shadowed` stays while nothing of any is left for the rule; `otherwise`: some of what is not
  /// is decided the other way.
  [[nodiscard]] Without without_it(uint32_t number, const PacketBox& box, const Meeting& meeting, bool& shadowed,
                                   bool& otherwise) {
    const auto action = rule(number).action;
    PacketSet rest(box);
    const auto all = candidates(box);
    std::size_t at = 0;
    for (; at < all.size() && boxes_[all[at]].first < number && !rest.empty(); ++at) {
      const auto [other, taken] = boxes_[all[at]];
      if (!is_certain(rule(other)) || !counts(other, meeting)) continue;
      if (!spend(rest.boxes().size())) return Without::unknown;
      if (rest.intersected(*taken).empty()) continue;
      rest.subtract(*taken);
      const bool same = rule(other).action == action;
      otherwise = otherwise || !same;
      note(same ? by_ : others_, other, meeting, number);
      if (rest.boxes().size() > bounds_.boxes) return Without::unknown;
    }
    if (rest.empty()) return Without::same;
    shadowed = false;
    if (does_more(rule(number))) return Without::different;
    for (; at < all.size() && !rest.empty(); ++at) {
      const auto [other, taken] = boxes_[all[at]];
      if (other <= number || !counts(other, meeting)) continue;
      if (!spend(rest.boxes().size())) return Without::unknown;
      if (rest.intersected(*taken).empty()) continue;
      if (differs(rule(other), action)) return Without::different;
      if (!is_certain(rule(other)) || gone_[other]) continue;
      rest.subtract(*taken);
      note(by_, other, meeting, number);
      if (rest.boxes().size() > bounds_.boxes) return Without::unknown;
    }
    if (rest.empty()) return Without::same;
    if (rest_differs(action)) return Without::different;
    fault_.by_rest = true;
    return Without::same;
  }

  // --- What it alone decides ---------------------------------------------------------------------------------------
  [[nodiscard]] DecidedAlone alone_of(uint32_t number) {
    using Alone = DecidedAlone::Kind;
    const auto& match = rule(number).match;
    if (match.implicit || (!match.fresh && !match.established)) return {};
    if (!is_ever_met(number)) return {.kind = Alone::nothing};
    steps_ = 0;
    const auto meetings = meetings_of(number);
    if (!meetings) return {.kind = Alone::too_complex};
    const bool more = does_more(rule(number));
    PacketSet decided;
    bool whole = true;
    for (const auto& box : match.packets) {
      bool all_of_it = false;
      for (std::size_t i = 0; i < meetings->size() && !all_of_it; ++i) {
        const auto part = alone_of(number, box, (*meetings)[i], more);
        if (!part) return {.kind = Alone::too_complex};
        all_of_it = part->boxes() == std::vector{box};
        decided.add(*part);
      }
      whole = whole && all_of_it;
    }
    if (whole) return {.kind = Alone::all};
    return in_few_boxes(match.packets, std::move(decided));
  }

  /// Several parts may come to the whole.
  static DecidedAlone in_few_boxes(const std::vector<PacketBox>& of, PacketSet decided) {
    constexpr std::size_t k_few = 500;  // more are cut short by whoever shows them, in any order
    if (decided.empty()) return {.kind = DecidedAlone::Kind::nothing};
    if (decided.boxes().size() > k_few) return {.kind = DecidedAlone::Kind::part, .packets = std::move(decided)};
    decided.simplify();
    PacketSet others(of);
    others.subtract(decided);
    if (others.empty()) return {.kind = DecidedAlone::Kind::all};
    return {.kind = DecidedAlone::Kind::part, .packets = std::move(decided)};
  }

  /// Of one of its boxes. `more`: it does more than decide. Nothing where it is too complex.
  [[nodiscard]] std::optional<PacketSet> alone_of(uint32_t number, const PacketBox& box, const Meeting& meeting,
                                                  bool more) {
    const auto action = rule(number).action;
    PacketSet rest(box), decided;
    for (const auto at : candidates(box)) {
      const auto [other, taken] = boxes_[at];
      if (rest.empty() || (more && other > number)) break;
      if (other == number || !counts(other, meeting)) continue;
      const bool otherwise = other > number && differs(rule(other), action);
      if (!otherwise && !is_certain(rule(other))) continue;
      if (!spend(rest.boxes().size())) return std::nullopt;
      const auto part = rest.intersected(*taken);
      if (part.empty()) continue;
      if (otherwise) decided.add(part);
      rest.subtract(*taken);
      if (rest.boxes().size() + decided.boxes().size() > bounds_.boxes) return std::nullopt;
    }
    const bool lets_pass = action != Action::drop;
    if (more || chain_.accepts_rest != lets_pass) decided.add(rest);
    return decided;
  }

  /// What decides new packets says more than what lets connections go on.
  void note(std::set<uint32_t>& into, uint32_t other, const Meeting& meeting, uint32_t number) const {
    if (meeting.state == ConnectionState::fresh || !rule(number).match.fresh) into.insert(other);
  }

  const FilterChain& chain_;
  const ChainScope& scope_;
  const ChainLintBounds& bounds_;
  InterfaceClasses in_, out_;
  std::vector<std::pair<uint32_t, const PacketBox*>> boxes_{};  // with their rules, in order
  std::vector<BoxIndex> indexes_{};
  std::vector<bool> gone_;  // found already: what is decided must not rest on them
  std::vector<RuleFault> faults_{};
  RuleFault fault_{};
  std::set<uint32_t> by_{}, others_{};
  std::size_t steps_ = 0, all_steps_ = 0;
};

}  // namespace

std::vector<RuleFault> lint_chain(const FilterChain& chain, const ChainScope& scope, const ChainLintBounds& bounds) {
  return ChainLint(chain, scope, bounds).run();
}

JudgedChain judge_chain(const FilterChain& chain, const ChainScope& scope, const ChainLintBounds& bounds) {
  ChainLint lint(chain, scope, bounds);
  JudgedChain judged{.faults = lint.run()};
  judged.alone = lint.alone();
  return judged;
}

}  // namespace cloison::verify
