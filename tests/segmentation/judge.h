#pragma once
// Whether a mutation changes what passes, by the second engine; and whether the product says so, of the right resource.

#include <memory>
#include <string>
#include <vector>

#include "tests/segmentation/mutations.h"
#include "tests/segmentation/picture.h"

namespace cloison::test {

/// Of one mutation.
struct Judgement {
  bool differs = false;         ///< what gets where, of packets that begin connections, by the second engine
  bool answers_differ = false;  ///< the same of packets that belong to one, or pass for certain
  bool told = false;            ///< something opens or closes, or `verify` finds something else than before
  bool unknown = false;         ///< it is not understood, and named
  bool on_the_way = false;      ///< a witness's way names the resource
  std::size_t witnesses = 0;    ///< single packets, sent through both networks
  std::size_t left_out = 0;     ///< of these: of the network's own working, or the platform's own alone, by a list
  std::vector<std::string> wrong{};
};

class Judge {
 public:
  Judge(const Network& network, Form form);
  Judge(const Judge&) = delete;
  Judge& operator=(const Judge&) = delete;
  ~Judge();

  /// `bears`: whether its attribute bears on forwarding.
  [[nodiscard]] Judgement of(const Mutation& mutation, bool bears) const;
  [[nodiscard]] const Picture& before() const { return before_; }

 private:
  const Network& network_;
  Form form_;
  std::unique_ptr<verify::BddTable> table_;
  std::unique_ptr<const verify::PacketSpace> space_;
  Forwarding was_{};
  Picture before_{};
};

}  // namespace cloison::test
