#pragma once
// Exact sets of packets, as unions of boxes. The first of the two engines: see docs/proof.md.

#include <optional>
#include <vector>

#include "core/model/packet.h"

namespace cloison::verify {

[[nodiscard]] std::optional<PacketBox> intersection(const PacketBox& a, const PacketBox& b);

/// Appends what of `from` is not in `taken`, as disjoint boxes: at most two for each field.
void append_difference(const PacketBox& from, const PacketBox& taken, std::vector<PacketBox>& into);

class PacketSet {
 public:
  PacketSet() = default;
  explicit PacketSet(const PacketBox& box) : boxes_{box} {}
  explicit PacketSet(std::vector<PacketBox> boxes) : boxes_(std::move(boxes)) {}
  [[nodiscard]] static PacketSet all(Family family) { return PacketSet(PacketBox::all(family)); }

  /// Boxes may overlap until `simplify`.
  [[nodiscard]] const std::vector<PacketBox>& boxes() const& { return boxes_; }
  [[nodiscard]] std::vector<PacketBox> boxes() && { return std::move(boxes_); }
  [[nodiscard]] bool empty() const { return boxes_.empty(); }
  [[nodiscard]] bool contains(const Packet& packet) const;
  [[nodiscard]] bool contains(const PacketSet& other) const;

  void add(const PacketBox& box) { boxes_.push_back(box); }
  void add(const PacketSet& other);
  void subtract(const PacketBox& box);
  void subtract(const PacketSet& other);
  [[nodiscard]] PacketSet intersected(const PacketBox& box) const;
  [[nodiscard]] PacketSet intersected(const PacketSet& other) const;

  /// The same packets in few boxes: what another one covers goes, neighbours that differ in one field become one.
  void simplify();

  /// Some packet of it: the lowest in the first box, with ports and services that exist for its protocol.
  [[nodiscard]] std::optional<Packet> sample() const;
  /// One that people would send: TCP or UDP where that is in it, from a port such as a client has, between addresses
  /// that machines have.
  [[nodiscard]] std::optional<Packet> example() const;

 private:
  std::vector<PacketBox> boxes_{};
};

/// All of these packets, and others, in at most `most` boxes: many boxes cost more to send than the packets between
/// them.
[[nodiscard]] PacketSet coarse(PacketSet packets, std::size_t most);

/// Whether both hold the same packets.
[[nodiscard]] bool same(const PacketSet& a, const PacketSet& b);

}  // namespace cloison::verify
