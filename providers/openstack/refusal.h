#pragma once
// What an answer other than success means: for the engine (kind) and for people (words of the server, bounded and made
// harmless).

#include <string>
#include <string_view>

#include "core/base/diagnostic.h"
#include "core/net/http.h"

namespace cloison::openstack {

/// `writes`: whether a 500, 502 or 504 leaves the platform's state unknown.
[[nodiscard]] Diagnostic refusal(std::string_view method, std::string_view url, const net::Answer& answer, bool writes);

/// CL5101: `what` lacks something or has it in another type.
[[nodiscard]] Diagnostic not_understood(std::string_view what, std::string_view detail);

}  // namespace cloison::openstack
