#pragma once
// Routes and rules of a node's segments as they are in its kernel. Pure.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "providers/node/report.h"

namespace cloison::node {

/// What stands for a segment's own prefix, as its resource has it ("PREFIX ADDRESS"). nullopt: the report has no
/// routes.
[[nodiscard]] std::optional<std::vector<std::string>> translated_at(const Report& report, std::string_view interface);

/// By which tables its packets look for the outside ("FAMILY NUMBER"); with a rule less or another one beside them it
/// is none that anybody asks for. nullopt: the report has no rules.
[[nodiscard]] std::optional<std::vector<std::string>> outward_at(const Report& report, std::string_view interface);

/// The rules' priorities, in order: inner places by the main table, the table of the outside, and nothing behind that.
constexpr int64_t k_inner_rule = 20480;

}  // namespace cloison::node
