#include "core/verify/bdd/packet_space.h"

#include <algorithm>

namespace cloison::verify {

namespace {

constexpr unsigned k_address_bits = 128;
constexpr std::array<Family, 2> k_both_families{Family::ipv4, Family::ipv6};

std::size_t index(End end) {
  return static_cast<std::size_t>(end);
}

bool bit_of(uint128 value, std::size_t bit) {
  return ((value >> bit) & 1U) != 0;
}

/// All of them together, in about as many steps as they have nodes: each takes part in few unions.
Bdd joined(std::vector<Bdd> parts) {
  if (parts.empty()) return {};
  while (parts.size() > 1) {
    std::vector<Bdd> half;
    for (std::size_t i = 0; i < parts.size(); i += 2)
      half.push_back(i + 1 < parts.size() ? parts[i] | parts[i + 1] : parts[i]);
    parts = std::move(half);
  }
  return std::move(parts.front());
}

}  // namespace

PacketSpace::PacketSpace() {
  int next = 0;
  fields_.family = next++;
  for (auto& flag : fields_.translated) flag = next++;
  for (unsigned bit = 0; bit < k_address_bits; ++bit) {
    for (std::size_t end = 0; end < 2; ++end) {
      fields_.now[end].bits.push_back(next++);
      fields_.before[end].bits.push_back(next++);
    }
    fields_.next.bits.push_back(next++);
  }
  const auto take = [&next](Field& field, unsigned bits) {
    while (field.bits.size() < bits) field.bits.push_back(next++);
  };
  take(fields_.protocol, 8);
  take(fields_.service, 16);
  take(fields_.source_port, 16);
  ipv6_ = Bdd::variable(fields_.family);
  for (std::size_t end = 0; end < 2; ++end) {
    translated_[end] = Bdd::variable(fields_.translated[end]);
    all_now_[end] = all_of(fields_.now[end].bits);
    all_before_[end] = all_of(fields_.before[end].bits);
  }
  for (const auto end : {End::source, End::destination})
    for (const auto one : k_both_families)
      unchanged_[index(end)][static_cast<std::size_t>(one)] = family(one) & was_lower(end, one, 0);
}

std::span<const int> PacketSpace::bits_of(const Field& field, Family family) {
  return std::span(field.bits).first(address_bits(family));
}

/// From the lowest bit to the highest: at each, either this one decides or the lower ones do.
Bdd PacketSpace::at_least(std::span<const int> bits, uint128 value) {
  auto result = Bdd::always();
  for (std::size_t i = 0; i < bits.size(); ++i) {
    const auto one = Bdd::variable(bits[bits.size() - 1 - i]);
    result = bit_of(value, i) ? one & result : one | result;
  }
  return result;
}

Bdd PacketSpace::at_most(std::span<const int> bits, uint128 value) {
  auto result = Bdd::always();
  for (std::size_t i = 0; i < bits.size(); ++i) {
    const auto none = !Bdd::variable(bits[bits.size() - 1 - i]);
    result = bit_of(value, i) ? none | result : none & result;
  }
  return result;
}

Bdd PacketSpace::within(std::span<const int> bits, uint128 first, uint128 last) {
  return at_least(bits, first) & at_most(bits, last);
}

/// That `to` is `from` and `added`, modulo 2^bits. From the lowest bit: what holds if the bits below carried, or not.
Bdd PacketSpace::sum(std::span<const int> from, std::span<const int> to, uint128 added) {
  std::array<Bdd, 2> carried{Bdd::always(), Bdd{}};  // that the sum is right so far, without and with a carry
  for (std::size_t i = 0; i < from.size(); ++i) {
    const auto a = Bdd::variable(from[from.size() - 1 - i]);
    const auto b = Bdd::variable(to[to.size() - 1 - i]);
    const auto differ = a ^ b;
    // One bit of a + added + carry is the parity of the three; it carries where two of them are set.
    if (bit_of(added, i))
      carried = {(carried[0] & differ) - a, (carried[1] - differ) | (carried[0] & differ & a)};
    else
      carried = {(carried[0] - differ) | ((carried[1] & differ) - a), carried[1] & differ & a};
  }
  return carried[0] | carried[1];
}

Bdd PacketSpace::box(const PacketBox& box) const {
  auto result = family(box.family);
  const auto limit = [&result](std::span<const int> bits, uint128 first, uint128 last) {
    const auto most = bits.size() == k_address_bits ? ~uint128{0} : (uint128{1} << bits.size()) - 1;
    if (first != 0) result &= at_least(bits, first);
    if (last < most) result &= at_most(bits, last);
  };
  limit(fields_.source_port.bits, box.source_port.first, box.source_port.last);
  limit(fields_.service.bits, box.service.first, box.service.last);
  limit(fields_.protocol.bits, box.protocol.first, box.protocol.last);
  limit(bits_of(fields_.now[1], box.family), box.destination.first, box.destination.last);
  limit(bits_of(fields_.now[0], box.family), box.source.first, box.source.last);
  return result;
}

Bdd PacketSpace::boxes(std::span<const PacketBox> boxes) const {
  std::vector<Bdd> parts;
  parts.reserve(boxes.size());
  for (const auto& one : boxes) parts.push_back(box(one));
  return joined(std::move(parts));
}

Bdd PacketSpace::in(End end, const IpPrefix& prefix) const {
  auto whole = PacketBox::all(prefix.family());
  (end == End::source ? whole.source : whole.destination) = interval_of(prefix);
  return box(whole);
}

Bdd PacketSpace::in(End end, std::span<const IpPrefix> prefixes) const {
  std::vector<Bdd> parts;
  for (const auto& prefix : prefixes) parts.push_back(in(end, prefix));
  return joined(std::move(parts));
}

Bdd PacketSpace::at(End end, std::span<const IpAddress> addresses) const {
  std::vector<Bdd> parts;
  for (const auto& address : addresses) parts.push_back(at(end, address));
  return joined(std::move(parts));
}

/// Of packets that are not translated yet at that end: how it is now is also how it was.
Bdd PacketSpace::with_before(const Bdd& packets, End end) const {
  const auto& now = fields_.now[index(end)].bits;
  const auto& before = fields_.before[index(end)].bits;
  return (packets - translated_[index(end)])
      .some(all_of(std::array{fields_.translated[index(end)]}))
      .renamed(now, before);
}

Bdd PacketSpace::moved_to(const Bdd& packets, End end, const IpAddress& address) const {
  const auto which = index(end);
  const auto again = (packets & translated_[which]).some(all_now_[which]);
  const auto first = with_before(packets, end) & translated_[which];
  return settled((again | first) & at(end, address));
}

Bdd PacketSpace::shifted(const Bdd& packets, End end, Family family, uint128 shift) const {
  const auto which = index(end);
  const auto now = bits_of(fields_.now[which], family), before = bits_of(fields_.before[which], family);
  const auto next = bits_of(fields_.next, family);
  const auto again = some_of_both(packets & translated_[which], sum(now, next, shift), all_now_[which]);
  const auto first = with_before(packets, end) & translated_[which] & sum(before, next, shift);
  return settled((again | first).renamed(next, now));
}

Bdd PacketSpace::was_in(End end, Family family, const Interval<uint128>& range) const {
  return translated_[index(end)] & within(bits_of(fields_.before[index(end)], family), range.first, range.last);
}

Bdd PacketSpace::was_lower(End end, Family family, uint128 shift) const {
  const auto which = index(end);
  return translated_[which] & sum(bits_of(fields_.before[which], family), bits_of(fields_.now[which], family), shift);
}

Bdd PacketSpace::settled(const Bdd& packets) const {
  auto result = packets;
  for (const auto end : {End::source, End::destination})
    for (const auto one : k_both_families) {
      const auto same = result & unchanged_[index(end)][static_cast<std::size_t>(one)];
      if (same.never()) continue;
      const auto as_sent = same.some(all_before_[index(end)] & translated_[index(end)]);
      result = (result - same) | (as_sent - translated_[index(end)]);
    }
  return result;
}

bool PacketSpace::contains(const Bdd& packets, const Sample& one) const {
  std::vector<bool> values(static_cast<std::size_t>(k_variables));
  const auto& packet = one.packet;
  const auto set = [&values](std::span<const int> bits, uint128 value) {
    for (std::size_t i = 0; i < bits.size(); ++i)
      values[static_cast<std::size_t>(bits[bits.size() - 1 - i])] = bit_of(value, i);
  };
  values[static_cast<std::size_t>(fields_.family)] = packet.family == Family::ipv6;
  const std::array now{packet.source, packet.destination}, before{one.set_out.source, one.set_out.destination};
  for (std::size_t end = 0; end < 2; ++end) {
    values[static_cast<std::size_t>(fields_.translated[end])] = now[end] != before[end];
    set(bits_of(fields_.now[end], packet.family), now[end]);
    set(bits_of(fields_.before[end], packet.family), before[end]);
  }
  set(fields_.protocol.bits, packet.protocol);
  set(fields_.service.bits, packet.service);
  set(fields_.source_port.bits, packet.source_port);
  return packets.holds(values);
}

std::optional<PacketSpace::Sample> PacketSpace::sample(const Bdd& packets) const {
  if (packets.never()) return std::nullopt;
  const auto tcp = packets & within(fields_.protocol.bits, protocol::k_tcp, protocol::k_tcp);
  const auto values = (tcp.never() ? packets : tcp).solution();
  const auto set = [&](int variable) { return values[static_cast<std::size_t>(variable)]; };
  const auto number = [&](std::span<const int> bits) {
    uint128 value = 0;
    for (const auto bit : bits) value = value << 1U | uint128{set(bit)};
    return value;
  };
  const auto family = set(fields_.family) ? Family::ipv6 : Family::ipv4;
  Packet packet{.family = family,
                .source = number(bits_of(fields_.now[0], family)),
                .destination = number(bits_of(fields_.now[1], family)),
                .protocol = static_cast<uint8_t>(number(fields_.protocol.bits)),
                .source_port = static_cast<uint16_t>(number(fields_.source_port.bits)),
                .service = static_cast<uint16_t>(number(fields_.service.bits))};
  auto sent = packet;
  if (set(fields_.translated[0])) sent.source = number(bits_of(fields_.before[0], family));
  if (set(fields_.translated[1])) sent.destination = number(bits_of(fields_.before[1], family));
  return Sample{packet, sent};
}

}  // namespace cloison::verify
