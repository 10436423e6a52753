#include "core/ops/report_ends.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/verify/packet_text.h"

namespace cloison::ops {

namespace {

constexpr std::size_t k_most_named = 12;  // more of them say no more

void add_once(std::vector<std::string>& names, const std::string& name) {
  if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

void cut_short(std::vector<std::string>& names) {
  if (names.size() <= k_most_named) return;
  const auto more = names.size() - k_most_named;
  names.resize(k_most_named);
  names.push_back(fmt::format("+{}", more));
}

}  // namespace

EndNames::EndNames(const verify::ProofInput& input) {
  for (const auto& place : input.places) {
    for (const auto& prefix : place.prefixes) add(place, prefix);
    for (const auto& prefix : place.outer) add(place, prefix);
  }
  for (auto* known : {&ipv4_, &ipv6_}) {
    const auto by_first = [](const Known& a, const Known& b) { return a.range < b.range; };
    std::stable_sort(known->segments.begin(), known->segments.end(), by_first);
    std::stable_sort(known->machines.begin(), known->machines.end(), by_first);
    for (const auto& one : known->segments)
      known->longest_segment = std::max(known->longest_segment, one.range.last - one.range.first);
  }
  for (const auto& [family, range] : input.outside) (family == Family::ipv4 ? ipv4_ : ipv6_).outside.push_back(range);
}

void EndNames::add(const verify::Place& place, const IpPrefix& prefix) {
  auto& known = prefix.family() == Family::ipv4 ? ipv4_ : ipv6_;
  const bool machine = place.kind != verify::Place::Kind::segment;
  (machine ? known.machines : known.segments).push_back({interval_of(prefix), &place});
}

NamedEnd EndNames::of(const std::vector<PacketBox>& boxes, bool source) const {
  NamedEnd end;
  for (const auto family : {Family::ipv4, Family::ipv6}) {
    std::vector<Interval<uint128>> ranges;
    for (const auto& box : boxes)
      if (box.family == family) ranges.push_back(source ? box.source : box.destination);
    for (const auto& range : merged(std::move(ranges)))
      name(family == Family::ipv4 ? ipv4_ : ipv6_, family, range, end);
  }
  cut_short(end.places);
  return end;
}

/// A segment where all of it is meant; else the machines that are.
void EndNames::name(const ByFamily& known, Family family, const Interval<uint128>& range, NamedEnd& end) const {
  add_once(end.prefixes, verify::range_text(family, range));
  for (const auto& outside : known.outside) end.internet = end.internet || outside.overlaps(range);
  if (range == PacketBox::all(family).source) {
    end.any = end.wide = true;
    return add_once(end.places, "any");
  }
  if (end.internet) add_once(end.places, "internet");
  const auto from = [](const std::vector<Known>& all, uint128 first) {
    return std::lower_bound(all.begin(), all.end(), first,
                            [](const Known& one, uint128 value) { return one.range.first < value; });
  };
  std::size_t whole = 0;
  const auto earliest = range.first > known.longest_segment ? range.first - known.longest_segment : uint128{0};
  for (auto at = from(known.segments, earliest); at != known.segments.end() && at->range.first <= range.last; ++at) {
    if (!at->range.overlaps(range)) continue;
    add_once(end.zones, at->place->zone);
    if (range.contains(at->range)) ++whole, add_once(end.places, at->place->path);
  }
  end.wide = end.wide || whole > 1;
  if (whole > 0) return;
  for (auto at = from(known.machines, range.first); at != known.machines.end() && at->range.first <= range.last; ++at) {
    add_once(end.zones, at->place->zone);
    add_once(end.places, at->place->path);
  }
}

}  // namespace cloison::ops
