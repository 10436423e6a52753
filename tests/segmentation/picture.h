#pragma once
// What passes in one state of a network: by the second engine, by the first one, and what `verify` finds.

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/verify/bdd/spread_engine.h"
#include "core/verify/reach.h"

namespace cloison::test {

/// From whom to whom, by the names of both.
using Ends = std::pair<std::string, std::string>;
/// By the second engine, with how it set out.
using Passing = std::map<Ends, verify::Bdd>;

struct Picture {
  std::unique_ptr<const verify::World> world{};
  Passing fresh{};                             ///< the most of packets that begin connections
  Passing established{};                       ///< of packets that belong to one
  Passing certain{}, certainly_established{};  ///< what passes of both whatever may not be there
  std::string fresh_text{}, established_text{}, certain_text{},
      certainly_established_text{};              ///< the models of these, in words
  verify::Reach reach{};                         ///< by the first engine, of all packets
  std::map<Ends, verify::PacketSet> implicit{};  ///< the same that only the platform's own rules let pass
  std::shared_ptr<const verify::Proof> proof{};
  std::string disagreement{};  ///< of the two engines, "" where there is none
};

/// `known`: another state. What is the same in words is taken from there.
[[nodiscard]] Picture picture_of(const Forwarding& network, const verify::ProofInput& input,
                                 const verify::PacketSpace& space, const Picture* known);

/// As `Ends` call them.
[[nodiscard]] std::string name_of_sender(const verify::World& world, const verify::Source& source);
[[nodiscard]] std::string name_of_arrival(const verify::World& world, const verify::Leap& leap);

}  // namespace cloison::test
