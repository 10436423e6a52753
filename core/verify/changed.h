#pragma once
// Of which packets two networks may differ, so that only these need be asked about.

#include "core/model/forwarding.h"
#include "core/verify/packet_set.h"

namespace cloison::verify {

/// These packets, and all those of which a translation may make some of them, or which it may make of them; everything
/// where they fall into too many parts.
[[nodiscard]] PacketSet with_translated(PacketSet packets, const Forwarding& network);

/// Every packet that fares otherwise in `b` than in `a`, as it is sent, is one of these: all others meet the same
/// rules, translations and ways in both. More than those that do differ: all packets where devices come or go.
[[nodiscard]] PacketSet changed_packets(const Forwarding& a, const Forwarding& b);

/// The same of those alone who are there in both, and of ways, translations and addresses: filters apart.
[[nodiscard]] PacketSet packets_of_changed_ways(const Forwarding& a, const Forwarding& b);

}  // namespace cloison::verify
