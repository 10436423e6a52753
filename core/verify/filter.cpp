#include "core/verify/filter.h"

#include <algorithm>
#include <set>
#include <tuple>

namespace cloison::verify {

namespace {

using Action = FilterRule::Action;

/// Whether the rule takes part in this question.
bool counts(const FilterRule& rule, const FilterQuery& query) {
  if (!rule.match.in.matches(query.in) || !rule.match.out.matches(query.out)) return false;
  // A jump leads to what its chain lets pass and comes back otherwise; whoever asks follows it.
  return rule.match.presence == Presence::always || (rule.action == Action::drop) != query.most;
}

void in_order(std::vector<uint32_t>& numbers) {
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
}

}  // namespace

BoxIndex::BoxIndex(const Numbered& boxes) {
  for (const auto family : {Family::ipv4, Family::ipv6}) {
    const auto at = static_cast<std::size_t>(family);
    by_source_[at] = side_of(boxes, family, &PacketBox::source, &PacketBox::destination);
    by_destination_[at] = side_of(boxes, family, &PacketBox::destination, &PacketBox::source);
  }
}

BoxIndex BoxIndex::of_destinations(const Numbered& boxes) {
  BoxIndex index;
  for (const auto family : {Family::ipv4, Family::ipv6})
    index.by_destination_[static_cast<std::size_t>(family)] =
        side_of(boxes, family, &PacketBox::destination, &PacketBox::source);
  return index;
}

BoxIndex::Side BoxIndex::side_of(const Numbered& boxes, Family family, End first, End second) {
  std::vector<uint32_t> order;
  for (uint32_t i = 0; i < boxes.size(); ++i)
    if (boxes[i].first.family == family) order.push_back(i);
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    const auto &one = boxes[a], &other = boxes[b];
    return std::tie(one.first.*first, one.first.*second, one.second) <
           std::tie(other.first.*first, other.first.*second, other.second);
  });
  Side side;
  side.others.reserve(order.size());
  for (const auto i : order) {
    const auto& [box, number] = boxes[i];
    if (side.ranges.empty() || side.ranges.back().range != box.*first) {
      side.ranges.push_back({box.*first, 0, static_cast<uint32_t>(side.ranges.size())});
      side.begins.push_back(side.others.size());
    }
    side.others.push_back({box.*second, 0, number});
  }
  side.begins.push_back(side.others.size());
  if (!side.ranges.empty()) set_furthest(side.ranges, 0, side.ranges.size());
  for (std::size_t i = 0; i < side.ranges.size(); ++i) set_furthest(side.others, side.begins[i], side.begins[i + 1]);
  return side;
}

/// The middle of a range of the vector is the root of its tree.
uint128 BoxIndex::set_furthest(Tree& tree, std::size_t begin, std::size_t end) {
  const auto middle = begin + (end - begin) / 2;
  auto furthest = tree[middle].range.last;
  if (begin < middle) furthest = std::max(furthest, set_furthest(tree, begin, middle));
  if (middle + 1 < end) furthest = std::max(furthest, set_furthest(tree, middle + 1, end));
  tree[middle].furthest = furthest;
  return furthest;
}

/// False once more than `most` were found.
bool BoxIndex::search(const Tree& tree, std::size_t begin, std::size_t end, const Interval<uint128>& range,
                      std::size_t most, std::vector<uint32_t>& into) {
  if (begin >= end) return true;
  const auto middle = begin + (end - begin) / 2;
  if (tree[middle].furthest < range.first) return true;
  if (!search(tree, begin, middle, range, most, into)) return false;
  if (tree[middle].range.first > range.last) return true;
  if (tree[middle].range.overlaps(range)) {
    if (into.size() >= most) return false;
    into.push_back(tree[middle].number);
  }
  return search(tree, middle + 1, end, range, most, into);
}

void BoxIndex::search_others(const Side& side, const std::vector<uint32_t>& ranges, const Interval<uint128>& range,
                             std::vector<uint32_t>& into) {
  for (const auto one : ranges) search(side.others, side.begins[one], side.begins[one + 1], range, SIZE_MAX, into);
}

void BoxIndex::candidates(const PacketBox& box, std::vector<uint32_t>& into) const {
  const auto family = static_cast<std::size_t>(box.family);
  const auto &sources = by_source_[family], &destinations = by_destination_[family];
  // Whichever end has fewer ranges that meet the box; neither is looked at for long while the other may have few.
  constexpr std::size_t k_few = 8, k_growth = 8;
  std::vector<uint32_t> found;
  for (std::size_t most = k_few;; most *= k_growth) {
    const bool all = most > sources.ranges.size();
    found.clear();
    if (search(sources.ranges, 0, sources.ranges.size(), box.source, most, found))
      return search_others(sources, found, box.destination, into);
    found.clear();
    if (search(destinations.ranges, 0, destinations.ranges.size(), box.destination, all ? SIZE_MAX : most, found))
      return search_others(destinations, found, box.source, into);
  }
}

std::vector<uint32_t> BoxIndex::candidates(const std::vector<PacketBox>& boxes) const {
  std::vector<uint32_t> numbers;
  for (const auto& box : boxes) candidates(box, numbers);
  in_order(numbers);
  return numbers;
}

