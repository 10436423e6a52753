#include "core/ops/reach_changes.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/verify/packet_text.h"

namespace cloison::ops {

std::vector<ReachChange> reach_changes(const verify::Reach& reach, bool opens,
                                       const std::function<std::string(const std::string&)>& reason_of) {
  std::map<std::tuple<std::string, std::string, std::vector<std::string>>, ReachChange> groups;
  for (const auto& [ends, reached] : reach) {
    auto services = verify::service_texts(reached.packets.boxes());
    std::sort(services.begin(), services.end());
    auto& group = groups[{ends.first.alike, ends.second.alike, services}];
    ++group.pairs;
    for (const auto& rule : reached.rules_of(reached.packets))
      if (auto text = reason_of(rule);
          std::find(group.reasons.begin(), group.reasons.end(), text) == group.reasons.end())
        group.reasons.push_back(std::move(text));
    if (group.pairs > 1) continue;
    group.opens = opens;
    group.from = ends.first.alike, group.to = ends.second.alike, group.services = std::move(services);
    group.example = fmt::format("{} -> {}, {}", ends.first.name, ends.second.name,
                                verify::packet_text(reached.packets.example().value_or(Packet{})));
  }
  std::vector<ReachChange> changes;
  for (auto& [key, group] : groups) {
    std::sort(group.reasons.begin(), group.reasons.end());
    changes.push_back(std::move(group));
  }
  return changes;
}

}  // namespace cloison::ops
