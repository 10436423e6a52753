#pragma once
// Standing in for another node of the same place, as a resource. Pure.

#include <map>
#include <string>

#include "providers/node/lower_links.h"

namespace cloison::node {

/// On every router's link: the address by which hosts know the serving one, and from which it advertises itself.
constexpr std::string_view k_shared_link_local = "fe80::c1:1";

/// `interfaces`: by path of the segment.
/// Of a machine that forwards nothing, as far as it is known which interface has its address.
void add_service_redundancy(const NodeIntent& node, const Facts& facts, const AddResource& add,
                            std::vector<NotApplied>& not_applied);

void add_redundancy(const NodeIntent& node, const std::map<std::string, std::string>& interfaces,
                    const AddResource& add);

}  // namespace cloison::node
