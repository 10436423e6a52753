#pragma once
// Positions by hash in one flat table: finding one of 100 000 things touches one line of memory before the thing
// itself.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace cloison {

/// Holds positions in a vector of the caller's, who also compares what stands there. Nothing is ever taken out.
class HashIndex {
 public:
  void reserve(std::size_t count) {
    if (count * 2 > slots_.size()) grow_to(std::bit_ceil(count * 2 + 2));
  }
  [[nodiscard]] std::size_t size() const { return count_; }

  /// The first position added under this hash for which `same(position)` is true.
  template <class Same>
  [[nodiscard]] std::optional<uint32_t> find(std::size_t hash, const Same& same) const {
    if (slots_.empty()) return std::nullopt;
    const uint32_t wanted = mixed(hash);
    for (std::size_t at = wanted & mask();; at = (at + 1) & mask()) {
      const Slot& slot = slots_[at];
      if (slot.place == 0) return std::nullopt;
      if (slot.hash == wanted && same(slot.place - 1)) return slot.place - 1;
    }
  }
  void add(std::size_t hash, uint32_t position) {
    reserve(count_ + 1);
    put({.hash = mixed(hash), .place = position + 1});
    ++count_;
  }

 private:
  struct Slot {
    uint32_t hash = 0;
    uint32_t place = 0;  // position + 1; 0 = empty
  };

  [[nodiscard]] static uint32_t mixed(std::size_t hash) { return static_cast<uint32_t>(hash ^ (hash >> 32U)); }
  [[nodiscard]] std::size_t mask() const { return slots_.size() - 1; }
  void put(Slot slot) {
    std::size_t at = slot.hash & mask();
    while (slots_[at].place != 0) at = (at + 1) & mask();
    slots_[at] = slot;
  }
  void grow_to(std::size_t places) {
    const std::vector<Slot> before = std::exchange(slots_, std::vector<Slot>(places));
    // From behind a gap on, so that what was added first under a hash still comes first.
    std::size_t gap = 0;
    while (gap < before.size() && before[gap].place != 0) ++gap;
    for (std::size_t i = 0; i < before.size(); ++i)
      if (const Slot& slot = before[(gap + i) & (before.size() - 1)]; slot.place != 0) put(slot);
  }

  std::vector<Slot> slots_{};  // a power of two, at most half full
  std::size_t count_ = 0;
};

}  // namespace cloison
