#pragma once
// A load balancer's configuration for HAProxy 2.6, line by line. Pure.

#include <string>
#include <vector>

#include "core/model/service_intent.h"

namespace cloison::node {

/// HAProxy Configuration Manual 2.6: sections 3 (global), 4 (proxies), 5 (bind and server options).
[[nodiscard]] std::vector<std::string> haproxy_lines(const ServiceIntent& service);

}  // namespace cloison::node
