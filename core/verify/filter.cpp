#include "core/verify/filter.h"

#include <algorithm>

namespace cloison::verify {

namespace {

using Action = FilterRule::Action;

std::vector<std::pair<PacketBox, uint32_t>> numbered_boxes(const FilterChain& chain) {
  std::vector<std::pair<PacketBox, uint32_t>> boxes;
  for (uint32_t number = 0; number < chain.rules.size(); ++number)
    for (const auto& box : chain.rules[number].match.packets) boxes.emplace_back(box, number);
  return boxes;
}

/// Whether the rule takes part in this question.
bool counts(const FilterRule& rule, const FilterQuery& query) {
  if (query.state == ConnectionState::fresh ? !rule.match.fresh : !rule.match.established) return false;
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
  std::vector<uint32_t> found, other;
  search(sources, 0, sources.size(), box.source, SIZE_MAX, found);
  if (search(destinations, 0, destinations.size(), box.destination, found.size(), other)) found = std::move(other);
  into.insert(into.end(), found.begin(), found.end());
  in_order(into);
}

void BoxIndex::by_destination(const PacketBox& box, std::vector<uint32_t>& into) const {
  const auto& destinations = by_destination_[static_cast<std::size_t>(box.family)];
  search(destinations, 0, destinations.size(), box.destination, SIZE_MAX, into);
  in_order(into);
}

Filter::Filter(const FilterChain& chain) : chain_(&chain), index_(numbered_boxes(chain)) {}

std::vector<uint32_t> Filter::candidates(const PacketSet& packets, const FilterQuery& query) const {
  std::vector<uint32_t> numbers;
  for (const auto& box : packets.boxes()) index_.candidates(box, numbers);
  std::erase_if(numbers, [&](uint32_t number) { return !counts(chain_->rules[number], query); });
  return numbers;
}

std::vector<Decided> Filter::run(const PacketSet& packets, const FilterQuery& query, bool all) const {
  std::vector<Decided> answers;
  auto rest = packets;
  auto numbers = candidates(packets, query);
  // What is refused at the end need not be known for what passes: after the last refusal nothing has to be taken away.
  std::size_t tail = numbers.size();
  if (!all && !chain_->accepts_rest)
    while (tail > 0 && chain_->rules[numbers[tail - 1]].action == Action::accept) --tail;
  for (std::size_t i = 0; i < numbers.size() && !rest.empty(); ++i) {
    const auto& rule = chain_->rules[numbers[i]];
    Decided decided{.rule = numbers[i], .action = rule.action};
    for (const auto& box : rule.match.packets) {
      decided.packets.add(rest.intersected(box));
      if (i < tail && rule.action != Action::jump) rest.subtract(box);
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
  return run(packets, query, false);
}

std::vector<Decided> Filter::decided(const PacketSet& packets, const FilterQuery& query) const {
  return run(packets, query, true);
}

}  // namespace cloison::verify
