#include "cli/arguments.h"

#include <charconv>

#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "cli/help.h"
#include "cli/starters.h"
#include "cli/view/diagnostics_view.h"
#include "core/base/strings.h"

namespace cloison::cli {

namespace {

constexpr unsigned k_most_parallel = 256;

void add_general(CLI::App& app, Arguments& a, bool report) {
  app.add_flag("--json", a.json, "One JSON object a line on standard output");
  app.add_flag("-q,--quiet", a.quiet, "Results and errors only");
  app.add_flag("-v,--verbose", a.verbose, "Every detail");
  app.add_flag("--debug", a.debug, "Requests and answers without bodies, on standard error");
  app.add_flag("--no-color", a.no_color, "No colour, also on a terminal");
  app.add_flag("--no-input", a.no_input, "Never ask; what needs an answer is refused");
  if (report)
    app.add_option("--lang", a.lang, "Language of what people read in the report: en or fr (default en)")
        ->check(CLI::IsMember({"en", "fr"}))
        ->each([&a](const std::string&) { a.lang_given = true; });
  else
    app.add_option("--lang", a.lang, "Language of messages: en")->check(CLI::IsMember({"en"}));
}

void add_topology(CLI::App& app, Arguments& a) {
  app.add_option("-t,--topology", a.topology, "The topology: a file or a folder (default: this folder)")
      ->type_name("PATH");
  app.add_option("-f,--overlay", a.overlays, "A file laid over it; may be repeated")
      ->type_name("FILE")
      ->allow_extra_args(false);
  app.add_option("--state", a.state, "The state (default: .cloison/state.db beside the topology)")->type_name("PATH");
  app.add_flag("--sandbox", a.sandbox, "Simulate every provider, or --sandbox=A,B those named; no account is used");
  app.add_option("--sandbox-providers", a.sandbox_providers)->delimiter(',')->group("");
}

void add_choice(CLI::App& app, Arguments& a) {
  app.add_option("--environment", a.environments, "Only steps of this environment; may be repeated")
      ->type_name("NAME")
      ->allow_extra_args(false);
  app.add_option("--target", a.targets, "Only steps of this selector or address, and what they need; may be repeated")
      ->type_name("SELECTOR")
      ->allow_extra_args(false);
  app.add_option("--replace", a.replace, "Replace this resource although nothing changed; may be repeated")
      ->type_name("ADDRESS")
      ->allow_extra_args(false);
}

void add_strict(CLI::App& app, Arguments& a) {
  app.add_flag("--strict", a.strict, "Warnings and what is not applied are errors (exit status 3)");
}

void add_policy(CLI::App& app, Arguments& a) {
  app.add_flag("--locked", a.locked, "Fail rather than write cloison.lock");
  app.add_flag("--no-refresh", a.no_refresh, "Do not read the platforms; plan from the state alone");
}

void add_platform(CLI::App& app, Arguments& a) {
  app.add_option("--call-timeout", a.call_timeout,
                 "Longest time of one step, or of one reading of a platform (default 2m, 5m)")
      ->type_name("TIME");
}

void add_lock(CLI::App& app, Arguments& a) {
  app.add_option("--lock-timeout", a.lock_timeout, "Wait so long for a state held by someone else (default 0s)")
      ->type_name("TIME");
  app.add_option("--ticket", a.ticket, "Ticket kept in the log")->type_name("TEXT");
  app.add_option("--approved-by", a.approved_by, "Approver kept in the log")->type_name("TEXT");
}

void add_change(CLI::App& app, Arguments& a) {
  app.add_option("--parallelism", a.parallelism, "Calls at once on one account (default 10)")
      ->check(CLI::Range(1U, k_most_parallel));
}

void add_yes(CLI::App& app, Arguments& a) {
  app.add_flag("-y,--yes", a.yes, "Do not ask");
}

void add_export(CLI::App& app, Arguments& a, bool kubernetes) {
  app.add_option("-o,--out,--output", a.out,
                 kubernetes ? "Folder to write into; - for standard output, the default"
                            : "File to write; - for standard output, the default")
      ->type_name(kubernetes ? "FOLDER" : "FILE");
  app.add_option("--service", a.services, "Only this service; may be repeated")
      ->type_name("NAME")
      ->allow_extra_args(false);
  app.add_option("--environment", a.environments, "Only services of this environment; may be repeated")
      ->type_name("NAME")
      ->allow_extra_args(false);
  if (kubernetes)
    app.add_option("--check", a.check,
                   "Write nothing: exit status 3 when the manifests there permit other packets than the flows")
        ->type_name("FOLDER");
}

void add_report(CLI::App& app, Arguments& a, std::string_view command) {
  const bool all = command == "report all", rules = command == "report rules",
             compliance = command == "report compliance", live = rules || compliance;
  const std::string formats =
      std::string("csv, xlsx, html, pdf, json") + (compliance ? ", oscal" : "") + " or markdown";
  app.add_option("--format", a.formats,
                 all ? "Only this format: " + formats + "; may be repeated"
                     : formats + " (default: as FILE is called, else markdown)")
      ->type_name("FORMAT")
      ->delimiter(',')
      ->check(compliance ? CLI::IsMember({"csv", "xlsx", "html", "pdf", "json", "oscal", "markdown"})
                         : CLI::IsMember({"csv", "xlsx", "html", "pdf", "json", "markdown"}));
  if (live)
    app.add_flag("--live", a.live, "Also read the platforms: whether each rule is there as intended, and what else is");
  if (rules)
    app.add_flag("--failures", a.failures, "Also say in which scenarios and single failures each rule matters");
  if (compliance || all)
    app.add_option(
           "--framework", a.frameworks,
           "hds, iso-27001, anssi-filtering, pci-dss, gdpr, or a file of your own; may be repeated (default: all "
           "of these)")
        ->type_name("NAME|FILE")
        ->delimiter(',');
  if (command == "report continuity" || all)
    app.add_option("--measured", a.measured, "Exercises, in CSV: of,date,took,lost,by,comment")->type_name("FILE");
  if (rules)
    app.add_flag("--due", a.due, "Only rules that somebody has to look at: expired, nobody's, overdue, soon over");
  if (rules)
    app.add_option("--earlier", a.earlier,
                   "With --live: an earlier such report, as JSON, by which the last hit of each rule is known better")
        ->type_name("FILE")
        ->needs("--live");
  if (command != "report diff") {
    auto* at = app.add_option("--at", a.at_time, "As it was then: a date, an instant (UTC), or a commit of the state")
                   ->type_name("DATE|SERIAL");
    if (live) at->excludes("--live");
  }
  app.add_option("-o,--out,--output", a.out,
                 all ? "Folder to write into; made where it is not there" : "File to write; - for standard output")
      ->type_name(all ? "FOLDER" : "FILE");
}

/// What was found or proved, for other programs.
void add_found(CLI::App& app, Arguments& a, const std::vector<std::string>& formats) {
  app.add_option("--format", a.formats,
                 join(formats, " or ") + ", for programs that collect findings or tests (default: as FILE is called)")
      ->type_name("FORMAT")
      ->expected(1)
      ->check(CLI::IsMember(formats));
  app.add_option("-o,--out,--output", a.out, "File to write; - for standard output, and nothing else there")
      ->type_name("FILE");
}

void add_pack(CLI::App& app, Arguments& a, bool check) {
  app.add_option("--key", a.key,
                 check ? "The public key by which it must be signed, in PEM"
                       : "A public key in PEM, or a private one that you alone may read")
      ->type_name("FILE")
      ->required();
  if (!check) return;
  app.add_option("--previous", a.previous, "The pack before this one: whether this one follows it")->type_name("PACK");
  app.add_option("--tsa-ca", a.tsa_ca,
                 "Certificates of the time-stamping authorities that are trusted; then a timestamp must be there")
      ->type_name("FILE");
}

void add_evidence(CLI::App& app, Arguments& a) {
  app.add_option("-o,--out,--output", a.out, "Archive to write, 0600")->type_name("FILE")->required();
  app.add_option("--key", a.key, "The Ed25519 key that signs, in PEM; with --sign-with its public half")
      ->type_name("FILE")
      ->required();
  app.add_option("--sign-with", a.sign_with, "A program that signs what it gets on standard input, and its words")
      ->type_name("COMMAND");
  app.add_option("--previous", a.previous, "The pack before this one, which this one follows")->type_name("PACK");
  app.add_option("--tsa", a.tsa, "Have the signature stamped by this time-stamping authority (RFC 3161, https)")
      ->type_name("URL");
  app.add_option("--at", a.at_time, "As it was applied then: a date, an instant (UTC), or a commit of the state")
      ->type_name("DATE|SERIAL");
  app.add_flag("--live", a.live, "Also read the platforms: what they answer, and the proof and rules by it")
      ->excludes("--at");
  app.add_flag("--names", a.names, "Leave names and owners of remote access devices as they are");
  app.add_flag("--again", a.again, "Make a number once more that is taken; the log then shows both");
}

void add_own(CLI::App& app, Arguments& a, std::string_view command) {
  if (command == "plan") {
    app.add_option("-o,--out", a.out, "Save the plan, sealed, for `cloison apply FILE`")->type_name("FILE");
    app.add_flag("--detailed-exitcode", a.detailed_exitcode, "Exit status 2 when there are changes");
    app.add_option("--fail-on", a.fail_on, "Exit status 3 when it opens anything, or a guarantee is broken after it")
        ->type_name("opens|guarantee")
        ->delimiter(',')
        ->check(CLI::IsMember({"opens", "guarantee"}));
  } else if (command == "apply") {
    app.add_option("--override", a.overrides, "Apply although this guarantee is broken after it; the reason is logged")
        ->type_name("GUARANTEE=REASON");
  } else if (command == "rollback") {
    app.add_option("--to", a.to, "The version to go back to (default: whichever ran before)")->type_name("VERSION");
  } else if (command == "deploy") {
    app.add_option("--wave", a.waves,
                   "So many machines at first, or a share or a label of them, and then so many more: 1,25%,100% or "
                   "ring=first")
        ->type_name("WAVE,...")
        ->delimiter(',');
  } else if (command == "verify") {
    app.add_flag("--live", a.live, "What is there, read now, instead of what the topology would make");
    app.add_option("--prove", a.prove,
                   "By whom: one engine, or a second one beside it that must agree (default intervals)")
        ->type_name("intervals|both")
        ->check(CLI::IsMember({"intervals", "both"}));
    add_found(app, a, {"sarif", "junit"});
  } else if (command == "lint") {
    app.add_flag("--live", a.live, "What is there, read now, instead of what the topology would make");
    app.add_option("--fail-on", a.lint_fail_on, "Exit status 3 from findings of this weight on (default warning)")
        ->type_name("warning|notice|none")
        ->check(CLI::IsMember({"warning", "notice", "none"}));
    add_found(app, a, {"sarif"});
  } else if (command == "validate") {
    add_found(app, a, {"sarif"});
  } else if (command == "simulate") {
    app.add_flag("--all-single", a.all_single, "Also whatever may fail, each by itself");
    app.add_flag("--ways", a.ways, "Also what becomes of each pair that a failure touches, and which way it takes");
    add_found(app, a, {"junit"});
  } else if (command == "init") {
    std::vector<std::string> names;
    for (const auto& starter : starters()) names.emplace_back(starter.name);
    app.add_option("--template", a.starter, "Starter to write: " + join(names, ", ") + " (default small)")
        ->type_name("NAME");
  } else if (command == "log") {
    app.add_flag("--verify", a.verify, "Recompute the chain of seals");
    app.add_option("-n,--limit", a.limit, "Operations to show (default 20)")->type_name("N");
  } else if (command == "graph") {
    app.add_flag("--plan", a.plan_graph, "The plan's steps instead of the resources");
    app.add_option("--group-above", a.group_above, "Draw one box a path above so many (default 500)")->type_name("N");
    app.add_option("--format", a.format, "dot or svg (default dot)")->check(CLI::IsMember({"dot", "svg"}));
    app.add_option("-o,--out", a.out, "Write to a file")->type_name("FILE");
  } else if (command == "enroll") {
    app.add_option("-o,--out", a.out, "Folder of the files, for you alone (0700); made where it is not there")
        ->type_name("FOLDER");
    app.add_flag("--new", a.fresh, "For devices that are not declared yet: make their key pairs");
    app.add_flag("--show", a.show, "Show the QR codes on the terminal too");
    app.add_flag("--force", a.force, "Replace existing files; a private key that is still the device's is kept");
  } else if (command == "report check" || command == "report key") {
    add_pack(app, a, command == "report check");
  } else if (command == "report evidence") {
    add_evidence(app, a);
  } else if (command == "review export") {
    app.add_option("--format", a.formats, "xlsx or csv (default xlsx)")
        ->type_name("FORMAT")
        ->check(CLI::IsMember({"xlsx", "csv"}));
    app.add_option("-o,--out", a.out, "Folder to write into; made where it is not there")->type_name("FOLDER");
  } else if (command.starts_with("report ")) {
    add_report(app, a, command);
  } else if (command.starts_with("export ")) {
    add_export(app, a, command == "export kubernetes");
  } else if (command == "sandbox rm") {
    app.add_flag("--force", a.force, "Leave behind what refers to it");
  } else if (command == "state list" || command == "state show") {
    app.add_option("--at", a.at, "As it was after this commit")->type_name("SERIAL");
  }
}

/// The command's own options, then those that mean the same everywhere.
void add_options(CLI::App& app, Arguments& a, const Command& command) {
  add_own(app, a, command.name);
  if (command.takes & k_choice) add_choice(app, a);
  if (command.takes & k_strict) add_strict(app, a);
  if (command.takes & k_policy) add_policy(app, a);
  if (command.takes & k_platform) add_platform(app, a);
  if (command.takes & k_change) add_change(app, a);
  if (command.takes & (k_change | k_lock)) add_lock(app, a);
  if (command.takes & (k_change | k_yes)) add_yes(app, a);
  const auto own = app.get_options().size();
  if (command.takes & k_topology) add_topology(app, a);
  add_general(app, a, command.name.starts_with("report "));
  const auto all = app.get_options();
  for (std::size_t i = own; i < all.size(); ++i)
    if (!all[i]->get_group().empty()) all[i]->group(std::string(k_global_group));
}

Parsed usage_error(std::string summary, std::string hint) {
  const Diagnostic wrong{
      .kind = ErrorKind::usage, .code = "CL6001", .summary = std::move(summary), .hint = std::move(hint)};
  return {.arguments = std::nullopt, .text = diagnostic_text(wrong, SourceMap(), Style{}), .status = k_usage_status};
}

/// "state", "sandbox": words that only name commands together with a second one.
bool is_group(std::string_view word) {
  return std::any_of(commands().begin(), commands().end(), [word](const Command& command) {
    return command.name.size() > word.size() && command.name.starts_with(word) && command.name[word.size()] == ' ';
  });
}

/// The command's words at the start of the line: "state list", "plan".
const Command* command_at_start(const std::vector<std::string>& words, std::size_t& used) {
  if (words.size() > 1)
    if (const auto* two = find_command(words[0] + " " + words[1])) {
      used = 2;
      return two;
    }
  used = 1;
  return find_command(words[0]);
}

Parsed unknown_command(const std::vector<std::string>& words) {
  std::vector<std::string> known;
  for (const auto& command : commands()) known.emplace_back(command.name);
  for (const auto later : later_commands())
    if (words[0] == later)
      return usage_error("`cloison " + words[0] + "` comes with a later version", "`cloison help` lists what there is");
  if (words[0].starts_with("-"))
    return usage_error("'" + printable(words[0]) + "' is no command",
                       "options come after the command: `cloison COMMAND " + printable(words[0]) + "`");
  const std::string word = is_group(words[0]) && words.size() > 1 ? words[0] + " " + words[1] : words[0];
  const auto near = suggestions(word, known);
  return usage_error("no command '" + printable(word) + "'",
                     near.empty() ? "`cloison help` lists them" : "did you mean '" + near.front() + "'?");
}

/// An optional value after `=` only: a word that follows is never swallowed.
std::vector<std::string> with_sandbox_split(const std::vector<std::string>& words) {
  std::vector<std::string> out;
  for (const auto& word : words) {
    constexpr std::string_view k_option = "--sandbox=";
    if (word.starts_with(k_option)) {
      out.emplace_back("--sandbox");
      out.push_back("--sandbox-providers=" + word.substr(k_option.size()));
    } else {
      out.push_back(word);
    }
  }
  return out;
}

/// What is wrong, and what to type instead.
std::pair<std::string, std::string> explained(const CLI::ParseError& error, const CLI::App& app,
                                              const std::vector<std::string>& words, const Command& command) {
  const auto help = "`cloison " + std::string(command.name) + " --help` lists what it takes";
  for (const auto& word : words) {
    if (!word.starts_with("--")) continue;
    const auto name = word.substr(0, word.find('='));
    std::vector<std::string> known;
    for (const auto* option : app.get_options())
      for (const auto& long_name : option->get_lnames()) known.push_back("--" + long_name);
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const auto near = suggestions(name, known);
    return {"no option '" + printable(name) + "'", near.empty() ? help : "did you mean '" + near.front() + "'?"};
  }
  return {printable(error.what()), help};
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || number < 0 || number > 1'000'000) return std::nullopt;
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  using std::chrono::milliseconds;
  if (unit == "ms") return milliseconds(number);
  if (unit == "s" || unit.empty()) return milliseconds(number * 1000);
  if (unit == "m" || unit == "min") return milliseconds(number * 60'000);
  if (unit == "h") return milliseconds(number * 3'600'000);
  return std::nullopt;
}

std::vector<OptionDoc> options_of(const Command& command) {
  Arguments unused;
  CLI::App app;
  app.set_help_flag();
  add_options(app, unused, command);
  std::vector<OptionDoc> docs{{.name = "--help", .doc = "This page"}};
  for (const auto* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    for (const auto& name : option->get_lnames())
      docs.push_back({"--" + name, option->get_description(), option->get_expected_min() > 0});
    for (const auto& name : option->get_snames())
      docs.push_back({"-" + name, option->get_description(), option->get_expected_min() > 0});
  }
  return docs;
}

Parsed parse_command_line(const std::vector<std::string>& line) {
  if (line.empty()) return {.arguments = std::nullopt, .text = first_screen(), .status = 0};
  if (line[0] == "--help" || line[0] == "-h") return {.arguments = std::nullopt, .text = overview(), .status = 0};
  if (line[0] == k_complete)
    return {.arguments = Arguments{.command = line[0], .words = {line.begin() + 1, line.end()}}};
  if (std::find(line.begin(), line.end(), "--sandbox=") != line.end())
    return usage_error("--sandbox= names no provider", "say --sandbox alone: it simulates all");
  auto words = with_sandbox_split(line);
  if (words[0] == "--version") words[0] = "version";
  if (is_group(words[0]) && (words.size() == 1 || words[1] == "--help" || words[1] == "-h"))
    return {.arguments = std::nullopt, .text = group_page(words[0]), .status = 0};
  std::size_t used = 0;
  const auto* command = command_at_start(words, used);
  if (!command) return unknown_command(words);
  Parsed parsed;
  Arguments arguments{.command = std::string(command->name)};
  CLI::App app{std::string(command->summary), "cloison " + std::string(command->name)};
  app.set_help_flag();
  bool help = false;
  add_options(app, arguments, *command);
  app.add_flag("-h,--help", help, "This page")->group(std::string(k_global_group));
  app.add_option("words", arguments.words)->group("");
  const std::vector<std::string> rest(words.begin() + static_cast<std::ptrdiff_t>(used), words.end());
  if (std::find(rest.begin(), rest.end(), "--help") != rest.end() ||
      std::find(rest.begin(), rest.end(), "-h") != rest.end())
    return {.arguments = std::nullopt, .text = command_page(*command, app), .status = 0};
  try {
    app.parse(std::vector<std::string>(rest.rbegin(), rest.rend()));
  } catch (const CLI::ParseError& error) {
    auto [summary, hint] = explained(error, app, rest, *command);
    return usage_error(std::move(summary), std::move(hint));
  }
  const auto count = arguments.words.size();
  if (count < command->least_words || count > command->most_words)
    return usage_error(count < command->least_words ? "a word is missing" : "there is a word too many",
                       "usage: `cloison " + std::string(command->name) + (command->usage.empty() ? "" : " ") +
                           std::string(command->usage) + "`");
  parsed.arguments = std::move(arguments);
  return parsed;
}

}  // namespace cloison::cli
