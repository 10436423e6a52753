#pragma once
// What happens to packets under way, one thing after another, and how to tell from where they get how they set out.

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/verify/packet_set.h"

namespace cloison::verify {

/// How one end of translated packets was before: shifted by so much, or somewhere in this interval.
struct EndBefore {
  uint128 shift = 0;  ///< what was added, modulo 2^128
  std::optional<Interval<uint128>> was{};
  [[nodiscard]] Interval<uint128> of(const Interval<uint128>& now) const;
  [[nodiscard]] bool nothing() const { return shift == 0 && !was; }
  bool operator==(const EndBefore&) const = default;
};

/// How packets were as they set out.
struct Origin {
  EndBefore source{}, destination{};
  [[nodiscard]] PacketBox of(PacketBox now) const;
  [[nodiscard]] PacketSet of(const PacketSet& now) const;
  bool operator==(const Origin&) const = default;
};

/// One thing that happened to packets under way. Texts belong to the world through which they travel.
struct Leap {
  enum class Kind : uint8_t {
    begins,      ///< at a machine, a network, a device or outside
    passes,      ///< a filter of a card
    forwarded,   ///< by a device
    translated,  ///< by a device: its packets have other addresses from then on
    sent,        ///< into a tunnel, to its far end
    arrives,     ///< at a machine, a device itself, an unseen machine of a network
    leaves,      ///< for the world outside
    refused,     ///< by a filter, or for want of a way
    given_up,    ///< too complex to tell there: where they get from there, and all other packets, is not known
  };
  Kind kind = Kind::begins;
  std::size_t before = SIZE_MAX;     ///< the leap from which it goes on
  std::string_view where{};          ///< path of the device, the machine or the network
  std::string_view in{}, out{};      ///< interfaces of a device
  std::string_view rule{}, label{};  ///< what decided, as the platform has it; "" where nothing had to
  bool implicit = false;             ///< that rule is the platform's own
  std::string_view address{};        ///< of the resource of that rule
  std::string_view why{};            ///< of a refusal without a rule: "no rule permits it", "no route"
  /// Of what arrives, leaves or is sent: at which port, device or network; SIZE_MAX: none of these.
  std::size_t port = SIZE_MAX, device = SIZE_MAX, network = SIZE_MAX;
  std::size_t tunnel = SIZE_MAX;  ///< of the device: then at its far end
  bool of_source = false;         ///< of a translation: which end was changed, and how that was before it
  EndBefore end{};
  Origin origin{};      ///< of `packets`
  PacketSet packets{};  ///< as they are after it
};

/// The leaps to one of them, the first one first.
[[nodiscard]] std::vector<std::size_t> way_to(const std::vector<Leap>& leaps, std::size_t end);
/// Whether rules decide on the way, and all of them are the platform's own: a filter with another one can be closed.
[[nodiscard]] bool only_implicit(const std::vector<Leap>& leaps, const std::vector<std::size_t>& way);

}  // namespace cloison::verify
