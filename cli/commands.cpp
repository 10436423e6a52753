#include "cli/commands.h"

#include <array>

namespace cloison::cli {

namespace {

constexpr uint32_t k_planning = k_topology | k_choice | k_strict | k_policy | k_platform;
constexpr std::size_t k_many = 1000;

constexpr std::array k_commands{
    Command{"init", "Start", "Write a commented starter topology", "[DIR]",
            "Writes files into DIR (default: this folder) and overwrites none. What it writes validates as it is.",
            "  cloison init\n  cloison init --template branches sites/", 0, 0, 1, run_init},
    Command{"validate", "Start", "Check the topology: no account, no state, nothing written", "",
            "Every finding at once, with file, line and a hint. Proofs of guarantees are no part of it.",
            "  cloison validate\n  cloison validate -t inventories/labanalyse -f friday.override.yaml",
            k_topology | k_strict, 0, 0, run_validate},
    Command{"plan", "Change", "Show what an apply would change", "",
            "Reads the platforms, compares, orders. Writes cloison.lock (unless --locked), and nothing on a platform.",
            "  cloison plan --sandbox\n  cloison plan -o friday.plan\n  cloison plan --target cloud.production.data -v",
            k_planning, 0, 0, run_plan},
    Command{"apply", "Change", "Change the platforms to what the topology says", "[PLAN]",
            "With a saved plan, exactly its steps and no question; it is refused when what it read has moved.\n"
            "Without one, a fresh plan is made and shown, and asked about on a terminal; elsewhere --yes is needed.\n"
            "An interrupted apply is resumed by the next one.",
            "  cloison apply friday.plan --ticket CHG-1201 --approved-by rssi@example.org\n"
            "  cloison apply --sandbox --yes",
            k_planning | k_change, 0, 1, run_apply},
    Command{"destroy", "Change", "Remove everything that cloison made from this topology", "",
            "Works from the state alone. On a terminal the topology's name must be typed; elsewhere --yes is needed.",
            "  cloison destroy --sandbox\n  cloison destroy --target cloud.preproduction",
            k_topology | k_choice | k_change | k_platform, 0, 0, run_destroy},
    Command{"drift", "Look", "Compare what is live with what was applied; change nothing", "",
            "Exit status 2 when something differs.", "  cloison drift\n  cloison drift --json", k_topology | k_platform,
            0, 0, run_drift},
    Command{"state list", "Look", "Name the managed resources", "[PREFIX]", "",
            "  cloison state list\n  cloison state list cloud.production -v", k_topology, 0, 1, run_state_list},
    Command{"state show", "Look", "Show what is believed of one resource", "ADDRESS", "",
            "  cloison state show cloud.production.data.network", k_topology, 1, 1, run_state_show},
    Command{"log", "Look", "Show what was done, by whom, for which ticket", "",
            "--verify recomputes the chain of seals over the whole log and names the first break.",
            "  cloison log -n 5\n  cloison log --verify", k_topology, 0, 0, run_log},
    Command{"graph", "Look", "Draw resources, or a plan's steps, and what they need", "",
            "DOT on standard output; svg is drawn by Graphviz' `dot`.",
            "  cloison graph --format svg -o network.svg\n  cloison graph --plan | dot -Tpdf > plan.pdf", k_topology, 0,
            0, run_graph},
    Command{"state mv", "Repair", "Give managed resources another address", "FROM TO",
            "For a renamed site, VPC or host; everything below moves along, nothing on a platform changes.",
            "  cloison state mv cloud.production.db cloud.production.postgres", k_topology | k_lock, 2, 2,
            run_state_move},
    Command{"state rm", "Repair", "Forget resources; their objects stay", "ADDRESS...", "",
            "  cloison state rm cloud.production.data.postgres-1.server", k_topology | k_lock, 1, k_many,
            run_state_remove},
    Command{"state import", "Repair", "Take an existing object under a declared address", "ADDRESS ID", "",
            "  cloison state import cloud.production.data.network 2d1c6f0e-8a5b-4f6e-9a53-0f1f1f0b7c11",
            k_topology | k_lock | k_platform, 2, 2, run_state_import},
    Command{"state recover", "Repair", "Rebuild a lost state from the marks that our objects carry", "", "",
            "  cloison state recover", k_topology | k_lock | k_platform, 0, 0, run_state_recover},
    Command{"sandbox list", "Sandbox", "List the simulator's objects", "[KIND]", "",
            "  cloison sandbox list\n  cloison sandbox list security_group_rule -v", k_topology, 0, 1,
            run_sandbox_list},
    Command{"sandbox rm", "Sandbox", "Remove an object behind cloison's back", "OBJECT",
            "OBJECT is an id, a unique beginning of one, or the address of a resource.",
            "  cloison sandbox rm cloud.production.data.postgres-1.server", k_topology, 1, 1, run_sandbox_remove},
    Command{"sandbox set", "Sandbox", "Change an object behind cloison's back", "OBJECT ATTRIBUTE=VALUE", "",
            "  cloison sandbox set cloud.production.data.network name=renamed", k_topology, 2, 2, run_sandbox_set},
    Command{"sandbox add", "Sandbox", "Make an object that cloison did not make", "KIND [ATTRIBUTE=VALUE]...", "",
            "  cloison sandbox add network name=foreign", k_topology, 1, k_many, run_sandbox_add},
    Command{"sandbox quota", "Sandbox", "Show the simulator's quotas, or set one", "[NAME=NUMBER]",
            "A quota is unlimited until it is set, and again after NAME=unlimited.",
            "  cloison sandbox quota\n  cloison sandbox quota network=2", k_topology, 0, 1, run_sandbox_quota},
    Command{"schema", "More", "Print the JSON Schema of the language, for editors", "", "",
            "  cloison schema > cloison.schema.json", 0, 0, 0, run_schema},
    Command{"completion", "More", "Print completion for a shell", "{bash|zsh|fish}", "",
            "  cloison completion bash > /etc/bash_completion.d/cloison", 0, 1, 1, run_completion},
    Command{"version", "More", "Print version and commit", "", "", "  cloison version --json", 0, 0, 0, run_version},
    Command{"help", "More", "Explain a command, a code or a topic", "[COMMAND|CLnnnn|TOPIC]",
            "Topics: addresses, environment, exit-status, json.", "  cloison help plan\n  cloison help CL1203", 0, 0, 2,
            run_help},
};

constexpr std::array<std::string_view, 11> k_later{"verify", "explain", "simulate", "deploy", "rollback",  "status",
                                                   "report", "enroll",  "activate", "export", "deactivate"};

}  // namespace

std::span<const Command> commands() {
  return k_commands;
}

const Command* find_command(std::string_view name) {
  for (const auto& command : k_commands)
    if (command.name == name) return &command;
  return nullptr;
}

std::span<const std::string_view> later_commands() {
  return k_later;
}

int usage_status(Console& console, std::string summary, std::string hint) {
  console.error({.kind = ErrorKind::usage, .code = "CL6001", .summary = std::move(summary), .hint = std::move(hint)});
  return k_usage_status;
}

int run_command(const Arguments& arguments, Session& session) {
  const auto* command = find_command(arguments.command);
  if (!command) return k_usage_status;
  Console console(arguments, session);
  console.line({"start", JsonObject()
                             .number("format", 1)
                             .text("cloison", session.version)
                             .text("command", arguments.command)
                             .flag("sandbox", arguments.sandbox)});
  const int status = command->run(arguments, session, console);
  console.line({"end", JsonObject().number("exit_status", status)});
  return status;
}

}  // namespace cloison::cli
