#pragma once
// Sets of packets as functions of their bits. A set may also tell, of packets whose source or destination was
// translated, how that was when they set out.

#include <array>
#include <optional>
#include <span>
#include <vector>

#include "core/model/packet.h"
#include "core/verify/bdd/table.h"

namespace cloison::verify {

/// One end of a packet, the way it is now.
enum class End : uint8_t { source, destination };

/// Which variable is which bit. Bits of source and destination alternate, the highest first, since rules mostly compare
/// both with prefixes; then come protocol, service and source port. Of IPv4 the 96 lowest bits of an address do not
/// matter. An end as it was before is beside the end as it is now and matters only where `translated` says so: what
/// nobody translates costs nothing. Only while a table with `k_variables` is open.
class PacketSpace {
 public:
  PacketSpace();
  static constexpr int k_variables = 3 + 5 * 128 + 8 + 16 + 16;

  [[nodiscard]] Bdd family(Family family) const { return family == Family::ipv6 ? ipv6_ : !ipv6_; }
  [[nodiscard]] Bdd box(const PacketBox& box) const;
  [[nodiscard]] Bdd boxes(std::span<const PacketBox> boxes) const;
  /// Packets of the prefix's family with that end in it; in one of several.
  [[nodiscard]] Bdd in(End end, const IpPrefix& prefix) const;
  [[nodiscard]] Bdd in(End end, std::span<const IpPrefix> prefixes) const;
  [[nodiscard]] Bdd at(End end, const IpAddress& address) const { return in(end, IpPrefix::of(address)); }
  [[nodiscard]] Bdd at(End end, std::span<const IpAddress> addresses) const;

  /// `packets` with that end at an address from then on; how they set out is kept.
  [[nodiscard]] Bdd moved_to(const Bdd& packets, End end, const IpAddress& address) const;
  /// With `shift` added to that end, of packets of one family, modulo the number of its addresses.
  [[nodiscard]] Bdd shifted(const Bdd& packets, End end, Family family, uint128 shift) const;

  /// That the end was in a range when the packets set out, or so much lower than it is now.
  [[nodiscard]] Bdd was_in(End end, Family family, const Interval<uint128>& range) const;
  [[nodiscard]] Bdd was_lower(End end, Family family, uint128 shift) const;
  /// What was translated to what it had been anyway counts as not translated.
  [[nodiscard]] Bdd settled(const Bdd& packets) const;

  struct Sample {
    Packet packet{};   ///< as it is now
    Packet set_out{};  ///< and as it was sent
  };
  [[nodiscard]] bool contains(const Bdd& packets, const Sample& one) const;
  /// Some packet of a set, one of TCP if there is one.
  [[nodiscard]] std::optional<Sample> sample(const Bdd& packets) const;

  /// Which variables are what.
  struct Field {
    std::vector<int> bits{};  ///< the highest first
  };
  struct Fields {
    int family = 0;
    std::array<int, 2> translated{};       ///< by end
    std::array<Field, 2> now{}, before{};  ///< by end
    Field next{};                          ///< one end, while it is being translated
    Field protocol{}, service{}, source_port{};
  };
  [[nodiscard]] const Fields& fields() const { return fields_; }

 private:
  [[nodiscard]] static std::span<const int> bits_of(const Field& field, Family family);
  [[nodiscard]] static Bdd within(std::span<const int> bits, uint128 first, uint128 last);
  [[nodiscard]] static Bdd at_least(std::span<const int> bits, uint128 value);
  [[nodiscard]] static Bdd at_most(std::span<const int> bits, uint128 value);
  [[nodiscard]] static Bdd sum(std::span<const int> from, std::span<const int> to, uint128 added);
  [[nodiscard]] Bdd with_before(const Bdd& packets, End end) const;

  Fields fields_{};
  Bdd ipv6_{};
  std::array<Bdd, 2> translated_{}, all_now_{}, all_before_{};
  std::array<std::array<Bdd, 2>, 2> unchanged_{};  ///< translated, and to what it was; by end and family
};

}  // namespace cloison::verify
