#pragma once
// Machines of one segment that reach each other by their node's rules alone, as attributes of its VLAN. Pure.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/model/intent.h"
#include "core/model/value.h"

namespace cloison::node {

/// Of a segment that is not kept apart, nothing. `addressed`: the switch lets interfaces have addresses of their own.
void add_apart(const NodeIntent& node, const NodeSegmentIntent& segment, const Facts& facts, bool addressed,
               std::vector<std::pair<std::string_view, Value>>& attributes);

/// What a node answers for on a segment: "ipv4", and the addresses of IPv6 between which a rule of its is.
[[nodiscard]] std::vector<std::string> answered_for(const NodeIntent& node, const NodeSegmentIntent& segment);

/// Rules inside a segment that is kept apart whose packets cannot go by the node, with why: "I-logs by IPv6 between …".
[[nodiscard]] std::vector<std::string> not_passed_on(const NodeIntent& node, const NodeSegmentIntent& segment);

}  // namespace cloison::node
