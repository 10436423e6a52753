#include "core/verify/packet_set.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace cloison::verify {

namespace {

template <class Number>
Interval<Number> overlap(const Interval<Number>& a, const Interval<Number>& b) {
  return {std::max(a.first, b.first), std::min(a.last, b.last)};
}

/// Cuts what lies on either side of `taken` in one field off `rest`, which afterwards lies inside it there.
template <class Field>
void cut(PacketBox& rest, const PacketBox& taken, Field field, std::vector<PacketBox>& into) {
  const auto inner = rest.*field;
  const auto bounds = taken.*field;
  using Number = decltype(inner.first);
  if (inner.first < bounds.first) {
    auto piece = rest;
    (piece.*field).last = static_cast<Number>(bounds.first - 1);
    into.push_back(piece);
    (rest.*field).first = bounds.first;
  }
  if (inner.last > bounds.last) {
    auto piece = rest;
    (piece.*field).first = static_cast<Number>(bounds.last + 1);
    into.push_back(piece);
    (rest.*field).last = bounds.last;
  }
}

/// Merges boxes that agree in all but one field and meet in that one. `key` gives the other fields and then the first
/// value of this one. Returns whether any were merged.
template <class Field, class Others>
bool merge_along(std::vector<PacketBox>& boxes, Field field, Others others) {
  std::sort(boxes.begin(), boxes.end(), [&](const PacketBox& a, const PacketBox& b) {
    const auto left = others(a), right = others(b);
    return left < right || (left == right && (a.*field).first < (b.*field).first);
  });
  std::size_t kept = 0;
  for (std::size_t i = 1; i < boxes.size(); ++i) {
    auto& last = boxes[kept];
    auto& next = boxes[i];
    const bool meets = (next.*field).first <= (last.*field).last || (next.*field).first - 1 == (last.*field).last;
    if (others(last) == others(next) && meets)
      (last.*field).last = std::max((last.*field).last, (next.*field).last);
    else
      boxes[++kept] = next;
  }
  if (boxes.empty() || kept + 1 == boxes.size()) return false;
  boxes.resize(kept + 1);
  return true;
}

bool merge_once(std::vector<PacketBox>& boxes) {
  bool merged = merge_along(boxes, &PacketBox::service, [](const PacketBox& box) {
    return std::tie(box.family, box.source, box.destination, box.protocol, box.source_port);
  });
  merged = merge_along(boxes, &PacketBox::source_port,
                       [](const PacketBox& box) {
                         return std::tie(box.family, box.source, box.destination, box.protocol, box.service);
                       }) ||
           merged;
  merged = merge_along(boxes, &PacketBox::protocol,
                       [](const PacketBox& box) {
                         return std::tie(box.family, box.source, box.destination, box.source_port, box.service);
                       }) ||
           merged;
  merged = merge_along(boxes, &PacketBox::destination,
                       [](const PacketBox& box) {
                         return std::tie(box.family, box.source, box.protocol, box.source_port, box.service);
                       }) ||
           merged;
  return merge_along(boxes, &PacketBox::source,
                     [](const PacketBox& box) {
                       return std::tie(box.family, box.destination, box.protocol, box.source_port, box.service);
                     }) ||
         merged;
}

/// Quadratic, so only where there are few.
void drop_covered(std::vector<PacketBox>& boxes) {
  constexpr std::size_t k_few = 1024;
  if (boxes.size() > k_few) return;
  std::vector<PacketBox> kept;
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    bool covered = false;
    for (std::size_t j = 0; j < boxes.size() && !covered; ++j)
      covered = j != i && boxes[j].contains(boxes[i]) && (boxes[j] != boxes[i] || j < i);
    if (!covered) kept.push_back(boxes[i]);
  }
  boxes = std::move(kept);
}

bool has_ports(uint8_t protocol) {
  return protocol == protocol::k_tcp || protocol == protocol::k_udp || protocol == protocol::k_sctp;
}
bool is_icmp(uint8_t protocol) {
  return protocol == protocol::k_icmp || protocol == protocol::k_icmpv6;
}

/// A protocol of the box under which its ports and services exist.
std::optional<Packet> packet_in(const PacketBox& box) {
  for (unsigned number = box.protocol.first; number <= box.protocol.last; ++number) {
    const auto protocol = static_cast<uint8_t>(number);
    Packet packet{.family = box.family,
                  .source = box.source.first,
                  .destination = box.destination.first,
                  .protocol = protocol,
                  .source_port = has_ports(protocol) ? box.source_port.first : uint16_t{0},
                  .service = has_ports(protocol) || is_icmp(protocol) ? box.service.first : uint16_t{0}};
    if (box.contains(packet)) return packet;
  }
  return std::nullopt;
}

}  // namespace

std::optional<PacketBox> intersection(const PacketBox& a, const PacketBox& b) {
  if (!a.overlaps(b)) return std::nullopt;
  return PacketBox{.family = a.family,
                   .source = overlap(a.source, b.source),
                   .destination = overlap(a.destination, b.destination),
                   .protocol = overlap(a.protocol, b.protocol),
                   .source_port = overlap(a.source_port, b.source_port),
                   .service = overlap(a.service, b.service)};
}