std::vector<uint32_t> BoxIndex::by_destination(const std::vector<PacketBox>& boxes) const {
  std::vector<uint32_t> numbers;
  for (const auto& box : boxes) {
    const auto& side = by_destination_[static_cast<std::size_t>(box.family)];
    std::vector<uint32_t> ranges;
    search(side.ranges, 0, side.ranges.size(), box.destination, SIZE_MAX, ranges);
    for (const auto one : ranges)
      for (auto i = side.begins[one]; i < side.begins[one + 1]; ++i) numbers.push_back(side.others[i].number);
  }
  in_order(numbers);
  return numbers;
}

/// Of the rules that look at packets in one state of their connection.
Filter::Boxes::Boxes(const FilterChain& chain, bool RuleMatch::* state) {
  std::vector<std::pair<PacketBox, uint32_t>> numbered;
  for (uint32_t rule = 0; rule < chain.rules.size(); ++rule)
    if (chain.rules[rule].match.*state)
      for (const auto& box : chain.rules[rule].match.packets) {
        numbered.emplace_back(box, static_cast<uint32_t>(all.size()));
        all.emplace_back(rule, &box);
      }
  index = BoxIndex(numbered);
}

Filter::Filter(const FilterChain& chain)
    : chain_(&chain), fresh_(chain, &RuleMatch::fresh), established_(chain, &RuleMatch::established) {
  instead_.reserve(chain.instead.size());
  for (const auto& other : chain.instead) instead_.emplace_back(other);
}

const FilterRule* Filter::rule_of(const Decided& decided) const {
  const auto& chain = decided.chain == 0 ? *chain_ : chain_->instead[decided.chain - 1];
  return decided.rule == Decided::k_no_rule ? nullptr : &chain.rules[decided.rule];
}

/// One question to one chain. Either what is left is kept and cut smaller rule by rule, or of each rule's packets those
/// are taken away that an earlier one decides: the first is quick where few rules decide nearly everything, the second
/// where most rules have nothing to do with each other.
class Filter::Question {
 public:
  Question(const Filter& filter, const PacketSet& packets, const FilterQuery& query, bool all)
      : filter_(filter), packets_(packets), query_(query), all_(all), rest_too_(all || filter.chain_->accepts_rest) {}

  Answer run() {
    if (!find_candidates()) return std::nullopt;
    // What is refused at the end need not be known for what passes: after the last refusal nothing has to be taken
    // away.
    tail_ = boxes_.size();
    if (!rest_too_)
      while (tail_ > 0 && rule(boxes_[tail_ - 1].first).action == Action::accept) --tail_;
    constexpr std::size_t k_few = 64;
    if (rest_too_ || tail_ <= k_few) return from_the_rest();
    auto answer = rule_by_rule();
    return answer ? std::move(answer) : from_the_rest();
  }

 private:
  [[nodiscard]] const FilterRule& rule(uint32_t number) const { return filter_.chain_->rules[number]; }
  [[nodiscard]] bool goes_on(const FilterRule& rule) const {
    return rule.action == Action::jump || (query_.both_ways && rule.match.presence == Presence::maybe);
  }
  [[nodiscard]] bool is_told(const FilterRule& rule) const { return all_ || rule.action != Action::drop; }
  [[nodiscard]] bool spend(std::size_t boxes) {
    steps_ += boxes;
    return steps_ <= query_.bounds.steps;
  }

  bool find_candidates() {
    const auto& boxes = query_.state == ConnectionState::fresh ? filter_.fresh_ : filter_.established_;
    std::vector<uint32_t> numbers;
    std::size_t tidy = 2 * boxes.all.size() + packets_.boxes().size();
    for (const auto& box : packets_.boxes()) {
      const auto before = numbers.size();
      boxes.index.candidates(box, numbers);
      if (!spend(1 + numbers.size() - before)) return false;
      if (numbers.size() > tidy) in_order(numbers);
    }
    in_order(numbers);
    boxes_.reserve(numbers.size());
    for (const auto number : numbers)
      if (counts(rule(boxes.all[number].first), query_)) boxes_.push_back(boxes.all[number]);
    return true;
  }

  /// False where there are too many parts.
  bool tell(Decided decided, std::vector<Decided>& answers) {
    if (decided.packets.empty()) return true;
    told_ += decided.packets.boxes().size();
    answers.push_back(std::move(decided));
    return told_ <= query_.bounds.told;
  }

  Answer from_the_rest() {
    steps_ = told_ = 0;
    std::vector<Decided> answers;
    auto rest = packets_;
    for (std::size_t i = 0; i < boxes_.size() && !rest.empty();) {
      const auto number = boxes_[i].first;
      Decided decided{.rule = number, .action = rule(number).action};
      const bool told = is_told(rule(number)), stays = goes_on(rule(number));
      for (; i < boxes_.size() && boxes_[i].first == number; ++i) {
        const auto& box = *boxes_[i].second;
        if (!spend(rest.boxes().size())) return std::nullopt;
        if (told) decided.packets.add(rest.intersected(box));
        if (i < tail_ && !stays) rest.subtract(box);
        if (rest.boxes().size() > query_.bounds.parts) return std::nullopt;
      }
      if (!tell(std::move(decided), answers)) return std::nullopt;
    }
    const bool accepts = filter_.chain_->accepts_rest;
    if (rest_too_ && !tell({.action = accepts ? Action::accept : Action::drop, .packets = std::move(rest)}, answers))
      return std::nullopt;
    return answers;
  }

