#pragma once
// What a rule of translation makes of one end of packets, and how that is undone.

#include <optional>
#include <string_view>

#include "core/verify/leap.h"
#include "core/verify/world.h"

namespace cloison::verify {

/// One end as a rule makes it, of packets that one of its boxes holds.
struct Change {
  Interval<uint128> PacketBox::* end = &PacketBox::source;
  IpAddress to{};  ///< where what was at `from` goes; all of it, where nothing shifts
  uint128 from = 0;
  bool shifts = false;

  [[nodiscard]] PacketBox made(PacketBox box) const;
  /// How the end of what `made` gives was.
  [[nodiscard]] EndBefore undo(const PacketBox& before) const;
};

/// Nothing for an interface to the outside whose address is not known: they keep their own.
[[nodiscard]] std::optional<Change> change_by(const World::Device& device, std::string_view out,
                                              const TranslationRule& rule, const PacketBox& box);

/// What undoes `last`, and then what was done before it.
[[nodiscard]] EndBefore joined(const EndBefore& first, const EndBefore& last);

}  // namespace cloison::verify
