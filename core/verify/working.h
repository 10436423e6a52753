#pragma once
// What a network needs for its own working, whatever flows are declared: a short list of its own (docs/proof.md), by
// the kinds of the two ends, that no rule of a platform is asked about.

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/verify/passage.h"

namespace cloison::verify {

/// What it depends on.
struct WorkingInput {
  std::set<std::pair<std::string, std::string>> linked{};  ///< sites joined by a link's tunnels, both ways round
  std::vector<uint16_t> tunnel_ports{};                    ///< UDP, of WireGuard
};

class Working {
 public:
  Working(const WorkingInput& input, const std::vector<Place>& places);
  /// The packets of a passage that are none of it.
  [[nodiscard]] PacketSet beyond(const Passage& passage, PacketSet packets) const;

 private:
  [[nodiscard]] const std::vector<PacketBox>* services(const Passage& passage) const;
  [[nodiscard]] bool joined(const Place& a, const Place& b) const;

  const WorkingInput& input_;
  const std::vector<Place>& places_;
  std::vector<PacketBox> between_routers_{}, tunnels_{}, metadata_{}, to_router_{}, from_router_{};
};

}  // namespace cloison::verify
