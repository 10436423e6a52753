#pragma once
// The table of commands: what `help` shows, what the parser accepts and what runs are the same rows.

#include <span>
#include <string_view>

#include "cli/arguments.h"
#include "cli/console.h"
#include "cli/session.h"

namespace cloison::cli {

/// Which options a command takes beside the global ones: -h, --json, -q, -v, --debug, --no-color, --no-input, --lang.
enum Takes : uint32_t {
  k_topology = 1U << 0U,  // -t -f --sandbox --state
  k_choice = 1U << 1U,    // --environment --target --replace
  k_strict = 1U << 2U,    // --strict
  k_policy = 1U << 3U,    // --locked --no-refresh
  k_change = 1U << 4U,    // --parallelism, and those of k_lock and k_yes
  k_lock = 1U << 5U,      // --lock-timeout --ticket --approved-by
  k_platform = 1U << 6U,  // --call-timeout
  k_yes = 1U << 7U,       // --yes
};

struct Command {
  std::string_view name;       // "state list"
  std::string_view group;      // heading in `cloison help`, in the order of work
  std::string_view summary;    // one line
  std::string_view usage;      // words after the options: "[PLAN]"
  std::string_view about;      // a paragraph
  std::string_view examples;   // lines
  std::string_view arguments;  // lines of name, tab, what it is
  std::string_view statuses;   // those it may leave with: "0 1 64"
  std::string_view see_also;   // other pages: "plan, help addresses"
  uint32_t takes;
  std::size_t least_words, most_words;
  int (*run)(const Arguments&, Session&, Console&);
};

[[nodiscard]] std::span<const Command> commands();
[[nodiscard]] const Command* find_command(std::string_view name);
/// Commands of later versions: named, so that the message can say so.
[[nodiscard]] std::span<const std::string_view> later_commands();

/// Runs what was parsed; the exit status.
int run_command(const Arguments& arguments, Session& session);
/// The status of a wrong command line, after saying what is wrong with it.
int usage_status(Console& console, std::string summary, std::string hint = {});

int run_init(const Arguments&, Session&, Console&);
int run_report_rules(const Arguments&, Session&, Console&);
int run_report_flows(const Arguments&, Session&, Console&);
int run_report_matrix(const Arguments&, Session&, Console&);
int run_report_compliance(const Arguments&, Session&, Console&);
int run_report_continuity(const Arguments&, Session&, Console&);
int run_report_inventory(const Arguments&, Session&, Console&);
int run_report_diff(const Arguments&, Session&, Console&);
int run_review_export(const Arguments&, Session&, Console&);
int run_review_import(const Arguments&, Session&, Console&);
int run_report_all(const Arguments&, Session&, Console&);
int run_validate(const Arguments&, Session&, Console&);
int run_plan(const Arguments&, Session&, Console&);
int run_apply(const Arguments&, Session&, Console&);
int run_destroy(const Arguments&, Session&, Console&);
int run_drift(const Arguments&, Session&, Console&);
int run_state_list(const Arguments&, Session&, Console&);
int run_state_show(const Arguments&, Session&, Console&);
int run_state_remove(const Arguments&, Session&, Console&);
int run_state_move(const Arguments&, Session&, Console&);
int run_state_import(const Arguments&, Session&, Console&);
int run_state_recover(const Arguments&, Session&, Console&);
int run_log(const Arguments&, Session&, Console&);
int run_enroll(const Arguments&, Session&, Console&);
int run_explain(const Arguments&, Session&, Console&);
int run_simulate(const Arguments&, Session&, Console&);
int run_lint(const Arguments&, Session&, Console&);
int run_verify(const Arguments&, Session&, Console&);
int run_status(const Arguments&, Session&, Console&);
int run_deploy(const Arguments&, Session&, Console&);
int run_rollback(const Arguments&, Session&, Console&);
int run_graph(const Arguments&, Session&, Console&);
int run_export_compose(const Arguments&, Session&, Console&);
int run_export_kubernetes(const Arguments&, Session&, Console&);
int run_report_evidence(const Arguments&, Session&, Console&);
int run_report_check(const Arguments&, Session&, Console&);
int run_report_key(const Arguments&, Session&, Console&);
int run_schema(const Arguments&, Session&, Console&);
int run_completion(const Arguments&, Session&, Console&);
int run_version(const Arguments&, Session&, Console&);
int run_help(const Arguments&, Session&, Console&);
/// What a shell asks for while a word is typed; no command of the table.
int run_complete(const Arguments&, Session&);
constexpr std::string_view k_complete = "__complete";
int run_sandbox_list(const Arguments&, Session&, Console&);
int run_sandbox_remove(const Arguments&, Session&, Console&);
int run_sandbox_set(const Arguments&, Session&, Console&);
int run_sandbox_add(const Arguments&, Session&, Console&);
int run_sandbox_quota(const Arguments&, Session&, Console&);

}  // namespace cloison::cli
