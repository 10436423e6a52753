// Completion is generated from the table of commands, so that it cannot name what the parser refuses.

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "cli/commands.h"
#include "core/base/strings.h"

namespace cloison::cli {

namespace {

std::string option_words(const Command& command) {
  std::vector<std::string> words;
  for (const auto& option : options_of(command)) words.push_back(option.name);
  return join(words, " ");
}

/// First words ("plan", "state") and, for groups, what may follow.
std::map<std::string, std::vector<std::string>> first_words() {
  std::map<std::string, std::vector<std::string>> words;
  for (const auto& command : commands()) {
    const auto parts = split(command.name, ' ');
    auto& follow = words[std::string(parts[0])];
    if (parts.size() > 1) follow.emplace_back(parts[1]);
  }
  return words;
}

std::string shell_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string bash_script() {
  std::vector<std::string> first;
  std::string cases;
  for (const auto& [word, follow] : first_words()) {
    first.push_back(word);
    if (!follow.empty())
      cases += fmt::format(
          "    {0}) if [ \"$COMP_CWORD\" -eq 2 ]; then words={1}; else command=\"{0} ${{COMP_WORDS[2]}}\"; fi ;;\n",
          word, shell_quoted(join(follow, " ")));
  }
  std::string options;
  for (const auto& command : commands())
    options += fmt::format("    {}) options={} ;;\n", shell_quoted(command.name), shell_quoted(option_words(command)));
  return fmt::format(
      "# bash completion of cloison; made by `cloison completion bash`\n"
      "_cloison() {{\n"
      "  local word=${{COMP_WORDS[COMP_CWORD]}} words='' options='' command=${{COMP_WORDS[1]}}\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
      "    mapfile -t COMPREPLY < <(compgen -W {} -- \"$word\"); return\n"
      "  fi\n"
      "  case $command in\n{}  esac\n"
      "  case $command in\n{}  esac\n"
      "  case $word in\n"
      "    -*) mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$word\") ;;\n"
      "    *) if [ -n \"$words\" ]; then mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
      "       else _cloison_ask; fi ;;\n"
      "  esac\n"
      "}}\n"
      "# Addresses, sites, services and other names of the topology at hand; files where there are none.\n"
      "_cloison_ask() {{\n"
      "  local typed=(\"${{COMP_WORDS[@]:1:COMP_CWORD}}\")\n"
      "  mapfile -t COMPREPLY < <(\"${{COMP_WORDS[0]}}\" {} \"${{typed[@]}}\" 2>/dev/null)\n"
      "  if [ ${{#COMPREPLY[@]}} -gt 0 ]; then\n"
      "    case ${{COMPREPLY[0]}} in *.) compopt -o nospace 2>/dev/null ;; esac\n"
      "  else\n"
      "    [ \"$word\" = = ] && word=''\n"
      "    compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
      "  fi\n"
      "}}\n"
      "complete -F _cloison cloison\n",
      shell_quoted(join(first, " ")), cases, options, k_complete);
}

std::string zsh_script() {
  // zsh runs bash's completion functions itself.
  return "#compdef cloison\n# zsh completion of cloison; made by `cloison completion zsh`\n"
         "autoload -Uz bashcompinit && bashcompinit\n"
         "mapfile() { local line; shift; local name=$1; eval \"$name=()\"; "
         "while IFS= read -r line; do eval \"$name+=(\\\"\\$line\\\")\"; done }\n" +
         bash_script();
}

/// What fish offers as the option's value.
std::string_view value_of(const OptionDoc& option) {
  static constexpr std::array<std::string_view, 4> k_asked{"--target", "--replace", "--environment", "--template"};
  if (std::find(k_asked.begin(), k_asked.end(), option.name) != k_asked.end()) return " -x -a '(__cloison_ask)'";
  return option.takes_value ? " -r" : "";
}

std::string fish_script() {
  auto text = fmt::format(
      "# fish completion of cloison; made by `cloison completion fish`\n"
      "function __cloison_ask\n"
      "  set -l words (commandline -opc) (commandline -ct)\n"
      "  $words[1] {} $words[2..-1] 2>/dev/null\n"
      "end\n"
      "complete -c cloison -n 'not __fish_use_subcommand' -a '(__cloison_ask)'\n",
      k_complete);
  std::set<std::string> groups;
  for (const auto& command : commands()) {
    const auto parts = split(command.name, ' ');
    const std::string first(parts[0]);
    if (parts.size() == 1) {
      text += fmt::format("complete -c cloison -n __fish_use_subcommand -a {} -d {}\n", first,
                          shell_quoted(command.summary));
    } else {
      if (groups.insert(first).second)
        text += fmt::format("complete -c cloison -f -n __fish_use_subcommand -a {}\n", first);
      text += fmt::format("complete -c cloison -f -n '__fish_seen_subcommand_from {}' -a {} -d {}\n", first, parts[1],
                          shell_quoted(command.summary));
    }
    for (const auto& option : options_of(command)) {
      const bool is_long = option.name.starts_with("--");
      text += fmt::format("complete -c cloison -n '__fish_seen_subcommand_from {}' {} {}{} -d {}\n", parts.back(),
                          is_long ? "-l" : "-s", option.name.substr(is_long ? 2 : 1), value_of(option),
                          shell_quoted(option.doc));
    }
  }
  return text;
}

}  // namespace

int run_completion(const Arguments& arguments, Session& session, Console& console) {
  (void)session;
  const auto& shell = arguments.words.front();
  std::string script;
  if (shell == "bash") script = bash_script();
  if (shell == "zsh") script = zsh_script();
  if (shell == "fish") script = fish_script();
  if (script.empty()) return usage_status(console, "no completion for '" + printable(shell) + "'", "bash, zsh or fish");
  console.text(script);
  console.line({"completion", JsonObject().text("shell", shell).text("script", script)});
  return 0;
}

}  // namespace cloison::cli
