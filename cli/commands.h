#pragma once
// The table of commands: what `help` shows, what the parser accepts and what runs are the same rows.

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/arguments.h"
#include "cli/session.h"

namespace cloison::cli {

/// Which options a command takes beside -h, --json, -q, -v, --debug, --no-color and --lang.
enum Takes : uint32_t {
  k_topology = 1U << 0U,  // -t -f --sandbox --state
  k_choice = 1U << 1U,    // --environment --target --replace
  k_policy = 1U << 2U,    // --strict --locked --no-refresh
  k_change = 1U << 3U,    // --parallelism --lock-timeout --ticket --approved-by --yes
  k_lock = 1U << 4U,      // --lock-timeout
};

struct Command {
  std::string_view name;      // "state list"
  std::string_view group;     // heading in `cloison help`
  std::string_view summary;   // one line
  std::string_view usage;     // words after the options: "[PLAN]"
  std::string_view about;     // a paragraph
  std::string_view examples;  // lines
  uint32_t takes;
  std::size_t least_words, most_words;
  int (*run)(const Arguments&, Session&);
};

[[nodiscard]] std::span<const Command> commands();
[[nodiscard]] const Command* find_command(std::string_view name);
/// Commands of later versions: named, so that the message can say so.
[[nodiscard]] std::span<const std::string_view> later_commands();

int run_init(const Arguments&, Session&);
int run_validate(const Arguments&, Session&);
int run_plan(const Arguments&, Session&);
int run_apply(const Arguments&, Session&);
int run_destroy(const Arguments&, Session&);
int run_drift(const Arguments&, Session&);
int run_state_list(const Arguments&, Session&);
int run_state_show(const Arguments&, Session&);
int run_state_remove(const Arguments&, Session&);
int run_state_move(const Arguments&, Session&);
int run_state_import(const Arguments&, Session&);
int run_state_recover(const Arguments&, Session&);
int run_log(const Arguments&, Session&);
int run_graph(const Arguments&, Session&);
int run_schema(const Arguments&, Session&);
int run_completion(const Arguments&, Session&);
int run_version(const Arguments&, Session&);
int run_help(const Arguments&, Session&);

}  // namespace cloison::cli
