#include "cli/commands.h"

#include <array>

#include "core/ops/sandbox.h"

namespace cloison::cli {

namespace {

constexpr uint32_t k_planning = k_topology | k_choice | k_strict | k_policy | k_platform;
constexpr std::size_t k_many = 1000;

// Fields in the order of `Command`: name, group, summary, words, about, examples, arguments, statuses, see also.
constexpr std::array k_commands{
    Command{"init", "Start", "Write a commented starter topology", "[DIR]",
            "Writes files into DIR and overwrites none. What it writes validates as it is.",
            "  cloison init\n  cloison init --template branches sites/", "DIR\tWhere to write (default: this folder)",
            "0 1 64", "validate, plan", 0, 0, 1, run_init},
    Command{"validate", "Start", "Check the topology: no account, no state, nothing written", "",
            "Every finding at once, with file, line and a hint. Proofs of guarantees are no part of it.",
            "  cloison validate\n  cloison validate -t inventories/labanalyse -f friday.override.yaml\n"
            "  cloison validate -o findings.sarif",
            "", "0 1 3 64", "plan, schema, help language", k_topology | k_strict, 0, 0, run_validate},
    Command{"plan", "Change", "Show what an apply would change", "",
            "Reads the platforms, compares, orders. Writes cloison.lock (unless --locked), and nothing on a platform.",
            "  cloison plan --sandbox\n  cloison plan -o friday.plan\n  cloison plan --target cloud.production.data -v",
            "", "0 1 2 3 64", "apply, drift, help addresses", k_planning, 0, 0, run_plan},
    Command{"apply", "Change", "Change the platforms to what the topology says", "[PLAN]",
            "With a saved plan, exactly its steps and no question; it is refused when what it read has moved. "
            "Without one, a fresh plan is made and shown, and asked about on a terminal; elsewhere --yes is needed. "
            "An interrupted apply is resumed by the next one.",
            "  cloison apply --sandbox --yes\n  cloison apply friday.plan --ticket CHG-1201",
            "PLAN\tA plan saved by `cloison plan -o`; options that choose what is planned go with that",
            "0 1 3 4 5 64 130", "plan, log, destroy", k_planning | k_change, 0, 1, run_apply},
    Command{"destroy", "Change", "Remove everything that cloison made from this topology", "",
            "Works from the state alone. On a terminal the topology's name must be typed; elsewhere --yes is needed.",
            "  cloison destroy --sandbox\n  cloison destroy --target cloud.preproduction", "", "0 1 4 5 64 130",
            "plan, state list", k_topology | k_choice | k_change | k_platform, 0, 0, run_destroy},
    Command{
        "enroll", "Change", "Write what a device of a remote-access link needs to dial", "<SEGMENT> [DEVICE]...",
        "For each device of the segment, or those named, a WireGuard file and its QR code (0600) in a folder (0700). "
        "The device puts its own private key in; only with --new key pairs are made here, and the private half is in "
        "these two files alone. Asks no platform: the node's key is known once the link is applied.",
        "  cloison enroll lab/lyon-03.tablets --out tablets\n"
        "  cloison enroll lab/lyon-03.tablets tablet-9 --new --out tablets",
        "SEGMENT\tOf remote users, such as lab/lyon-03.tablets\nDEVICE\tName of a device (default: all)", "0 1 64",
        "apply, state show", k_topology, 1, k_many, run_enroll},
    Command{
        "deploy", "Change", "Change one service alone to what the topology says", "<SERVICE>",
        "An apply of nothing else: its releases and what runs them, machine after machine, each out of its balancers' "
        "service while it changes. With --wave on some machines at first: between two waves all that have changed "
        "must be well, and on a terminal each wave is asked about. A release that fails goes back where this wave "
        "had changed it.",
        "  cloison deploy gateway\n  cloison deploy gateway --wave 1,25%,100% --yes\n"
        "  cloison deploy gateway --wave ring=first",
        "SERVICE\tDeclared under services:", "0 1 3 4 5 64 130", "rollback, status, apply",
        k_topology | k_strict | k_policy | k_platform | k_change, 1, 1, run_deploy},
    Command{"rollback", "Change", "Let a service run a former release again", "<SERVICE>",
            "Out of the state's own history, as it ran on all of its machines; machines keep former releases "
            "('keep:'). The topology is not changed: the next apply does what that says.",
            "  cloison rollback gateway\n  cloison rollback gateway --to 1.0 --yes --ticket INC-7",
            "SERVICE\tThat was deployed", "0 1 4 5 64 130", "status, deploy, log", k_topology | k_platform | k_change,
            1, 1, run_rollback},
    Command{"status", "Change", "Say what each service should be, what runs, how it is, since when", "[SERVICE]...",
            "Asks each machine on which services of this topology are deployed, and changes nothing. Status 2 when one "
            "is not what the topology says, is not well, or cannot be asked.",
            "  cloison status\n  cloison status gateway --json", "SERVICE\tOnly these (default: all)", "0 1 2 64",
            "apply, plan", k_topology | k_platform, 0, k_many, run_status},
    Command{"drift", "Prove", "Compare what is live with what was applied; change nothing", "",
            "Also names flows that have expired and are still open.", "  cloison drift\n  cloison drift --json", "",
            "0 1 2 64", "plan, apply", k_topology | k_platform, 0, 0, run_drift},
    Command{
        "explain", "Prove", "Follow one packet from end to end, and its answer back", "<FROM> <TO> <PORT>",
        "By what the resources of this topology say, each rule that decides with its reason: not by the flows. Asks "
        "no platform. An end is an address, or the path of a host, a segment or a node.",
        "  cloison explain lab/lyon-03.lan cloud.production.app.portal https\n"
        "  cloison explain 10.16.3.20 10.0.30.10 tcp/5432",
        "FROM\tWho begins\nTO\tWho is asked\nPORT\ttcp/443, icmp/echo-request, or a name", "0 1 64", "validate, plan",
        k_topology, 3, 3, run_explain},
    Command{"simulate", "Prove", "What is left of the flows when something fails", "[SCENARIO]...",
            "By what the resources of this topology say: each declared scenario, and with --all-single every link, "
            "underlay, node, gateway, availability zone and site by itself. Asks no platform and breaks nothing.",
            "  cloison simulate\n  cloison simulate fibre-lost --ways\n  cloison simulate --all-single",
            "SCENARIO\tDeclared under scenarios: (default: all)", "0 1 3 64", "verify, explain", k_topology, 0, k_many,
            run_simulate},
    Command{"verify", "Prove", "Prove the guarantees and the flows, over all packets", "",
            "By what the resources of this topology say: that each guarantee holds, whatever may fail; that each flow "
            "passes and its answers return; that nothing else passes. Now, and at each date at which a flow begins or "
            "ends. Asks no platform, unless --live has it read what is there.",
            "  cloison verify\n  cloison verify --live\n  cloison verify --format junit -o guarantees.xml", "",
            "0 1 3 4 64", "explain, plan", k_topology | k_platform, 0, 0, run_verify},
    Command{"lint", "Prove", "Find rules and flows that are wrong, needless or too broad", "",
            "Rules that decide nothing or permit more than anybody asks for, services in clear, controls that are "
            "missing. By what the resources of this topology say; asks no platform, unless --live has it read what is "
            "there.",
            "  cloison lint\n  cloison lint --live --fail-on notice\n  cloison lint -o findings.sarif", "",
            "0 1 3 4 64", "verify, validate", k_topology | k_platform, 0, 0, run_lint},
    Command{"graph", "Report", "Draw resources, or a plan's steps, and what they need", "",
            "DOT on standard output; svg is drawn by Graphviz' `dot`.",
            "  cloison graph --format svg -o network.svg\n  cloison graph --plan | dot -Tpdf > plan.pdf", "", "0 1 64",
            "plan", k_topology, 0, 0, run_graph},
    Command{
        "export compose", "Report", "Write services as a Compose file", "",
        "Every service with 'artifact: {image: ...}' becomes a container. What Compose cannot say stands at the head "
        "of the file. cloison runs no containers itself.",
        "  cloison export compose --environment production\n  cloison export compose --service portal -o compose.yml",
        "", "0 1 64", "export kubernetes, validate", k_topology, 0, 0, run_export_compose},
    Command{
        "export kubernetes", "Report", "Write services as manifests of Kubernetes, with policies of the flows", "",
        "Every service with 'artifact: {image: ...}' becomes a Deployment in the namespace of its segment, closed but "
        "for what flows permit: plain manifests for kubectl, Argo CD or a Helm chart. --check reads manifests back "
        "and proves over all packets that they permit exactly the flows. cloison runs no containers itself.",
        "  cloison export kubernetes -o manifests\n  cloison export kubernetes --check manifests", "", "0 1 3 64",
        "export compose, verify", k_topology, 0, 0, run_export_kubernetes},
    Command{"report rules", "Report", "Write the rules as they are enforced, with who asked for them", "",
            "One row for each rule of each device and group: what it matches, which flow it serves, who answers for "
            "it, and what `lint` finds of it. By what the resources of this topology say; with --live the platforms "
            "are read, and each rule is as intended, missing or unauthorised.",
            "  cloison report rules -o rules.xlsx --lang fr\n  cloison report rules --live --format csv", "",
            "0 1 4 64", "report flows, report matrix, lint", k_topology | k_platform, 0, 0, run_report_rules},
    Command{"report flows", "Report", "Write the permitted flows, class by class", "",
            "The table of permitted ports as their owners know it.",
            "  cloison report flows\n  cloison report flows -o flows.html", "", "0 1 64", "report rules, verify",
            k_topology, 0, 0, run_report_flows},
    Command{"report matrix", "Report", "Write what reaches what, zone by zone and site by site", "",
            "As the proof finds it over all packets, not as flows say it.",
            "  cloison report matrix -o matrix.pdf\n  cloison report matrix", "", "0 1 64", "report rules, verify",
            k_topology, 0, 0, run_report_matrix},
    Command{
        "report diff", "Report", "Write which packets became allowed or stopped between two points in time",
        "<FROM> [TO]",
        "Each is a date, an instant (UTC), a commit of the state, `now`, or a plan file, which stands for the state "
        "with that plan applied. What packets may do is compared, not lines, with who brought it about, approved by "
        "whom and for which ticket. Asks no platform.",
        "  cloison report diff 2026-01-31 2026-02-28\n  cloison report diff now friday.plan -o friday.html",
        "FROM\tThe earlier one\nTO\tThe later one (default: now)", "0 1 64", "report rules, log, plan", k_topology, 1,
        2, run_report_diff},
    Command{
        "report compliance", "Report", "Write what speaks for and against each control of a framework", "",
        "Evidence, never a certificate: each control is found, contradicted, not checked or not applicable, with why. "
        "HDS, ISO 27001, ANSSI filtering, PCI DSS and GDPR come with it; --framework takes a file of your own.",
        "  cloison report compliance\n  cloison report compliance --framework hds,iso-27001 -o hds.pdf --lang fr", "",
        "0 1 4 64", "report rules, verify, lint", k_topology | k_platform, 0, 0, run_report_compliance},
    Command{"report continuity", "Report", "Write what each scenario asks, what was proved of it and measured", "",
            "A target never stands for a result: what nobody measured is not measured.",
            "  cloison report continuity\n  cloison report continuity --measured exercises.csv -o continuity.html", "",
            "0 1 64", "simulate, report compliance", k_topology, 0, 0, run_report_continuity},
    Command{"report inventory", "Report", "Write everything that the topology says is there", "",
            "Sites, segments, machines, links, services and devices, with addresses and classes of data.",
            "  cloison report inventory\n  cloison report inventory -o inventory.xlsx", "", "0 1 64",
            "report matrix, graph", k_topology, 0, 0, run_report_inventory},
    Command{"report all", "Report", "Write every report in every format and language into a folder", "", "",
            "  cloison report all -o reports\n  cloison report all -o reports --format html,pdf --lang fr", "",
            "0 1 64", "report rules, report flows", k_topology, 0, 0, run_report_all},
    Command{"report evidence", "Report", "Write an evidence pack: one signed archive that an auditor checks alone", "",
            "Topology, lock file, plan, the log since the pack before, proof with method and assumptions, reports and "
            "differences, signed with Ed25519 and chained to the pack before; with --live what the platforms answer. "
            "Pseudonyms stand for devices of remote access and their owners. Recorded in the log.",
            "  cloison report evidence -o 0001.tar.gz --key key.pem\n"
            "  cloison report evidence -o 2.tar.gz --key key.pem --previous 1.tar.gz --live",
            "", "0 1 3 4 64", "report check, report key, log", k_topology | k_platform | k_lock, 0, 0,
            run_report_evidence},
    Command{"report check", "Report", "Check an evidence pack: by itself, a public key and nothing else", "<PACK>",
            "Signature, digests, chain and timestamp, and that nothing else is in the archive; nothing is unpacked. "
            "Needs no topology, no state and no account. First compare the key's fingerprint with the one on paper.",
            "  cloison report check labanalyse-0003.tar.gz --key public.pem\n"
            "  cloison report check 0003.tar.gz --key public.pem --previous 0002.tar.gz",
            "PACK\tAn archive (.tar.gz) as it was made", "0 1 3 64", "report key", 0, 1, 1, run_report_check},
    Command{"report key", "Report", "Print a key's fingerprint, to be handed over on paper", "",
            "SHA-256 of the public key, in groups of four digits and as OpenSSH writes such.",
            "  cloison report key --key public.pem\n  cloison report key --key key.pem --json", "", "0 1 64",
            "report check", 0, 0, 0, run_report_key},
    Command{
        "review export", "Report", "Write a sheet for each owner of flows, to be filled in", "",
        "What is said of each flow and when it changed last, with columns for the decision (keep, change, remove), who "
        "decided, when, until when and why. Sheets are workbooks, or CSV with --format csv; 0600.",
        "  cloison review export -o reviews\n  cloison review export -o reviews --format csv --lang fr", "", "0 1 64",
        "review import, report rules", k_topology, 0, 0, run_review_export},
    Command{
        "review import", "Report", "Record what owners decided on their sheets", "<FILE...>",
        "All sheets or none: each line is checked first, and what was decided about a flow that says something else "
        "by now is refused. Recorded in the log; the topology is yours to change.",
        "  cloison review import reviews/*.xlsx\n  cloison review import reviews/*.xlsx --ticket REV-2026-1",
        "FILE...\tSheets as they came back, .xlsx or .csv", "0 1 4 64", "review export, report rules, log",
        k_topology | k_lock, 1, SIZE_MAX, run_review_import},
    Command{"log", "Report", "Show what was done, by whom, for which ticket", "",
            "--verify recomputes the chain of seals over the whole log and names the first break.",
            "  cloison log -n 5\n  cloison log --verify", "", "0 1 64", "apply, state show", k_topology, 0, 0, run_log},
    Command{"state list", "More", "Name the managed resources", "[PREFIX]", "",
            "  cloison state list\n  cloison state list cloud.production -v",
            "PREFIX\tOnly what is at or below this address", "0 1 64", "state show, help addresses", k_topology, 0, 1,
            run_state_list},
    Command{"state show", "More", "Show what is believed of one resource", "<ADDRESS>", "",
            "  cloison state show cloud.production.data.network\n"
            "  cloison state show cloud.production.data.network --at 7",
            "ADDRESS\tOf the resource, as `cloison state list` names it", "0 1 64", "state list, log", k_topology, 1, 1,
            run_state_show},
    Command{"state mv", "More", "Give managed resources another address", "<FROM> <TO>",
            "For a renamed site, VPC or host; everything below moves along, nothing on a platform changes.",
            "  cloison state mv cloud.production.db cloud.production.postgres\n"
            "  cloison state mv lab/lyon-03 lab/lyon-04",
            "FROM\tThe address that the state knows\nTO\tThe one that the topology gives now", "0 1 4 64",
            "state list, plan", k_topology | k_lock, 2, 2, run_state_move},
    Command{"state rm", "More", "Forget resources; their objects stay", "<ADDRESS>...",
            "Asks on a terminal; elsewhere --yes is needed.",
            "  cloison state rm cloud.production.data.postgres-1.server\n"
            "  cloison state rm cloud.production.data.postgres-1.server --yes",
            "ADDRESS\tOf a resource, or a path with all below it; name what depends on them too", "0 1 4 64",
            "state list, state import", k_topology | k_lock | k_yes, 1, k_many, run_state_remove},
    Command{"state import", "More", "Take an existing object under a declared address", "<ADDRESS> <ID>", "",
            "  cloison state import cloud.production.data.network 2d1c6f0e\n"
            "  cloison state import cloud.production.data.network my-id --sandbox",
            "ADDRESS\tOf a declared resource that waits to be made\nID\tThe platform's id of the object", "0 1 4 64",
            "plan, state rm", k_topology | k_lock | k_platform, 2, 2, run_state_import},
    Command{"state recover", "More", "Rebuild a lost state from the marks that our objects carry", "",
            "Needs cloison.lock, which names the lineage that the marks carry. The next apply adopts what is found.",
            "  cloison state recover\n  cloison state recover --state rescued.db", "", "0 1 4 64", "plan, log",
            k_topology | k_lock | k_platform, 0, 0, run_state_recover},
    Command{"sandbox list", "More", "List the simulator's objects", "[KIND]", "",
            "  cloison sandbox list\n  cloison sandbox list security_group_rule -v", "KIND\tOnly objects of this kind",
            "0 1 64", "sandbox set, drift", k_topology, 0, 1, run_sandbox_list},
    Command{"sandbox rm", "More", "Remove an object behind cloison's back", "<OBJECT>", "",
            "  cloison sandbox rm cloud.production.data.postgres-1.server\n  cloison sandbox rm 2d1c --force",
            "OBJECT\tAn id, a unique beginning of one, or the address of a resource", "0 1 64", "drift, sandbox list",
            k_topology, 1, 1, run_sandbox_remove},
    Command{
        "sandbox set", "More", "Change an object behind cloison's back", "<OBJECT> <ATTRIBUTE>=<VALUE>", "",
        "  cloison sandbox set cloud.production.data.network name=renamed\n  cloison sandbox set 2d1c4 name=renamed",
        "OBJECT\tAn id, a unique beginning of one, or the address of a resource\n"
        "ATTRIBUTE=VALUE\tAs `cloison sandbox list -v` shows them",
        "0 1 64", "drift, sandbox list", k_topology, 2, 2, run_sandbox_set},
    Command{"sandbox add", "More", "Make an object that cloison did not make", "<KIND> [<ATTRIBUTE>=<VALUE>]...", "",
            "  cloison sandbox add network name=foreign\n  cloison sandbox add router name=by-hand",
            "KIND\tSuch as network\nATTRIBUTE=VALUE\tAs `cloison sandbox list -v` shows them", "0 1 64",
            "drift, sandbox list", k_topology, 1, k_many, run_sandbox_add},
    Command{"sandbox quota", "More", "Show the simulator's quotas, or set one", "[<NAME>=<NUMBER>]",
            "A quota is unlimited until it is set, and again after NAME=unlimited.",
            "  cloison sandbox quota\n  cloison sandbox quota network=2",
            "NAME=NUMBER\tOf a quota, as `cloison sandbox quota` names it", "0 1 64", "plan, sandbox list", k_topology,
            0, 1, run_sandbox_quota},
    Command{"schema", "More", "Print the JSON Schema of the language, for editors", "", "",
            "  cloison schema > cloison.schema.json\n  cloison schema --json", "", "0 64", "validate, help language", 0,
            0, 0, run_schema},
    Command{"completion", "More", "Print completion for a shell", "{bash|zsh|fish}",
            "Completes commands and options, and addresses, sites and services of the topology at hand.",
            "  cloison completion bash > /etc/bash_completion.d/cloison\n"
            "  cloison completion fish > ~/.config/fish/completions/cloison.fish",
            "bash, zsh, fish\tThe shell", "0 64", "help", 0, 1, 1, run_completion},
    Command{"version", "More", "Print version and commit; with --json also every schema version", "", "",
            "  cloison version\n  cloison version --json", "", "0 64", "help", 0, 0, 0, run_version},
    Command{"help", "More", "Explain a command, a code or a topic", "[COMMAND|CLnnnn|TOPIC]",
            "Topics: addresses, environment, exit-status, json, language.",
            "  cloison help plan\n  cloison help CL1203\n  cloison help language",
            "COMMAND\tSuch as plan or state list\nCLnnnn\tThe code of a message\nTOPIC\tOne of those above", "0 64",
            "completion, version", 0, 0, 2, run_help},
};

constexpr std::array<std::string_view, 2> k_later{"activate", "deactivate"};

/// What --sandbox=A,B leaves real, before anything is opened; errors for names of no provider.
Diagnostics settle_sandbox(Arguments& arguments, const Session& session) {
  if (!arguments.sandbox || arguments.sandbox_providers.empty()) return {};
  SilentSink events;
  auto context = context_of(arguments, session, events).context;
  auto scope = ops::settle_sandbox(context);
  arguments.simulated = std::move(scope.simulated);
  arguments.real = std::move(scope.real);
  return std::move(scope.notes);
}

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

int run_command(const Arguments& parsed, Session& session) {
  if (parsed.command == k_complete) return run_complete(parsed, session);
  const auto* command = find_command(parsed.command);
  if (!command) return k_usage_status;
  auto arguments = parsed;
  if (arguments.no_input) session.ask = nullptr;
  const auto wrong_names = settle_sandbox(arguments, session);
  Console console(arguments, session);
  console.line({"start", JsonObject()
                             .number("format", 1)
                             .text("cloison", session.version)
                             .text("command", arguments.command)
                             .flag("sandbox", arguments.sandbox)
                             .texts("simulated", arguments.simulated)
                             .texts("real", arguments.real)});
  console.diagnostics(wrong_names, SourceMap(), Outcome::nothing_changed);
  const int status = wrong_names.empty() ? command->run(arguments, session, console) : k_usage_status;
  console.line({"end", JsonObject().number("exit_status", status)});
  return status;
}

}  // namespace cloison::cli
