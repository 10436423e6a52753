#pragma once
// Links of a node as resources: its keys, tunnels, far ends, and the routing over them. Pure.

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/model/intent.h"
#include "core/model/value.h"

namespace cloison::node {

/// "ipv4 NUMBER": where a segment's packets look for the outside, if they leave by another site.
[[nodiscard]] std::vector<std::string> outward_tables(const NodeSegmentIntent& segment);

/// One resource to be, which stays where it is until the next: kind, last part of its address, values by name, origins,
/// and what must stand before it (last parts of addresses).
using AddResource = std::function<Resource&(std::string_view kind, const std::string& leaf,
                                            std::vector<std::pair<std::string_view, Value>> attributes,
                                            std::vector<Origin> origins, std::vector<std::string> after)>;

/// 28 bits: what fits a mark, a table and an address.
[[nodiscard]] uint32_t short_hash(const std::string& text);

/// Marks of packets are numbers of routing tables as well; those of other programs are small or powers of two.
[[nodiscard]] int64_t mark_of(const std::string& underlay);

/// The far node's or device's name where letters are few: "lab.lyon-03.lyon-03-1", "lab.lyon-03.tablets.tablet-1".
[[nodiscard]] std::string short_name(std::string path, std::string_view kind = ".node");

/// The underlay of that name where a node has the choice; the only way out is everybody's, and gives nullptr.
[[nodiscard]] const NodeUnderlayIntent* chosen_underlay(const NodeIntent& node, const std::string& name);

/// Whether its tunnels, or its VPC, need routes beside those of its interfaces: those of a node that only devices dial
/// do not.
[[nodiscard]] bool needs_routing(const NodeIntent& node);

void add_links(const NodeIntent& node, const AddResource& add);

}  // namespace cloison::node
