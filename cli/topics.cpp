#include "cli/topics.h"

#include <array>

#include <fmt/format.h>

#include "cli/help.h"
#include "cli/view/text.h"
#include "core/topology/load.h"

namespace cloison::cli {

namespace {

struct Status {
  std::string_view status{}, command{}, text{};  // command "": for all others
};

constexpr std::array k_statuses{
    Status{"0", "", "done; also nothing to do, and a question answered with no"},
    Status{"1", "", "failed, and nothing was changed: invalid topology, refused plan, quota, login, nobody to ask"},
    Status{"2", "plan", "with --detailed-exitcode: there are changes"},
    Status{"2", "drift", "something is not as it was left"},
    Status{"2", "", "differences: `plan --detailed-exitcode` has changes, `drift` found some"},
    Status{"3", "validate", "--strict: there are warnings, or something is not applied"},
    Status{"3", "export kubernetes", "--check: the manifests permit other packets than the flows"},
    Status{"3", "report check", "the pack is not as it was signed"},
    Status{"3", "", "a guarantee, a policy, --locked or --strict"},
    Status{"4", "", "the state is locked by someone else (--lock-timeout waits)"},
    Status{"5", "", "something was changed and something was not: the state is saved, run again to resume"},
    Status{"64", "", "wrong command line"},
    Status{"130", "", "a signal before any change"},
};

std::string addresses_text() {
  return R"(Addresses of resources

The declared path, then the kind: SITE.VPC.SEGMENT.HOST.KIND. Keys are names,
never positions.

  cloud.production.data.network
  cloud.production.data.postgres-2.server
  cloud.production.router.interface/data
  cloud.production.data.postgres.group.rule/in-ipv4-tcp-5432-10.0.20.0_24

--target takes an address, or a selector of the language:

  --target cloud.production.data.network   one resource
  --target cloud.production.data           a segment and what is in it
  --target lab.lan                         that segment of every laboratory
  --target '{zone: data}'                  by what is declared of it

What the chosen resources need comes along; the plan says how many changes it
leaves out. --replace takes addresses only.
)";
}

std::string environment_text() {
  return R"(Environment variables

  NO_COLOR, TERM=dumb     no colour; a dumb terminal is not redrawn either
  OS_*, OS_CLIENT_CONFIG_FILE
                          as OpenStack's own clients read them
  CLOISON_NOW             the date to take instead of the system's, such as
                          2026-11-22T10:00:00Z; refused by a real apply
  CLOISON_KEEP_CONNECTIONS
                          how long SSH connections to nodes are kept, such as
                          10m after their last use; unset: they end with a run
  CLOISON_SANDBOX_FAULTS  what goes wrong in the simulator:
                          seed=7,fail=0.05,in_doubt=0.1,latency=20ms
)";
}

std::string exit_text() {
  std::string text = "Exit statuses\n\n";
  for (const auto& one : k_statuses)
    if (one.command.empty()) text += fmt::format("  {:>3}   {}\n", one.status, wrapped(one.text, k_help_width - 8, 8));
  return text;
}

std::string json_text() {
  return R"(JSON lines

With --json standard output holds one JSON object a line and nothing else. Each
has "type", "seq" (0, 1, ...) and "time". The first is
{"type":"start","format":1,...}, the last {"type":"end","exit_status":...}.

  diagnostic   an error or a warning: severity, code, summary, detail, hint,
               where {file, line, column}
  change       one resource of a plan: address, action, reason, attributes,
               origins
  set          addresses under one name that changed rules use
  drift        live against what was left: address, what, attributes, mended
  not_applied  declared without effect: block, entry, reason, text
  dropped      a pair of a flow that has no path
  summary      counts
  read, apply, step, recovered
               an operation under way
  applied      how it ended
  resource, operation, log, object, graph, explained, exported, left_out,
  manifests, policy_difference, pack, key, schema, version, completion,
  explanation, file
               results of the other commands

Fields and types are only ever added within one "format". docs/commands.md
lists them all.
)";
}

std::string language_text() {
  std::string text =
      "The language\n\n"
      "A topology is one YAML file, or a folder of them: every *.yaml in it is joined,\n"
      "*.override.yaml and clouds.yaml apart. Each -f FILE is laid over it.\n\n"
      "Top-level blocks:\n\n";
  for (const auto& key : topology::language_keys()) {
    if (key.path.find_first_of(".[*") != std::string::npos) continue;
    const auto doc = key.doc + (key.required ? " (required)" : "");
    text += padded("  " + key.path, 18) + wrapped(doc, k_help_width - 18, 18) + '\n';
  }
  return text +
         "\nDefault deny: what no entry of flows: names is closed. Selectors name both ends\n"
         "of a flow: cloud.app.web, lab.lan, {zone: data}, internet, a group.\n\n"
         "cloison init writes a commented topology, cloison schema a JSON Schema for\n"
         "editors. docs/language.md describes every key.\n";
}

constexpr std::array k_topics{Topic{"addresses", addresses_text}, Topic{"environment", environment_text},
                              Topic{"exit-status", exit_text}, Topic{"json", json_text},
                              Topic{"language", language_text}};

}  // namespace

std::span<const Topic> topics() {
  return k_topics;
}

std::string_view exit_status_text(std::string_view status, std::string_view command) {
  std::string_view text;
  for (const auto& one : k_statuses) {
    if (one.status != status) continue;
    if (one.command == command) return one.text;
    if (one.command.empty()) text = one.text;
  }
  return text;
}

}  // namespace cloison::cli
