#pragma once
// One login at Keystone v3 (identity API, "Authentication and token management") and the catalogue it brings.

#include <chrono>
#include <map>
#include <string>

#include "core/base/result.h"
#include "core/base/secret.h"
#include "core/net/access.h"
#include "core/net/json.h"
#include "providers/openstack/settings.h"

namespace cloison::openstack {

enum class Service : uint8_t { network, compute, image };
[[nodiscard]] std::string_view service_type(Service service);   // as the catalogue says it
[[nodiscard]] std::string_view service_title(Service service);  // "Neutron (network)"

struct Session {
  Secret token{};
  std::chrono::sys_seconds expires{};
  std::string project_id{}, project_name{}, user_name{};
  std::map<std::string, std::string> endpoints{};  // service type -> URL with its version
  std::string region{};
  /// In whole seconds: a far date in nanoseconds would overflow.
  [[nodiscard]] bool ends_within(std::chrono::seconds time) const {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) + time >= expires;
  }
};

/// CL5006 refused; CL5011 region not in the catalogue; CL5101 answer not understood.
[[nodiscard]] Result<Session> log_in(const Login& login, net::Transport& transport, const net::Access& access,
                                     const net::Limits& limits);

/// What the catalogue has: "region One: identity, network".
[[nodiscard]] std::string catalogue_words(const Session& session);
/// CL5012.
[[nodiscard]] Diagnostic lacks_service(Service service, std::string catalogue);

/// The service's URL, or CL5012 naming what the catalogue has instead.
[[nodiscard]] Result<std::string> endpoint(const Session& session, Service service);

}  // namespace cloison::openstack
