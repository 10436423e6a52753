#include "core/topology/address_places.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/base/strings.h"

namespace cloison::topology {

namespace {

const std::vector<IpPrefix>& special_prefixes() {
  static const std::vector<IpPrefix> prefixes = [] {
    constexpr std::array<std::string_view, 17> k_texts{
        "0.0.0.0/8",      "10.0.0.0/8",     "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.0.0/24",   "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4",    "::/8",
        "64:ff9b:1::/48", "100::/64",       "fc00::/7",      "fe80::/10",   "ff00::/8"};
    std::vector<IpPrefix> parsed;
    for (const std::string_view text : k_texts) {
      if (const auto prefix = IpPrefix::parse(text)) {
        parsed.push_back(*prefix);
      }
    }
    return parsed;
  }();
  return prefixes;
}

}  // namespace

bool is_public_prefix(const IpPrefix& prefix) {
  return std::none_of(special_prefixes().begin(), special_prefixes().end(),
                      [&](const IpPrefix& special) { return special.overlaps(prefix); });
}

AddressPlaces::AddressPlaces(const Work& work) {
  for (const Environment& environment : work.topology.environments) {
    for (const auto& space : environment.spaces) {
      ranges_.push_back({space.value, Whose::environment, fmt::format("environment '{}'", environment.name)});
    }
  }
  for (const ResolvedSegment& segment : work.out.segments) {
    for (const auto& prefix : {segment.ipv4, segment.ipv6}) {
      if (prefix && segment.segment != nullptr && work.sites[segment.site].external) {
        ranges_.push_back({*prefix, Whose::external, fmt::format("segment '{}'", segment.path)});
      }
    }
  }
  for (const IpPrefix& special : special_prefixes()) {
    ranges_.push_back({special, Whose::elsewhere, fmt::format("private space {}", special.text())});
  }
}

AddressPlaces::Answer AddressPlaces::whose(const IpPrefix& prefix) const {
  const Range* part = nullptr;
  const Range* whole = nullptr;
  for (const Range& range : ranges_) {
    if (range.prefix.contains(prefix)) {
      whole = whole == nullptr ? &range : whole;  // a topology's own places come first
    } else if (prefix.contains(range.prefix)) {
      part = part == nullptr ? &range : part;
    }
  }
  // inside an environment's space its segments do not matter; inside private space, a place of the topology does
  if (whole != nullptr && (part == nullptr || whole->whose != Whose::elsewhere)) {
    return {whole->whose, whole->name};
  }
  return part == nullptr ? Answer{} : Answer{Whose::several, part->name};
}

std::optional<std::vector<IpPrefix>> AddressPlaces::public_part(const IpPrefix& prefix) const {
  constexpr std::size_t k_most = 8;
  std::vector<IpPrefix> open{prefix};
  std::vector<IpPrefix> free;
  while (!open.empty() && free.size() <= k_most) {
    const IpPrefix one = open.back();
    open.pop_back();
    const auto inside = [&](const Range& range) { return range.prefix.contains(one); };
    const auto touches = [&](const Range& range) { return one.contains(range.prefix); };
    if (std::any_of(ranges_.begin(), ranges_.end(), inside)) {
      continue;
    }
    if (std::none_of(ranges_.begin(), ranges_.end(), touches)) {
      free.push_back(one);
      continue;
    }
    const auto length = static_cast<uint8_t>(one.length + 1);
    const uint128 half = uint128{1} << (address_bits(one.family()) - length);
    open.push_back({{one.family(), one.address.bits + half}, length});
    open.push_back({one.address, length});
  }
  return free.size() > k_most ? std::nullopt : std::optional(free);
}

void report_several(Findings& findings, const AddressPlaces& places, const Spanned<IpPrefix>& prefix,
                    const std::string& owner, const std::string& what) {
  std::string hint =
      "write 'internet' in the flow, which is every public address that is nobody's here, or list the prefixes that "
      "are "
      "meant";
  if (const auto parts = places.public_part(prefix.value)) {
    std::vector<std::string> texts;
    for (const IpPrefix& part : *parts) {
      texts.push_back(part.text());
    }
    hint = texts.empty() ? "name the segments that are meant, and list what is elsewhere in a group of its own"
                         : fmt::format("its public part is [{}]", join(texts, ", "));
  }
  findings.error({.code = "CL1331",
                  .where = prefix.span,
                  .summary = fmt::format("{} of {} covers several places", prefix.value.text(), what),
                  .detail = fmt::format("{} is a part of it; what a flow names stands for one place", owner),
                  .hint = std::move(hint)});
}

}  // namespace cloison::topology
