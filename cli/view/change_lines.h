#pragma once
// The changes of a plan as lines: grouped by declared path, identical ones counted, shortened until they fit a screen.

#include <string>
#include <string_view>

#include "cli/session.h"
#include "core/model/plan.h"

namespace cloison::cli {

/// A resource address in pieces: "cloud.production.data.postgres.group.rule/in-…" is of path
/// "cloud.production.data.postgres", leaf "rule", key "in-…".
struct AddressParts {
  std::string_view path{}, leaf{}, key{};
};
[[nodiscard]] AddressParts parts_of(std::string_view address);
/// "in  tcp/5432 from 10.0.20.0/24" of a rule's key "in-ipv4-tcp-5432-10.0.20.0_24"; the key itself when it is another
/// provider's.
[[nodiscard]] std::string rule_text(std::string_view key);
/// "security group" of "security_group".
[[nodiscard]] std::string kind_title(std::string_view kind);
/// "+", "~", "-/+", "-".
[[nodiscard]] std::string_view action_marker(Action action);

/// At most about `limit` lines; every change with all its attributes when `all`.
[[nodiscard]] std::string change_lines(const Plan& plan, bool all, std::size_t limit, const Style& style);

}  // namespace cloison::cli
