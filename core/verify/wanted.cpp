#include "core/verify/wanted.h"

#include <algorithm>

namespace cloison::verify {

namespace {

std::vector<std::pair<PacketBox, uint32_t>> permitted(const std::vector<Wanted>& wanted) {
  std::vector<std::pair<PacketBox, uint32_t>> boxes;
  for (uint32_t i = 0; i < wanted.size(); ++i)
    for (const auto& box : wanted[i].permitted) boxes.emplace_back(box, i);
  return boxes;
}

std::vector<std::pair<PacketBox, uint32_t>> numbered(const std::vector<std::pair<PacketBox, uint32_t>>& boxes) {
  auto all = boxes;
  for (uint32_t i = 0; i < all.size(); ++i) all[i].second = i;
  return all;
}

}  // namespace

WantedIndex::WantedIndex(const std::vector<Wanted>& wanted)
    : wanted_(&wanted), boxes_(permitted(wanted)), index_(numbered(boxes_)) {}

template <class Use>
void WantedIndex::each(const PacketBox& box, std::string_view environment, const Use& use) const {
  for (const auto number : index_.candidates({box})) {
    const auto& [one, whose] = boxes_[number];
    const auto& its = (*wanted_)[whose].environment;
    if (one.overlaps(box) && (its.empty() || environment.empty() || its == environment)) use(one, whose);
  }
}

std::vector<uint32_t> WantedIndex::candidates(const PacketBox& box, std::string_view environment) const {
  std::vector<uint32_t> numbers;
  each(box, environment, [&](const PacketBox&, uint32_t whose) {
    if (numbers.empty() || numbers.back() != whose) numbers.push_back(whose);
  });
  return numbers;
}

PacketSet WantedIndex::beyond(const PacketSet& packets, std::string_view environment, bool system_only) const {
  PacketSet all;
  for (const auto& box : packets.boxes()) {
    PacketSet rest(box);
    each(box, environment, [&](const PacketBox& one, uint32_t whose) {
      if (!system_only || (*wanted_)[whose].system) rest.subtract(one);
    });
    all.add(rest);
  }
  return all;
}

}  // namespace cloison::verify
