#pragma once
// Where to log in and how: a cloud of clouds.yaml, or the OS_* variables; and what the provider entry says beside that.

#include <map>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/secret.h"
#include "core/net/access.h"

namespace cloison::openstack {

using Settings = std::map<std::string, std::string>;

struct Login {
  enum class Method { password, application_credential, token };
  Method method = Method::password;
  std::string cloud{};     // name in clouds.yaml, or "OS_*"
  std::string auth_url{};  // with /v3
  std::string region{}, interface = "public", ca_file{};
  std::string user_id{}, user_name{}, user_domain_id{}, user_domain_name{};
  std::string project_id{}, project_name{}, project_domain_id{}, project_domain_name{};
  std::string application_credential_id{}, application_credential_name{};
  Secret secret{};                                          // password, application credential's secret, or token
  std::map<std::string, std::string> endpoint_overrides{};  // by service type
};

/// CL5016: a state must not be applied to another account.
[[nodiscard]] Diagnostic leads_elsewhere(std::string summary, const std::string& state_knows, const std::string& today,
                                         std::string hint);

/// Checks the keys of a provider entry of kind `openstack` (CL5019).
[[nodiscard]] Diagnostics check_settings(const std::string& entry, const Settings& settings);

/// `cloud:` of the entry, else OS_CLOUD, else the OS_* variables. Files: OS_CLIENT_CONFIG_FILE, or clouds.yaml (with
/// secure.yaml beside it or at any later place) in the folder, ~/.config/openstack, /etc/openstack: the first that is
/// there.
[[nodiscard]] Result<Login> load_login(const Settings& settings, const net::Access& access);

}  // namespace cloison::openstack