  Answer rule_by_rule() {
    std::vector<std::pair<PacketBox, uint32_t>> deciding;  // those that take packets away from later ones
    for (uint32_t i = 0; i < tail_; ++i)
      if (!goes_on(rule(boxes_[i].first))) deciding.emplace_back(*boxes_[i].second, i);
    const BoxIndex index(deciding);
    std::vector<Decided> answers;
    for (uint32_t i = 0; i < boxes_.size();) {
      const auto number = boxes_[i].first;
      Decided decided{.rule = number, .action = rule(number).action};
      for (; i < boxes_.size() && boxes_[i].first == number; ++i)
        if (is_told(rule(number)) && !add_left(i, index, decided.packets)) return std::nullopt;
      if (!tell(std::move(decided), answers)) return std::nullopt;
    }
    return answers;
  }

  /// What earlier rules leave of one box.
  bool add_left(uint32_t i, const BoxIndex& index, PacketSet& into) {
    auto left = packets_.intersected(*boxes_[i].second);
    if (!spend(packets_.boxes().size())) return false;
    auto earlier = index.candidates(left.boxes());
    if (!spend(earlier.size())) return false;
    for (const auto other : earlier) {
      if (other >= i || left.empty()) break;
      // Boxes of one rule may overlap, and what one of them has is not told again.
      left.subtract(*boxes_[other].second);
      if (!spend(left.boxes().size()) || left.boxes().size() > query_.bounds.parts) return false;
    }
    into.add(left);
    return true;
  }

  const Filter& filter_;
  const PacketSet& packets_;
  const FilterQuery& query_;
  bool all_, rest_too_;
  std::vector<std::pair<uint32_t, const PacketBox*>> boxes_{};  // that may matter, in the order of their rules
  std::size_t tail_ = 0;                                        // from there on nothing has to be taken away
  std::size_t steps_ = 0, told_ = 0;
};

Filter::Answer Filter::run(const PacketSet& packets, const FilterQuery& query, bool all) const {
  return Question(*this, packets, query, all).run();
}

Filter::Answer Filter::accepted(const PacketSet& packets, const FilterQuery& query) const {
  auto answers = run(packets, query, false);
  if (!answers || instead_.empty()) return answers;
  const bool told = query.most ? add_instead(packets, query, *answers) : keep_common(packets, query, *answers);
  return told ? std::move(answers) : std::nullopt;
}

Filter::Answer Filter::decided(const PacketSet& packets, const FilterQuery& query) const {
  return instead_.empty() ? run(packets, query, true) : accepted(packets, query);
}

/// What one of them lets pass already is not told again.
bool Filter::add_instead(const PacketSet& packets, const FilterQuery& query, std::vector<Decided>& into) const {
  std::set<PacketBox> told;
  for (std::size_t i = 0; i < instead_.size(); ++i) {
    for (const auto& answer : into)
      if (answer.action == Action::accept) told.insert(answer.packets.boxes().begin(), answer.packets.boxes().end());
    auto others = instead_[i].run(packets, query, false);
    if (!others) return false;
    for (auto& answer : *others) {
      PacketSet more;
      for (const auto& box : answer.packets.boxes())
        if (answer.action != Action::accept || !told.contains(box)) more.add(box);
      if (more.empty()) continue;
      answer.packets = std::move(more);
      answer.chain = i + 1;
      into.push_back(std::move(answer));
    }
  }
  return true;
}

/// A jump stays where each of them has it: what it leads to is the same for all.
bool Filter::keep_common(const PacketSet& packets, const FilterQuery& query, std::vector<Decided>& mine) const {
  std::size_t steps = 0;
  for (const auto& other : instead_) {
    const auto theirs = other.run(packets, query, false);
    if (!theirs) return false;
    std::vector<std::pair<PacketBox, uint32_t>> numbered;
    for (uint32_t number = 0; number < theirs->size(); ++number)
      for (const auto& box : (*theirs)[number].packets.boxes()) numbered.emplace_back(box, number);
    const BoxIndex index(numbered);
    for (auto& answer : mine) {
      PacketSet common;
      for (const auto number : index.candidates(answer.packets.boxes())) {
        const auto& one = (*theirs)[number];
        steps += answer.packets.boxes().size() * one.packets.boxes().size();
        if (one.action == answer.action) common.add(answer.packets.intersected(one.packets));
      }
      answer.packets = std::move(common);
      if (steps > query.bounds.steps || answer.packets.boxes().size() > query.bounds.told) return false;
    }
    std::erase_if(mine, [](const Decided& one) { return one.packets.empty(); });
  }
  return true;
}

}  // namespace cloison::verify
