#pragma once
// What is meant to pass, found by packets.

#include <vector>

#include "core/verify/filter.h"
#include "core/verify/proof.h"

namespace cloison::verify {

class WantedIndex {
 public:
  explicit WantedIndex(const std::vector<Wanted>& wanted);

  /// Numbers of those that have packets of `box` in an environment ("": any), ascending.
  [[nodiscard]] std::vector<uint32_t> candidates(const PacketBox& box, std::string_view environment) const;
  /// `packets` without those that are meant to pass; of the system's alone, where that is asked for.
  [[nodiscard]] PacketSet beyond(const PacketSet& packets, std::string_view environment,
                                 bool system_only = false) const;

 private:
  using Boxes = std::vector<std::pair<PacketBox, uint32_t>>;
  /// Those that meet a box and are of an environment: called with the box and the number of whom it is.
  template <class Use>
  void each(const PacketBox& box, std::string_view environment, const Use& use) const;

  const std::vector<Wanted>* wanted_;
  Boxes boxes_;  // permitted, with whose each is
  BoxIndex index_;
};

}  // namespace cloison::verify
