#pragma once
// What the lookups of compliance share.

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/ops/compliance.h"

namespace cloison::ops {

/// So many examples are told; whoever wants all reads the report that is named.
inline constexpr std::size_t k_most_looked_at = 10;

/// Examples once each, in order, the first of them.
[[nodiscard]] inline std::vector<std::string> first_of(std::vector<std::string> all) {
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  if (all.size() > k_most_looked_at) {
    const auto more = all.size() - k_most_looked_at;
    all.resize(k_most_looked_at);
    all.push_back("+" + std::to_string(more));
  }
  return all;
}

[[nodiscard]] inline report::Looked looked(report::Evidence status, report::Phrase says,
                                           std::vector<std::string> examples = {}, std::string read_on = {}) {
  return {status, std::move(says), first_of(std::move(examples)), std::move(read_on)};
}

/// Whether one of the values that are asked for; none asks for all.
[[nodiscard]] inline bool is_asked_for(std::span<const std::string> values, std::string_view value) {
  return values.empty() || std::find(values.begin(), values.end(), value) != values.end();
}

/// Whether one of the values is this.
[[nodiscard]] inline bool holds_any(std::span<const std::string> values, std::string_view value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

using PlacesByPath = std::map<std::string_view, const verify::Place*>;
[[nodiscard]] inline PlacesByPath places_by_path(const verify::ProofInput& input) {
  PlacesByPath places;
  for (const auto& place : input.places) places.emplace(place.path, &place);
  return places;
}

}  // namespace cloison::ops
