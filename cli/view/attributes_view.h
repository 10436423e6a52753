#pragma once
// Attributes of a change or of drift: before and after, for lists what came and went, and the sets that rules name.

#include <map>
#include <string>
#include <vector>

#include "cli/view/json_line.h"
#include "core/model/plan.h"

namespace cloison::cli {

/// `flavor: "a" -> "b"  forces replacement`; `addresses: + 10.16.11.0/24 (24 stay)` for a list, with at most `most`
/// elements of each kind.
[[nodiscard]] std::string attribute_text(const AttributeChange& change, std::size_t most);
/// `cidr: 10.0.0.0/24`, of an object that is to be made.
[[nodiscard]] std::string asked_text(const AttributeChange& change);
/// The same of an object that goes.
[[nodiscard]] std::string held_text(const AttributeChange& change);
[[nodiscard]] std::vector<JsonObject> attributes_json(const std::vector<AttributeChange>& changes);

using AddressSets = std::map<std::string, std::vector<IpPrefix>>;
/// Those of `sets` that a changed rule names.
[[nodiscard]] AddressSets named_sets(const Plan& plan, const AddressSets& sets);
/// One line a set with its first members, all of them when `all`; "" for none.
[[nodiscard]] std::string sets_text(const AddressSets& sets, bool all, std::size_t width);
[[nodiscard]] std::vector<JsonLine> sets_json(const AddressSets& sets);

}  // namespace cloison::cli
