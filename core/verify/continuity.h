#pragma once
// Whether what is meant to pass does, and its answers come back, while everything works.

#include <functional>
#include <vector>

#include "core/verify/wanted.h"

namespace cloison::verify {

class Continuity {
 public:
  /// `wanted`: made of `asked`. `opened`: flows that wait for a failure, and have been opened by it. `only`: which
  /// pairs to look at; absent: all.
  Continuity(const std::vector<Wanted>& asked, const World& world, const PlaceIndex& index, const WantedIndex& wanted,
             std::set<std::string, std::less<>> opened = {}, const std::vector<bool>* only = nullptr);

  enum class Direction : uint8_t { there, back };
  /// Is told of each way that packets of a pair go, and of each of their answers.
  using Watch =
      std::function<void(uint32_t number, Direction direction, const std::vector<Leap>& leaps, std::size_t end)>;
  void watch(Watch watch) { watch_ = std::move(watch); }
  void bound(std::size_t most_boxes) { options_.most_boxes = most_boxes; }
  /// Sends what one source is meant to send, and what answers it back.
  void take(const Source& source);
  /// `vacant`: addresses at which nobody is, of whom nothing is expected.
  /// Nothing, or what was too complex to tell first: then what has no way may have one.
  [[nodiscard]] const std::optional<GivenUp>& given_up() const { return given_up_; }
  [[nodiscard]] std::vector<WantedResult> results(const AddressRanges& vacant) &&;

 private:
  void arrived(const Source& source, const std::vector<Leap>& leaps, std::size_t end);
  /// `back`: the ways of the answers, and where they end.
  [[nodiscard]] PacketSet answered_packets(const Source& source, const std::vector<Leap>& leaps, std::size_t end,
                                           std::vector<Leap>& back, std::vector<std::size_t>& ends);
  void note_given_up(const std::vector<Leap>& leaps);
  /// `mine`: packets of the pair, as they were sent; `ends`: where answers come to.
  void tell(uint32_t number, const PacketSet& mine, const std::vector<Leap>& leaps, std::size_t end,
            const std::vector<Leap>& back, const std::vector<std::size_t>& ends) const;
  [[nodiscard]] Source answering(const Leap& arrival) const;

  const std::vector<Wanted>& all_;
  const World& world_;
  const PlaceIndex& index_;
  const WantedIndex& wanted_;
  TravelOptions options_{};
  Watch watch_{};
  std::optional<GivenUp> given_up_{};
  std::size_t given_up_times_ = 0;
  AddressRanges ours_{};                       // of all places that are not outside
  std::vector<bool> asked_{};                  // of each wanted: whether it is to pass
  std::vector<PacketSet> arrived_{}, left_{};  // of each wanted: what has not arrived, what was not answered
};

}  // namespace cloison::verify
