#pragma once
// Guarantees, passage by passage.

#include <vector>

#include "core/verify/wanted.h"

namespace cloison::verify {

/// Told every passage of the most that can pass, it says in the end which guarantees hold.
class GuaranteeCheck {
 public:
  GuaranteeCheck(const ProofInput& input, const World& world, const PlaceIndex& index, const WantedIndex& wanted,
                 const Working& working);

  void take(const std::vector<Leap>& leaps, const Passage& passage);
  [[nodiscard]] std::vector<GuaranteeResult> results() && { return std::move(results_); }

 private:
  /// What a guarantee makes of each place, so that a passage is judged by looking up its ends.
  struct Roles {
    std::vector<uint32_t> member{};  // of isolated: by place, 0 for none
    std::vector<bool> from{}, to{}, via{}, exempt{};
    bool from_outside = false, to_outside = false;
    bool relative = false;
    bool not_applied = false;  ///< some of its places are at sites of which nothing is known
    std::vector<const Wanted*> exempt_flows{};
  };
  [[nodiscard]] Roles roles_of(const Guarantee& guarantee) const;
  [[nodiscard]] bool concerns(const Guarantee& guarantee, const Roles& roles, const Passage& passage) const;
  [[nodiscard]] bool is_from(const Roles& roles, const PassageEnd& end) const;
  [[nodiscard]] bool is_to(const Guarantee& guarantee, const Roles& roles, const Passage& passage) const;
  [[nodiscard]] bool crosses(const Roles& roles, const std::vector<Leap>& leaps, const Passage& passage) const;
  [[nodiscard]] bool in_the_open(const std::vector<Leap>& leaps, const Passage& passage) const;
  [[nodiscard]] PacketSet broken(const Guarantee& guarantee, const Roles& roles, const std::vector<Leap>& leaps,
                                 const Passage& passage) const;
  void located(const Guarantee& guarantee, const Roles& roles, GuaranteeResult& result) const;

  const ProofInput& input_;
  const WantedIndex& wanted_;
  const Working& working_;
  PlaceNames names_;
  std::vector<Roles> roles_{};
  std::vector<GuaranteeResult> results_{};
  std::map<std::string_view, std::string> sites_{};  // of the world's devices and ports, by their names
};

/// A finding about a passage: its first packet and how it goes.
[[nodiscard]] Finding finding_of(const std::vector<Leap>& leaps, const Passage& passage, PacketSet packets,
                                 const std::vector<Place>& places);

}  // namespace cloison::verify
