#pragma once
// Packets and sets of them, in the words of the language.

#include <string>
#include <vector>

#include "core/verify/packet_set.h"

namespace cloison::verify {

/// "tcp/443", "icmp/echo-request", "udp/5000-5010", "any".
[[nodiscard]] std::string service_text(const PacketBox& box);
/// Of all of them, each once, in order.
[[nodiscard]] std::vector<std::string> service_texts(const std::vector<PacketBox>& boxes);
/// "10.0.0.0/24", "10.0.0.5", "10.0.0.5-10.0.0.9", "any".
[[nodiscard]] std::string range_text(Family family, const Interval<uint128>& range);
/// "10.16.3.0/24 -> 10.0.30.10 tcp/443", the first of them and how many more.
[[nodiscard]] std::string packets_text(const PacketSet& packets);
/// "10.16.3.20 -> 10.0.30.10 tcp/443".
[[nodiscard]] std::string packet_text(const Packet& packet);

}  // namespace cloison::verify
