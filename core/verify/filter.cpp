#include "core/verify/filter.h"

#include <algorithm>
#include <set>

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

BoxIndex::BoxIndex(const std::vector<std::pair<PacketBox, uint32_t>>& boxes) {
  for (const auto& [box, number] : boxes) {
    const auto family = static_cast<std::size_t>(box.family);
    by_source_[family].push_back({box.source, 0, number});
    by_destination_[family].push_back({box.destination, 0, number});
  }
  for (auto* trees : {&by_source_, &by_destination_})
    for (auto& tree : *trees) build(tree);
}

void BoxIndex::build(Tree& tree) {
  std::sort(tree.begin(), tree.end(), [](const Entry& a, const Entry& b) { return a.range < b.range; });
  if (!tree.empty()) set_furthest(tree, 0, tree.size());
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

void BoxIndex::candidates(const PacketBox& box, std::vector<uint32_t>& into) const {
  const auto family = static_cast<std::size_t>(box.family);
  const auto& sources = by_source_[family];
  const auto& destinations = by_destination_[family];
  // Whichever side gives fewer; neither is looked at for long while the other may be short.
  constexpr std::size_t k_few = 32, k_growth = 8;
  std::vector<uint32_t> found;
  for (std::size_t most = k_few;; most *= k_growth) {
    const bool all = most > sources.size();
    found.clear();
    if (search(sources, 0, sources.size(), box.source, most, found)) break;
    found.clear();
    if (search(destinations, 0, destinations.size(), box.destination, all ? SIZE_MAX : most, found)) break;
  }
  into.insert(into.end(), found.begin(), found.end());
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
    const auto& destinations = by_destination_[static_cast<std::size_t>(box.family)];
    search(destinations, 0, destinations.size(), box.destination, SIZE_MAX, numbers);
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

std::vector<std::pair<uint32_t, const PacketBox*>> Filter::candidates(const PacketSet& packets,
                                                                      const FilterQuery& query) const {
  const auto& boxes = query.state == ConnectionState::fresh ? fresh_ : established_;
  const auto numbers = boxes.index.candidates(packets.boxes());
  std::vector<std::pair<uint32_t, const PacketBox*>> found;
  found.reserve(numbers.size());
  for (const auto number : numbers)
    if (counts(chain_->rules[boxes.all[number].first], query)) found.push_back(boxes.all[number]);
  return found;
}

std::vector<Decided> Filter::run(const PacketSet& packets, const FilterQuery& query, bool all) const {
  std::vector<Decided> answers;
  auto rest = packets;
  const auto boxes = candidates(packets, query);
  // What is refused at the end need not be known for what passes: after the last refusal nothing has to be taken away.
  std::size_t tail = boxes.size();
  if (!all && !chain_->accepts_rest)
    while (tail > 0 && chain_->rules[boxes[tail - 1].first].action == Action::accept) --tail;
  for (std::size_t i = 0; i < boxes.size() && !rest.empty();) {
    const auto number = boxes[i].first;
    const auto& rule = chain_->rules[number];
    Decided decided{.rule = number, .action = rule.action};
    for (; i < boxes.size() && boxes[i].first == number; ++i) {
      const auto& box = *boxes[i].second;
      decided.packets.add(rest.intersected(box));
      const bool goes_on = rule.action == Action::jump || (query.both_ways && rule.match.presence == Presence::maybe);
      if (i < tail && !goes_on) rest.subtract(box);
    }
    if (!decided.packets.empty() && (all || rule.action != Action::drop)) answers.push_back(std::move(decided));
  }
  if (!rest.empty() && (all || chain_->accepts_rest))
    answers.push_back({.rule = Decided::k_no_rule,
                       .action = chain_->accepts_rest ? Action::accept : Action::drop,
                       .packets = std::move(rest)});
  return answers;
}

std::vector<Decided> Filter::accepted(const PacketSet& packets, const FilterQuery& query) const {
  auto answers = run(packets, query, false);
  if (instead_.empty()) return answers;
  query.most ? add_instead(packets, query, answers) : keep_common(packets, query, answers);
  return answers;
}

std::vector<Decided> Filter::decided(const PacketSet& packets, const FilterQuery& query) const {
  return instead_.empty() ? run(packets, query, true) : accepted(packets, query);
}

/// What one of them lets pass already is not told again.
void Filter::add_instead(const PacketSet& packets, const FilterQuery& query, std::vector<Decided>& into) const {
  std::set<PacketBox> told;
  for (std::size_t i = 0; i < instead_.size(); ++i) {
    for (const auto& answer : into)
      if (answer.action == Action::accept) told.insert(answer.packets.boxes().begin(), answer.packets.boxes().end());
    for (auto& answer : instead_[i].run(packets, query, false)) {
      PacketSet more;
      for (const auto& box : answer.packets.boxes())
        if (answer.action != Action::accept || !told.contains(box)) more.add(box);
      if (more.empty()) continue;
      answer.packets = std::move(more);
      answer.chain = i + 1;
      into.push_back(std::move(answer));
    }
  }
}

/// A jump stays where each of them has it: what it leads to is the same for all.
void Filter::keep_common(const PacketSet& packets, const FilterQuery& query, std::vector<Decided>& mine) const {
  for (const auto& other : instead_) {
    const auto theirs = other.run(packets, query, false);
    for (auto& answer : mine) {
      PacketSet common;
      for (const auto& one : theirs)
        if (one.action == answer.action) common.add(answer.packets.intersected(one.packets));
      answer.packets = std::move(common);
    }
    std::erase_if(mine, [](const Decided& one) { return one.packets.empty(); });
  }
}

}  // namespace cloison::verify
