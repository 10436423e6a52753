#pragma once
// The way back of a connection: what answers, which filters know of it, what is translated back.

#include <string_view>
#include <vector>

#include "core/verify/leap.h"
#include "core/verify/world.h"

namespace cloison::verify {

/// What a device made of the packets of connections. Destinations are changed as they arrive and changed back as the
/// answers leave; sources the other way round.
struct Translated {
  std::string_view device{};
  bool of_source = false;
  EndBefore end{};      ///< how the end was
  PacketSet packets{};  ///< as they left it
};

/// The answers to packets: ends and ports the other way round, an echo's reply. Other messages of ICMP have none.
[[nodiscard]] PacketSet answers_to(const PacketSet& packets);
/// What they answer.
[[nodiscard]] PacketSet questions_to(const PacketSet& answers);
/// The answer to one packet; itself with its ends the other way round where it has none.
[[nodiscard]] Packet answer_to(const Packet& packet);
[[nodiscard]] PacketBox box_of(const Packet& packet);

/// What was translated on a way, in its order.
[[nodiscard]] std::vector<Translated> translations(const std::vector<Leap>& leaps, const std::vector<std::size_t>& way);
/// Whose filters saw the connection's packets on a way, and will know its answers; sorted.
[[nodiscard]] std::vector<std::string_view> passed_by(const std::vector<Leap>& leaps,
                                                      const std::vector<std::size_t>& way);

/// Those of `answers` that are answers to what was translated so, taken out of them, as they were before.
[[nodiscard]] PacketSet translated_back(const Translated& translated, PacketSet& answers);

}  // namespace cloison::verify
