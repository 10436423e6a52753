#pragma once
// Closing is closing (engine decision 28): what a packet filter permitted and permits no more, for the agent to end the
// connections that stand on it. Pure.

#include <string>
#include <vector>

#include "core/model/value.h"

namespace cloison::node {

/// One line for each kind of packet that rules of `before` let begin and none of `after` does:
/// "forget ipv4 tcp 10.16.3.0/24 10.0.0.10/32 443 443"; `any` where a rule does not say. Both are values of kind
/// firewall.
[[nodiscard]] std::vector<std::string> closed_lines(const Value& before, const Value& after);

/// The same of single addresses that are a far end's in `before` and not in `after`, or where somebody else is known by
/// another key now; `after` is nullptr where it is removed. Both are values of kind peer.
[[nodiscard]] std::vector<std::string> parted_lines(const Value& before, const Value* after);
/// What rules permit that jump to `chain`, in the same form, without "forget".
[[nodiscard]] std::vector<std::string> opened_through(const std::vector<std::string>& rules, const std::string& chain);

}  // namespace cloison::node
