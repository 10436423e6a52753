#pragma once
// What a new machine does at its first boot: cloud-init's account and keys.

#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/net/access.h"

namespace cloison::net {

/// One line of JSON (which is YAML), without the `#cloud-config` before it: makes the account, or with "" gives the
/// image's own account the keys. References `env:` and `file:` of public keys are read now (CL5115).
[[nodiscard]] Result<std::string> cloud_config(const std::string& account, const std::vector<std::string>& references,
                                               const Access& access);

}  // namespace cloison::net
