#pragma once
// What differs between wanted, believed and seen, attribute by attribute (engine decision 4).

#include <optional>
#include <string_view>
#include <vector>

#include "core/model/plan.h"
#include "core/plan/kinds.h"

namespace cloison::plan {

/// What a reference stands for at planning time; nothing is copied.
struct Resolved {
  bool known = false;
  std::string_view id{};         // a remote id, when `value` is null
  const Value* value = nullptr;  // an attribute of the target
};

class References {
 public:
  virtual ~References() = default;
  [[nodiscard]] virtual Resolved resolve(const Ref& ref) const = 0;
  /// The tree with every known reference replaced; the others stay.
  [[nodiscard]] Value resolved(const Value& value) const;

 protected:
  References() = default;
  References(const References&) = default;
  References& operator=(const References&) = default;
};

/// Whether `desired`, its references resolved, is `known`, slot by slot; what the platform decides is not compared.
/// Allocates nothing; false negatives are possible (order in unordered lists), false positives are not.
[[nodiscard]] bool surely_equal(const KindInfo& kind, const Value& desired, const Value& known,
                                const References& references);

/// What there is to know of an object that nobody declared: its attributes, without those that name other objects, that
/// the platform decides, or that are secret.
[[nodiscard]] std::vector<AttributeChange> attributes_of_stranger(const Observed& object, const KindSchema& kind);

/// Attributes in which `desired` (resolved as far as can be, normalised) asks for something else than `known`.
[[nodiscard]] std::vector<AttributeChange> changes_between(const KindInfo& kind, const Value& desired,
                                                           const Value& known);
/// As above, but only what `desired` sets: for objects of which no row says what was asked.
[[nodiscard]] std::vector<AttributeChange> mismatches(const KindInfo& kind, const Value& desired, const Value& live);
/// Attributes in which the platform no longer answers what it answered.
[[nodiscard]] std::vector<AttributeChange> drift_between(const KindInfo& kind, const Value& then, const Value& now);
/// Whether the topology decides this attribute; null leaves it to the platform.
[[nodiscard]] bool is_set(const KindInfo& kind, const Value& desired, std::string_view attribute);

}  // namespace cloison::plan
