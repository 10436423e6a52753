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
  struct Seen {
    std::size_t sender = 0;  ///< which of the sources
    uint32_t pair = 0;       ///< which of what is wanted
    Direction direction = Direction::there;
  };
  /// Is told of each way that packets of a pair go, and of each of their answers.
  using Watch = std::function<void(const Seen& seen, const std::vector<Leap>& leaps, std::size_t end)>;
  void watch(Watch watch) { watch_ = std::move(watch); }
  void bound(std::size_t most_boxes) { options_.most_boxes = most_boxes; }
  /// Sends what the sources are meant to send, and what answers it back. Several processors work at it.
  void take(const std::vector<Source>& sources);
  /// The same of some of them, by their numbers.
  void take(const std::vector<Source>& sources, const std::vector<std::size_t>& some);
  /// Has one processor do all, where others are at work already.
  void alone() { alone_ = true; }
  /// `vacant`: addresses at which nobody is, of whom nothing is expected.
  /// Nothing, or what was too complex to tell first: then what has no way may have one.
  [[nodiscard]] const std::optional<GivenUp>& given_up() const { return given_up_; }
  [[nodiscard]] std::vector<WantedResult> results(const AddressRanges& vacant) &&;

 private:
  /// Packets of a box that arrived, and whose they may be.
  struct Mine {
    PacketBox known{}, sent{};  ///< by the addresses that people know, and as they set out
    std::vector<uint32_t> pairs{};
  };
  /// What arrived by one leap and is wanted.
  struct Arrived {
    std::size_t end = 0;
    std::vector<Mine> mine{};
    PacketSet answered{};             ///< as sent
    std::vector<Leap> back{};         ///< the ways of the answers
    std::vector<std::size_t> ends{};  ///< where these come to
  };
  struct Told {
    std::vector<Leap> leaps{};
    std::vector<Arrived> arrived{};
    std::vector<GivenUp> given_up{};
  };
  [[nodiscard]] Told asked_of(const Source& source) const;
  [[nodiscard]] std::vector<Mine> wanted_of(const Source& source, const std::vector<Leap>& leaps,
                                            std::size_t end) const;
  void answer(const Source& source, const std::vector<Leap>& leaps, Arrived& arrived,
              std::vector<GivenUp>& given_up) const;
  bool note(std::size_t sender, const Told& told);
  /// `packets`: of the pair, as they were sent.
  void tell(const Seen& seen, const PacketSet& packets, const std::vector<Leap>& leaps, const Arrived& arrived) const;
  [[nodiscard]] Source answering(const Leap& arrival) const;

  const std::vector<Wanted>& all_;
  const World& world_;
  const PlaceIndex& index_;
  const WantedIndex& wanted_;
  TravelOptions options_{};
  Watch watch_{};
  bool alone_ = false;
  std::optional<GivenUp> given_up_{};
  std::size_t given_up_times_ = 0;
  AddressRanges ours_{};                       // of all places that are not outside
  std::vector<bool> asked_{};                  // of each wanted: whether it is to pass
  std::vector<PacketSet> arrived_{}, left_{};  // of each wanted: what has not arrived, what was not answered
};

}  // namespace cloison::verify
