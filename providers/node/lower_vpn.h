#pragma once
// IPsec connections and conditions of a node as resources. Pure.

#include "core/model/intent.h"
#include "core/model/resource.h"
#include "providers/node/lower_links.h"

namespace cloison::node {

/// Whether the kernel encrypts and has interfaces for it (RFC 4303; Linux 4.19 and later): nothing known counts as yes.
[[nodiscard]] bool kernel_encrypts(const Facts& facts);

/// The interface by which a link's inner packets come and go: its own in the kernel, one for all in userspace.
[[nodiscard]] std::string connection_interface(const std::string& link, const Facts& facts);

/// The chain that holds what a condition opens.
[[nodiscard]] std::string condition_chain(const std::string& name);

void add_vpn(const NodeIntent& node, const Facts& facts, const AddResource& add);

/// `forward`: the filter's rules of what passes, which tell what each condition opens.
void add_conditions(const NodeIntent& node, const Facts& facts, const std::vector<std::string>& forward,
                    const AddResource& add);

}  // namespace cloison::node
