#pragma once
// Names to addresses, for pins of groups: `CLOISON_RESOLVER` (an address, optionally with port) or the system's
// resolver.

#include <string>
#include <vector>

#include "core/base/ip.h"
#include "core/base/result.h"

namespace cloison::net {

/// All A and AAAA records, sorted. A name that does not exist is an empty list; no answer at all is an error.
[[nodiscard]] Result<std::vector<IpAddress>> resolve_name(const std::string& name);

}  // namespace cloison::net
