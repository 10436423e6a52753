#include "tests/segmentation/findings.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/verify/packet_text.h"
#include "core/verify/wanted.h"

namespace cloison::test {

namespace {

using verify::PacketSet;
using Beyond = std::map<std::pair<std::string, std::string>, PacketSet>;

Beyond beyond_of(const verify::Proof& proof, const verify::ProofInput& input) {
  Beyond all;
  for (const auto& finding : proof.beyond)
    all[{verify::name_of(finding.from, input.places), verify::name_of(finding.to, input.places)}].add(finding.packets);
  return all;
}

void add_changed(const char* what, const Beyond& some, const Beyond& other, std::vector<std::string>& into) {
  for (const auto& [ends, packets] : some) {
    auto rest = packets;
    if (const auto found = other.find(ends); found != other.end()) rest.subtract(found->second);
    if (!rest.empty())
      into.push_back(
          fmt::format("{} beyond the flows {} -> {}: {}", what, ends.first, ends.second, verify::packets_text(rest)));
  }
}

/// Packets that an end of that name has: under its own addresses, or of anybody outside.
PacketSet of_place(const PacketSet& packets, const std::string& name, const verify::ProofInput& input, bool source) {
  const auto place =
      std::find_if(input.places.begin(), input.places.end(), [&](const auto& one) { return one.path == name; });
  if (place == input.places.end()) return packets;
  PacketSet all;
  for (const auto& prefix : place->prefixes) {
    auto box = PacketBox::all(prefix.family());
    (source ? box.source : box.destination) = interval_of(prefix);
    all.add(packets.intersected(box));
  }
  return all;
}

}  // namespace

std::vector<std::string> changes_of(const verify::Proof& before, const verify::Proof& after,
                                    const verify::ProofInput& input) {
  std::vector<std::string> all;
  const auto was = beyond_of(before, input), is = beyond_of(after, input);
  add_changed("now", is, was, all);
  add_changed("no more", was, is, all);
  if (before.inside != after.inside) all.emplace_back("other segments in which machines reach each other");
  for (std::size_t i = 0; i < input.wanted.size(); ++i)
    if (before.wanted[i].verdict != after.wanted[i].verdict)
      all.push_back(fmt::format("flow {}: {} {}", input.wanted[i].id, after.wanted[i].why,
                                verify::packets_text(after.wanted[i].missing)));
  for (std::size_t i = 0; i < input.guarantees.size(); ++i)
    if (before.guarantees[i].verdict != after.guarantees[i].verdict)
      all.push_back(fmt::format("guarantee {}", input.guarantees[i].id));
  return all;
}

std::vector<std::string> unlike_what_opens(const verify::Reach& opens, const verify::Proof& after,
                                           const verify::ProofInput& input) {
  std::vector<std::string> all;
  const verify::WantedIndex wanted(input.wanted);
  const auto beyond = beyond_of(after, input);
  for (const auto& [ends, reached] : opens) {
    auto rest = wanted.beyond(reached.packets, {});
    if (const auto found = beyond.find({ends.first.name, ends.second.name}); found != beyond.end())
      rest.subtract(found->second);
    const bool inside = std::any_of(after.inside.begin(), after.inside.end(), [&](std::size_t segment) {
      return ends.first.name.starts_with(input.places[segment].path) ||
             ends.second.name.starts_with(input.places[segment].path);
    });
    if (!rest.empty() && !inside)
      all.push_back(fmt::format("opens beyond the flows, and verify finds nothing: {} -> {}: {}", ends.first.name,
                                ends.second.name, verify::packets_text(rest)));
  }
  return all;
}

std::vector<std::string> unlike_what_closes(const verify::Reach& closes, const verify::Proof& before,
                                            const verify::Proof& after, const verify::ProofInput& input) {
  using Verdict = verify::WantedResult::Verdict;
  std::vector<std::string> all;
  for (const auto& [ends, reached] : closes) {
    const auto packets =
        of_place(of_place(reached.packets, ends.first.name, input, true), ends.second.name, input, false);
    for (std::size_t i = 0; i < input.wanted.size(); ++i) {
      // Of what the network, and the services on it, need for themselves `verify` asks none; a plan tells what closes.
      if (input.wanted[i].system) continue;
      if (before.wanted[i].verdict != Verdict::open || after.wanted[i].verdict != Verdict::open) continue;
      const auto lost = packets.intersected(PacketSet(input.wanted[i].packets));
      if (!lost.empty())
        all.push_back(fmt::format("flow {} is said to pass, and closes: {} -> {}: {}", input.wanted[i].id,
                                  ends.first.name, ends.second.name, verify::packets_text(lost)));
    }
  }
  return all;
}

}  // namespace cloison::test
