#pragma once
// Lowest-free allocation of blocks and addresses (docs/language.md, Addresses). What was given never moves: entries of
// the lock file are taken first, new keys are served in order of key.

#include <map>
#include <optional>
#include <vector>

#include "core/base/ip.h"
#include "core/topology/resolve_work.h"

namespace cloison::topology {

/// The free blocks of one family inside some prefixes. Blocks are only taken, never given back, so the lowest free
/// block of a length only moves up: each search goes on where the last one of its length ended, and n blocks cost
/// O(n log n).
class FreeSpace {
 public:
  FreeSpace() = default;
  explicit FreeSpace(std::vector<IpPrefix> within);

  [[nodiscard]] bool holds(const IpPrefix& prefix) const;
  /// True when some part of it is taken.
  [[nodiscard]] bool taken(const IpPrefix& prefix) const;
  void take(const IpPrefix& prefix);
  /// Takes the lowest free block of this length; nullopt when none is left.
  [[nodiscard]] std::optional<IpPrefix> take_lowest(uint8_t length);
  [[nodiscard]] const std::vector<IpPrefix>& within() const { return within_; }

 private:
  struct Cursor {
    std::size_t prefix = 0;
    uint128 next = 0;
  };
  [[nodiscard]] std::optional<uint128> first_free(const IpPrefix& inside, uint128 from, uint128 size) const;

  std::vector<IpPrefix> within_{};      // sorted, disjoint
  std::map<uint128, uint128> taken_{};  // first -> last, disjoint and not adjacent
  std::map<uint8_t, Cursor> cursors_{};
};

/// Gives every VPC and segment its prefixes and every machine its addresses; fills allocations, new_allocations and
/// unused_allocations.
void allocate_blocks(Work& work);
void allocate_addresses(Work& work);
/// Lock entries that nothing asked for.
void list_unused(Work& work);

}  // namespace cloison::topology
