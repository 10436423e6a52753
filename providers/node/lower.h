#pragma once
// What is asked of nodes as resources of theirs. Pure.

#include "core/base/result.h"
#include "core/model/intent.h"

namespace cloison::node {

/// `facts` are the node's own ("datapath"). An intent holds one node.
[[nodiscard]] Checked<Lowered> lower(const Intent& intent, const Facts& facts);

constexpr std::size_t k_longest_interface = 15;  // IFNAMSIZ without its end

/// The interface of a segment on a node: its name, or a shorter one where Linux allows no more than 15 letters.
[[nodiscard]] std::string interface_name(const std::string& segment);

}  // namespace cloison::node
