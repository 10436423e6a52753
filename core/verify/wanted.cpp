#include "core/verify/wanted.h"

#include <algorithm>

namespace cloison::verify {

namespace {

std::vector<std::pair<PacketBox, uint32_t>> numbered(const std::vector<Wanted>& wanted) {
  std::vector<std::pair<PacketBox, uint32_t>> boxes;
  for (uint32_t i = 0; i < wanted.size(); ++i)
    for (const auto& box : wanted[i].permitted) boxes.emplace_back(box, i);
  return boxes;
}

}  // namespace

WantedIndex::WantedIndex(const std::vector<Wanted>& wanted) : wanted_(&wanted), index_(numbered(wanted)) {}

std::vector<uint32_t> WantedIndex::candidates(const PacketBox& box, std::string_view environment) const {
  auto numbers = index_.candidates({box});
  std::erase_if(numbers, [&](uint32_t number) {
    const auto& its = (*wanted_)[number].environment;
    return !its.empty() && !environment.empty() && its != environment;
  });
  return numbers;
}

PacketSet WantedIndex::beyond(const PacketSet& packets, std::string_view environment, bool system_only) const {
  PacketSet all;
  for (const auto& box : packets.boxes()) {
    PacketSet rest(box);
    for (const auto number : candidates(box, environment)) {
      if (rest.empty()) break;
      const auto& wanted = (*wanted_)[number];
      if (system_only && !wanted.system) continue;
      for (const auto& one : wanted.permitted) rest.subtract(one);
    }
    all.add(rest);
  }
  return all;
}

}  // namespace cloison::verify