void append_difference(const PacketBox& from, const PacketBox& taken, std::vector<PacketBox>& into) {
  if (!from.overlaps(taken)) {
    into.push_back(from);
    return;
  }
  auto rest = from;
  cut(rest, taken, &PacketBox::source, into);
  cut(rest, taken, &PacketBox::destination, into);
  cut(rest, taken, &PacketBox::protocol, into);
  cut(rest, taken, &PacketBox::service, into);
  cut(rest, taken, &PacketBox::source_port, into);
}

bool PacketSet::contains(const Packet& packet) const {
  return std::any_of(boxes_.begin(), boxes_.end(), [&](const PacketBox& box) { return box.contains(packet); });
}

bool PacketSet::contains(const PacketSet& other) const {
  auto rest = other;
  rest.subtract(*this);
  return rest.empty();
}

void PacketSet::add(const PacketSet& other) {
  boxes_.insert(boxes_.end(), other.boxes_.begin(), other.boxes_.end());
}

void PacketSet::subtract(const PacketBox& box) {
  if (std::none_of(boxes_.begin(), boxes_.end(), [&](const PacketBox& one) { return one.overlaps(box); })) return;
  std::vector<PacketBox> left;
  left.reserve(boxes_.size() + 8);
  for (const auto& one : boxes_) append_difference(one, box, left);
  boxes_ = std::move(left);
}

void PacketSet::subtract(const PacketSet& other) {
  for (const auto& box : other.boxes_) {
    if (boxes_.empty()) return;
    subtract(box);
  }
}

PacketSet PacketSet::intersected(const PacketBox& box) const {
  PacketSet both;
  for (const auto& one : boxes_)
    if (const auto common = intersection(one, box)) both.boxes_.push_back(*common);
  return both;
}

PacketSet PacketSet::intersected(const PacketSet& other) const {
  PacketSet both;
  for (const auto& box : other.boxes_) both.add(intersected(box));
  return both;
}

void PacketSet::simplify() {
  drop_covered(boxes_);
  while (boxes_.size() > 1 && merge_once(boxes_)) {
  }
  drop_covered(boxes_);
}

std::optional<Packet> PacketSet::sample() const {
  for (const auto& box : boxes_)
    if (const auto packet = packet_in(box)) return packet;
  return std::nullopt;
}

namespace {

/// The packet of one protocol in a box that people would send, if any; `usual`: only between addresses that machines
/// have.
std::optional<Packet> usual_in(PacketBox box, uint8_t number, bool usual) {
  const auto nearest = [](const auto& interval, auto wanted) {
    return interval.contains(wanted) ? decltype(interval){wanted, wanted} : interval;
  };
  if (!box.protocol.contains(number)) return std::nullopt;
  box.protocol = {number, number};
  constexpr uint16_t k_client = 40000, k_https = 443, k_echo = 8 * 256, k_echo6 = 128 * 256;
  box.source_port = nearest(box.source_port, k_client);
  box.service = nearest(box.service, number == protocol::k_icmp     ? k_echo
                                     : number == protocol::k_icmpv6 ? k_echo6
                                                                    : k_https);
  constexpr uint128 k_network_and_gateway = 2;
  for (auto* end : {&box.source, &box.destination}) {
    const bool roomy = end->last - end->first > k_network_and_gateway;
    if (roomy) end->first += k_network_and_gateway;
    if (usual && !roomy) return std::nullopt;
  }
  return packet_in(box);
}

}  // namespace

std::optional<Packet> PacketSet::example() const {
  for (const auto number : {protocol::k_tcp, protocol::k_udp, protocol::k_icmp, protocol::k_icmpv6})
    for (const bool usual : {true, false})
      for (const auto& box : boxes_)
        if (const auto packet = usual_in(box, number, usual)) return packet;
  return sample();
}

namespace {

template <class Number>
Interval<Number> hull(const Interval<Number>& a, const Interval<Number>& b) {
  return {std::min(a.first, b.first), std::max(a.last, b.last)};
}

/// One box for all that agree in what `key` gives.
template <class Key>
PacketSet hulls(const PacketSet& packets, Key key) {
  std::map<decltype(key(packets.boxes().front())), PacketBox> boxes;
  for (const auto& box : packets.boxes()) {
    const auto [known, fresh] = boxes.try_emplace(key(box), box);
    if (fresh) continue;
    auto& all = known->second;
    all = {.family = box.family,
           .source = hull(all.source, box.source),
           .destination = hull(all.destination, box.destination),
           .protocol = hull(all.protocol, box.protocol),
           .source_port = hull(all.source_port, box.source_port),
           .service = hull(all.service, box.service)};
  }
  PacketSet few;
  for (const auto& [of, box] : boxes) few.add(box);
  return few;
}

}  // namespace

PacketSet coarse(PacketSet packets, std::size_t most) {
  const auto many = [&] { return packets.boxes().size() > most; };
  const auto service = [](const PacketBox& box) {
    return std::tuple(box.family, box.protocol, box.service, box.source_port);
  };
  if (many()) packets = hulls(packets, [&](const PacketBox& box) { return std::tuple(service(box), box.destination); });
  if (many()) packets = hulls(packets, service);
  if (many()) packets = hulls(packets, [](const PacketBox& box) { return box.family; });
  return packets;
}

bool same(const PacketSet& a, const PacketSet& b) {
  return a.contains(b) && b.contains(a);
}

}  // namespace cloison::verify
