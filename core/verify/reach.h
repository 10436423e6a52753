#pragma once
// What can reach what in a world, so that two worlds can be compared: what a change opens and closes.

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/verify/proof.h"

namespace cloison::verify {

/// One end of what is reached, by name: a place's path, or what the world calls it.
struct ReachEnd {
  std::string name{};   ///< "lab/lyon-03.lan", "internet"
  std::string alike{};  ///< the same without the site's key: "lab.lan"
  auto operator<=>(const ReachEnd&) const = default;
};

struct Reached {
  /// Packets with the rules that decide on their way: labels, or texts.
  struct Part {
    PacketSet packets{};
    std::vector<std::string> rules{};
  };
  PacketSet packets{};  ///< of all parts
  std::vector<Part> parts{};
  /// Each rule once that lets some of these pass.
  [[nodiscard]] std::vector<std::string> rules_of(const PacketSet& some) const;
};
using Reach = std::map<std::pair<ReachEnd, ReachEnd>, Reached>;

/// Gathers passages of the most that can pass.
class ReachGathering {
 public:
  explicit ReachGathering(const ProofInput& input) : input_(input), working_(input.working, input.places) {}
  void take(const std::vector<Leap>& leaps, const Passage& passage);
  [[nodiscard]] Reach result() &&;

 private:
  const ProofInput& input_;
  Working working_;
  Reach reach_{};
};

/// What can pass of some packets, and which guarantees that breaks; or why it is too complex to tell.
struct ReachAnswer {
  Reach reach{};
  std::vector<bool> broken{};  ///< beside the input's guarantees
  std::optional<GivenUp> given_up{};
};
/// The most of these packets, and of few others, that can pass, the network's own working and what platforms always let
/// pass apart. Of a world that was, places that are no more are called as the world called them. `wanted`: of the
/// input's.
[[nodiscard]] ReachAnswer reach_of(std::unique_ptr<const World> world, const ProofInput& input, const PacketSet& only,
                                   const WantedIndex& wanted);

/// What either has.
[[nodiscard]] Reach united(const Reach& a, const Reach& b);

/// What can pass in `after` and cannot in `before`.
[[nodiscard]] Reach gained(const Reach& before, const Reach& after);

}  // namespace cloison::verify
