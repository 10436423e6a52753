#pragma once
// The command line as data: what was asked, after names, types and combinations were checked.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/ops/context.h"

namespace cloison::cli {

struct Arguments {
  std::string command{};  // "plan", "state list"
  std::string topology = ".";
  std::vector<std::string> overlays{};
  std::string state{};
  std::vector<std::string> environments{}, targets{}, replace{};
  bool strict = false, locked = false, no_refresh = false;
  bool sandbox = false;
  std::vector<std::string> sandbox_providers{};
  /// With --sandbox=A,B: the entries that are simulated and those that are not, as `run_command` found them.
  std::vector<std::string> simulated{}, real{};
  unsigned parallelism = 10;
  std::string lock_timeout = "0s";
  std::string call_timeout{};  // empty: the defaults
  std::string ticket{}, approved_by{};
  std::vector<std::string> fail_on{}, overrides{};
  bool no_input = false;
  bool yes = false, json = false, quiet = false, no_color = false, debug = false;
  int verbose = 0;
  std::string lang = "en";
  // Of single commands.
  std::string out{}, format = "dot", starter = "small", prove = "intervals", lint_fail_on = "warning";
  bool detailed_exitcode = false, verify = false, plan_graph = false, force = false, fresh = false, show = false,
       all_single = false, ways = false, live = false, due = false, failures = false;
  std::size_t limit = 20;
  std::size_t group_above = 500;
  std::optional<uint64_t> at{};
  std::string at_time{};                // `report --at`: "2026-03-31", an instant, or a serial
  std::vector<std::string> services{};  // of an export
  std::string check{};
  std::string earlier{};               // a report of rules, as JSON
  std::vector<std::string> formats{};  // of a report
  std::vector<std::string> frameworks{};
  std::string measured{};
  bool lang_given = false;
  std::string key{}, previous{}, tsa_ca{};  // of an evidence pack
  std::string sign_with{}, tsa{};           // of one that is made
  bool names = false, again = false;
  std::string to{};                  // of a rollback
  std::vector<std::string> waves{};  // of a deployment
  std::vector<std::string> words{};  // positional
};

/// Either arguments to run, or a text to print and a status to leave with (help, usage errors).
struct Parsed {
  std::optional<Arguments> arguments{};
  std::string text{};
  int status = 0;
};

struct Command;
struct OptionDoc {
  std::string name{};  // "--topology", "-t"
  std::string doc{};
  bool takes_value = false;
};
/// What the parser accepts for this command: help and completion are made from it.
[[nodiscard]] std::vector<OptionDoc> options_of(const Command& command);

[[nodiscard]] Parsed parse_command_line(const std::vector<std::string>& words);

/// "30s", "5m", "1h", "250ms".
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

}  // namespace cloison::cli
