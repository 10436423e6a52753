// Answers of the OpenStack services: whatever the bytes, no crash; JSON that was read is written and read again as the
// same.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/net/json.h"
#include "providers/openstack/schema.h"
#include "providers/openstack/wire.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cloison;
  const auto json = net::parse_json({reinterpret_cast<const char*>(data), size});
  if (!json) return 0;
  const auto again = net::parse_json(net::to_text(*json));
  if (!again || net::to_text(*again) != net::to_text(*json)) std::abort();
  using namespace cloison::openstack;
  for (const std::string_view kind : {kind::k_network, kind::k_subnet, kind::k_router, kind::k_group, kind::k_rule,
                                      kind::k_address_group, kind::k_port, kind::k_floating_ip}) {
    static_cast<void>(read_object(kind, *json));
  }
  static_cast<void>(read_interfaces(*json));
  static_cast<void>(read_routes(*json));
  static_cast<void>(read_server(*json, {}));
  static_cast<void>(is_router_port(*json));
  static_cast<void>(is_platform_port(*json));
  return 0;
}
