#pragma once
// Which live object is the one that a create made (engine decision 2), and how far it is what was asked.

#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/model/provider.h"

namespace cloison::apply {

/// Kind and remote id of objects that rows name already: those are nobody else's.
using HeldIds = std::set<std::pair<std::string, std::string>>;

/// The object that `create` with this marker and these resolved attributes made, or nullptr. Of several with one marker
/// the one with the lowest id; the next refresh removes the others.
[[nodiscard]] const Observed* find_created(std::span<const Observed> objects, const KindSchema& kind,
                                           const Marker& marker, const Value& desired, const HeldIds& held);
[[nodiscard]] const Observed* find_by_id(std::span<const Observed> objects, std::string_view kind,
                                         std::string_view remote_id);

/// Names of the attributes that were asked for and answered otherwise. Sensitive ones cannot be compared.
[[nodiscard]] std::vector<std::string> unlike(const KindSchema& kind, const Value& desired, const Value& observed);
/// `desired`, but with what the object has where it differs: so that the next plan sees the difference.
[[nodiscard]] Value as_found(const KindSchema& kind, const Value& desired, const Value& observed);
/// `observed` normalised; the same tree as `applied` when they are equal.
[[nodiscard]] Value shared_observation(const KindSchema& kind, const Value& applied, const Value& observed);

}  // namespace cloison::apply
