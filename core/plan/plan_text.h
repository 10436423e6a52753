#pragma once
// The plan as JSON text, in one fixed order of keys: equal plans, equal bytes.

#include <string>

#include "core/model/plan.h"

namespace cloison::plan {

constexpr int k_plan_format = 3;
constexpr std::string_view k_file_head = "{\"cloison_plan\":";
constexpr std::string_view k_file_seal = ",\"seal\":\"";
constexpr std::string_view k_file_body = "\",\n\"plan\":";
constexpr std::string_view k_file_tail = "}\n";

}  // namespace cloison::plan
