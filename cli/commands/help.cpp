#include "cli/help.h"

#include <array>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/error_pages.h"
#include "core/base/strings.h"

namespace cloison::cli {

namespace {

struct Topic {
  std::string_view name{}, text{};
};

constexpr std::array k_topics{Topic{"exit-status",
                                    R"(Exit statuses

    0  done: also nothing to do, and a question answered with no
    1  failed, and nothing was changed: invalid topology, refused plan, quota, login
    2  differences: `plan --detailed-exitcode` has changes, `drift` found some
    3  a guarantee, a policy, --locked or --strict
    4  the state is locked by someone else (--lock-timeout waits)
    5  something was changed and something was not: the state is saved, run again to resume
   64  wrong command line
  130  a signal before any change
)"},
                              Topic{"environment",
                                    R"(Environment variables

  NO_COLOR, TERM=dumb       no colour
  OS_*, OS_CLIENT_CONFIG_FILE  as OpenStack's own clients read them
  CLOISON_NOW               the date to take instead of today's, such as 2026-11-22T10:00:00Z; refused by a real apply
  CLOISON_SANDBOX_FAULTS    what goes wrong in the simulator: seed=7,fail=0.05,in_doubt=0.1,latency=20ms
)"},
                              Topic{"addresses",
                                    R"(Addresses of resources

The declared path, then the kind: SITE.VPC.SEGMENT.HOST.KIND. Keys are names, never positions.

  cloud.production.data.network
  cloud.production.data.postgres-2.server
  cloud.production.router.interface/data
  cloud.production.data.postgres.group.rule/in-ipv4-tcp-5432-10.0.20.0_24

--target takes an address or a selector of the language (cloud.production.data, lab.lan, {zone: data}).
)"},
                              Topic{"json",
                                    R"(JSON lines

With --json standard output holds one JSON object a line and nothing else. Each has "type", "seq" (0, 1, ...) and
"time". The first is {"type":"start","format":1,...}, the last {"type":"end","exit_status":...}. Between them:

  diagnostic   an error or a warning: severity, code, summary, detail, hint, where {file, line, column}
  change       one resource of a plan: address, action, reason, attributes, origins
  drift        live against what was left: address, what, attributes, mended
  not_applied  declared without effect: block, entry, reason, text
  dropped      a pair of a flow that has no path
  summary      counts
  read, apply, step, recovered   an operation under way
  applied      how it ended
  resource, operation, object, graph, schema, version, explanation   results of the other commands

Fields and types are only ever added within one "format". docs/commands.md lists them all.
)"}};

std::string folded(std::string_view word) {
  std::string text(word);
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return text;
}

std::optional<std::string> page_of(const std::string& word) {
  const auto code = folded(word);
  for (const auto& page : error_pages())
    if (page.code == code) return std::string(page.text);
  for (const auto& topic : k_topics)
    if (topic.name == word) return std::string(topic.text);
  if (find_command(word)) {
    auto parsed = parse_command_line({word, "--help"});
    if (word.find(' ') != std::string::npos) {
      const auto words = split(word, ' ');
      parsed = parse_command_line({std::string(words[0]), std::string(words[1]), "--help"});
    }
    return parsed.text;
  }
  for (const auto& command : commands())
    if (command.name.starts_with(word + " ")) return group_page(word);
  return std::nullopt;
}

}  // namespace

int run_help(const Arguments& arguments, Session& session, Console& console) {
  (void)session;
  if (arguments.words.empty()) {
    console.text(overview());
    return 0;
  }
  const auto word = join(arguments.words, " ");
  if (const auto page = page_of(word)) {
    console.text(*page);
    console.line({"explanation", JsonObject().text("about", word).text("text", *page)});
    return 0;
  }
  for (const auto later : later_commands())
    if (word == later) return usage_status(console, "`cloison " + word + "` comes with a later version");
  std::vector<std::string> known;
  for (const auto& command : commands()) known.emplace_back(command.name);
  for (const auto& topic : k_topics) known.emplace_back(topic.name);
  for (const auto& page : error_pages()) known.emplace_back(page.code);
  const auto near = suggestions(folded(word).starts_with("CL") ? folded(word) : word, known);
  return usage_status(
      console, "no help on '" + printable(word) + "'",
      near.empty() ? "`cloison help` lists the commands" : "did you mean '" + join(near, "' or '") + "'?");
}

}  // namespace cloison::cli
