#pragma once
// Balancers' certificates: never one that is over, and a warning before it is.

#include <chrono>
#include <functional>
#include <map>
#include <string>

#include "core/base/result.h"
#include "core/base/secret.h"
#include "core/model/intent.h"
#include "core/model/resource.h"

namespace cloison::node {

/// CL5438: there is no certificate in `pem`, it is over, or it has not begun.
[[nodiscard]] Result<void> check_certificate(const std::string& reference, std::string_view pem,
                                             std::chrono::sys_seconds now);

/// "certificate/SERVICE" -> "DAYS DATE REFERENCE" of each setting "certificate.SERVICE" whose reference can be read;
/// days that are left, below 0 when it is over.
[[nodiscard]] Facts certificate_facts(const std::map<std::string, std::string>& settings,
                                      const std::function<Result<Secret>(const std::string&)>& value,
                                      std::chrono::sys_seconds now);

/// CL5439, a warning: one of the node's certificates ends within 30 days.
void note_certificates(const NodeIntent& node, const Facts& facts, Diagnostics& notes);

}  // namespace cloison::node
