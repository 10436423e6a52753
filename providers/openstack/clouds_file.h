#pragma once
// clouds.yaml and secure.yaml, as the OpenStack clients read them.

#include <map>
#include <string>

#include "core/base/result.h"
#include "core/net/access.h"

namespace cloison::openstack {

/// One cloud, nested keys joined by dots ("auth.username"). CL5003: file unreadable; CL5004: no such cloud.
[[nodiscard]] Result<std::map<std::string, std::string>> read_cloud(const std::string& name, const net::Access& access);

}  // namespace cloison::openstack
