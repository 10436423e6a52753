#pragma once
// Single packets that show in what two networks differ, sent again through both.

#include <set>
#include <string>
#include <vector>

#include "tests/segmentation/network.h"
#include "tests/segmentation/picture.h"

namespace cloison::test {

struct Witness {
  Ends ends{};
  bool opens = false;  ///< it passes in the second network alone; else in the first one alone
  Packet arrives{}, sent{};
};

struct Heard {
  std::string wrong{};          ///< "" where all is well
  bool names_resource = false;  ///< on its way, or where it is refused
  bool left_out = false;        ///< it is not told, and need not be
};

class WitnessStand {
 public:
  WitnessStand(const Network& network, const Picture& before, const Picture& after, const verify::PacketSpace& space)
      : network_(network), before_(before), after_(after), space_(space) {}

  /// One of each pair of ends between which the second engine finds a difference, and each direction; not all of many.
  [[nodiscard]] std::vector<Witness> witnesses() const;
  /// Sends it through both networks. `told`: what is said to open, or to close. `addresses`: of what was changed.
  [[nodiscard]] Heard hear(const Witness& witness, const verify::Reach& told,
                           const std::set<std::string>& addresses) const;

 private:
  struct Replay {
    bool arrives = false;
    bool names_resource = false;
    bool told = false, exempt = true;  ///< of its passages: any of them; all of them
  };
  [[nodiscard]] Replay replay(const Picture& in, const Picture& other, const Witness& witness,
                              const verify::Reach& told, const std::set<std::string>& addresses) const;
  void passage(const Picture& other, const std::vector<verify::Leap>& leaps, const verify::Passage& passage,
               const Packet& arrives, const verify::Reach& told, Replay& into) const;

  const Network& network_;
  const Picture& before_;
  const Picture& after_;
  const verify::PacketSpace& space_;
};

}  // namespace cloison::test
