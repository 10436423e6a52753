#include "core/verify/change.h"

#include <algorithm>

namespace cloison::verify {

PacketBox Change::made(PacketBox box) const {
  const auto was = box.*end;
  box.*end = shifts ? Interval<uint128>{to.bits + (was.first - from), to.bits + (was.last - from)}
                    : Interval<uint128>{to.bits, to.bits};
  return box;
}

EndBefore Change::undo(const PacketBox& before) const {
  return shifts ? EndBefore{.shift = to.bits - from} : EndBefore{.was = before.*end};
}

std::optional<Change> change_by(const World::Device& device, std::string_view out, const TranslationRule& rule,
                                const PacketBox& box) {
  if (rule.action == TranslationRule::Action::masquerade) {
    const auto number = device.interface(out);
    if (number == k_nothing) return std::nullopt;
    for (const auto& address : device.model.interfaces[number].addresses)
      if (address.family == box.family) return Change{&PacketBox::source, address, 0, false};
    return std::nullopt;
  }
  const auto end = rule.action == TranslationRule::Action::source ? &PacketBox::source : &PacketBox::destination;
  const auto matched = std::find_if(rule.match.packets.begin(), rule.match.packets.end(),
                                    [&](const PacketBox& one) { return one.contains(box); });
  if (matched == rule.match.packets.end()) return std::nullopt;
  return Change{end, rule.to.first(), ((*matched).*end).first, rule.by_offset};
}

EndBefore joined(const EndBefore& first, const EndBefore& last) {
  if (!last.was) return {.shift = first.shift + last.shift, .was = first.was};
  return {.was = first.of(*last.was)};
}

}  // namespace cloison::verify
