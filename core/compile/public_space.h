#pragma once
// Which addresses are the internet's.

#include <vector>

#include "core/base/ip.h"

namespace cloison::compile {

/// All public addresses (IANA special-purpose registries, RFC 6890; documentation prefixes count as public) without
/// `taken`.
[[nodiscard]] std::vector<IpPrefix> public_space(const std::vector<IpPrefix>& taken);
/// `from` without `taken`: the smallest sorted set of prefixes.
[[nodiscard]] std::vector<IpPrefix> without(const std::vector<IpPrefix>& from, const std::vector<IpPrefix>& taken);

}  // namespace cloison::compile
