#pragma once
// What is there once some steps of a plan are done and others are not, as the providers' semantics read it.

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/forwarding.h"
#include "core/model/plan.h"
#include "core/ops/proving.h"

namespace cloison::ops {

using PlacedByProvider = std::map<std::string, std::vector<PlacedResource>>;

/// Which steps of a plan are done, by their numbers.
using Done = std::vector<bool>;

class Mixture {
 public:
  /// `is`: what is there before the first step, by the platforms' identifiers. All have to live as long.
  Mixture(const PlacedByProvider& is, const Snapshot& snapshot, const Plan& plan, const Providers& providers);

  /// Exactly these are done.
  [[nodiscard]] PlacedByProvider after(const Done& done) const;
  /// Of the steps in `open` nobody knows whether they are done: all that any order of them may bring about where more
  /// resources, and more in their lists, let more pass. What changes in another way is there in both versions.
  [[nodiscard]] PlacedByProvider widest(const Done& done, const Done& open) const;
  /// The same of what is there whatever was done of them.
  [[nodiscard]] PlacedByProvider narrowest(const Done& done, const Done& open) const;

 private:
  enum class How : uint8_t { exactly, widest, narrowest };
  [[nodiscard]] PlacedByProvider mixed(const Done& done, const Done& open, How how) const;
  void apply(const Step& step, How how, PlacedByProvider& into) const;
  [[nodiscard]] Value resolved(const Value& value) const;
  [[nodiscard]] std::string identifier(const Step& step) const;

  const PlacedByProvider& is_;
  const Snapshot& snapshot_;
  const Plan& plan_;
  const Providers& providers_;
  std::set<std::string, std::less<>> made_{};                              // addresses that this plan creates
  std::map<std::string_view, const PlacedResource*, std::less<>> seen_{};  // of `is_`, by address
};

}  // namespace cloison::ops
