#pragma once
// What reports say in both languages of things that are told in one elsewhere.

#include <string>
#include <string_view>

#include "core/model/intent.h"
#include "core/ops/context.h"
#include "core/report/document.h"
#include "core/topology/topology.h"

namespace cloison::ops {

/// Why something is not applied; what has no French here stays as it is.
[[nodiscard]] report::Phrase reason_phrase(std::string_view text);
/// "Not applied: links wan: …".
[[nodiscard]] report::Phrase not_applied_phrase(const NotApplied& one);
/// What is simulated, in a sentence; "": nothing is.
[[nodiscard]] report::Phrase simulated_phrase(const SandboxChoice& sandbox);
/// A report in which something is simulated says so in its title and first of all facts.
void mark_simulated(report::Report& made, const SandboxChoice& sandbox);

/// "HDS (2030-05-01)": with the day on which it ends, where one is written.
[[nodiscard]] std::string certification_text(const topology::Certification& certification);

}  // namespace cloison::ops
