#pragma once
// A connected TCP socket, with the wait cut into slices.

#include <cstdint>
#include <string>

#include "core/base/result.h"
#include "core/net/http.h"

namespace cloison::net {

/// The socket, non-blocking; the caller closes it. Every address of a name is tried in turn. Errors: transient,
/// cancelled.
[[nodiscard]] Result<int> connect_tcp(const std::string& host, uint16_t port, const Limits& limits);

}  // namespace cloison::net
