#pragma once
// What to type next, and what must be said wherever nothing is real.

#include <string>

#include "cli/arguments.h"
#include "core/ops/plan.h"

namespace cloison::cli {

/// First and last line of every output about the simulator: what is simulated, and what is real beside it. "" without
/// --sandbox.
[[nodiscard]] std::string sandbox_banner(const Arguments& arguments);
/// " -t inventories/labanalyse -f x.yaml", to be pasted; "" for this folder.
[[nodiscard]] std::string topology_words(const Arguments& arguments);
/// The options by which the next command is about the same topology, state and sandbox, to be pasted.
[[nodiscard]] std::string same_words(const Arguments& arguments);
/// "Next: cloison apply friday.plan".
[[nodiscard]] std::string next_after_plan(const ops::Planned& planned, const Arguments& arguments);
/// A hint in which each command between backquotes has the options of this run: topology, state, sandbox.
[[nodiscard]] std::string pastable(const std::string& hint, const Arguments& arguments);
/// A word as a shell takes it.
[[nodiscard]] std::string shell_word(const std::string& word);

}  // namespace cloison::cli
