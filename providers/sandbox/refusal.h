#pragma once
// The simulator's answers other than success, in one place: kinds as the real server's answers are sorted.

#include <string>
#include <string_view>

#include "core/base/diagnostic.h"
#include "providers/sandbox/world.h"

namespace cloison::sandbox {

/// "router interface 2f3c…", with the address from the marker when there is one.
[[nodiscard]] std::string described(const Object& object);

namespace refusal {
[[nodiscard]] Diagnostic duplicate(const Object& wanted, const std::string& rule, const Object& other);
[[nodiscard]] Diagnostic in_use(const Object& object, const Object& by, std::string_view attribute);
[[nodiscard]] Diagnostic overlap(const Object& wanted, const IpPrefix& prefix, const Object& other,
                                 const IpPrefix& taken);
[[nodiscard]] Diagnostic missing_reference(const Object& wanted, const Reference& reference);
[[nodiscard]] Diagnostic bad_value(const Object& wanted, std::string_view attribute, std::string why,
                                   std::string hint = {});
[[nodiscard]] Diagnostic over_quota(const Object& wanted, const std::string& quota, int64_t used, int64_t needed,
                                    int64_t allowed);
[[nodiscard]] Diagnostic immutable(const Object& object, std::string_view attribute);
/// No attribute of this kind can change.
[[nodiscard]] Diagnostic unchangeable(const Object& object);
[[nodiscard]] Diagnostic stale(const Object& object);
[[nodiscard]] Diagnostic unknown_fact(const Object& wanted, std::string_view attribute, std::string_view family,
                                      std::string_view name, std::string known);
[[nodiscard]] Diagnostic over_limit(const Object& wanted, const std::string& limit, int64_t most);
[[nodiscard]] Diagnostic busy(const std::string& what);
[[nodiscard]] Diagnostic gone(const std::string& kind, const std::string& id);
[[nodiscard]] Diagnostic unknown_kind(const std::string& kind);
[[nodiscard]] Diagnostic unresolved(const std::string& address);
}  // namespace refusal

}  // namespace cloison::sandbox
