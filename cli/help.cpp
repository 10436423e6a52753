#include "cli/help.h"

#include <algorithm>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/topics.h"
#include "cli/view/text.h"
#include "core/base/strings.h"

namespace cloison::cli {

namespace {

constexpr std::size_t k_names = 26;  // columns of an option's or argument's name

/// "  name   what it is", the second column wrapped below itself.
std::string entry(std::string_view name, std::string_view doc, std::size_t column) {
  const std::string indent(column, ' ');
  const auto text = wrapped(doc, k_help_width - column, column);
  if (display_width(name) + 3 > column) return fmt::format("  {}\n{}{}\n", name, indent, text);
  return padded(fmt::format("  {}", name), column) + text + '\n';
}

std::string lines_of(std::span<const Command> table, std::string_view only_prefix) {
  std::string text;
  std::string_view group;
  for (const auto& command : table) {
    if (!only_prefix.empty() && !command.name.starts_with(only_prefix)) continue;
    if (command.group != group) {
      group = command.group;
      text += fmt::format("\n{}\n", group);
    }
    text += entry(command.name, command.summary, 18);
  }
  return text;
}

/// As many of the words as one line of the first screen holds; `cloison help GROUP` has all.
std::string one_line(const std::string& about, std::vector<std::string> words) {
  constexpr std::size_t k_room = 66;
  auto text = about + join(words, ", ");
  while (text.size() > k_room && words.size() > 1) {
    words.pop_back();
    text = about + join(words, ", ") + ", ...";
  }
  return text;
}

/// Commands of two words stand on the first screen as one: "state   list, show, mv, …".
std::string first_words() {
  std::string text;
  std::string_view group;
  std::vector<std::string> short_ones;
  std::map<std::string, std::vector<std::string>> follow;
  for (const auto& command : commands()) {
    const auto parts = split(command.name, ' ');
    if (parts.size() > 1) follow[std::string(parts[0])].emplace_back(parts[1]);
    if (parts.size() > 1 || command.group == "More") {
      const std::string first(parts[0]);
      if (parts.size() == 1) short_ones.push_back(first);
      continue;
    }
    if (command.group != group) text += fmt::format("{}\n", command.group);
    group = command.group;
    text += entry(command.name, command.summary, 14);
  }
  text += "More\n";
  for (const auto& [first, words] : follow) {
    const auto* about = first == "state"    ? "What is believed: "
                        : first == "export" ? "Containers: "
                        : first == "report" ? "For auditors: "
                        : first == "review" ? "What owners decide of flows: "
                                            : "The simulator: ";
    text += entry(first, one_line(about, words), 14);
  }
  std::vector<std::string> later;
  for (const auto word : later_commands()) later.emplace_back(word);
  return text + fmt::format("  {}; in later versions: {}\n", join(short_ones, ", "), join(later, ", "));
}

std::string topics_text() {
  std::vector<std::string> names;
  for (const auto& topic : topics()) names.emplace_back(topic.name);
  return "Topics: cloison help {" + join(names, "|") + "}\n";
}

std::string usage_text(const Command& command) {
  return fmt::format("USAGE\n  cloison {}{}{} [flags]\n", command.name, command.usage.empty() ? "" : " ",
                     command.usage);
}

std::string arguments_text(const Command& command) {
  if (command.arguments.empty()) return {};
  std::string text = "\nARGUMENTS\n";
  for (const auto line : split(command.arguments, '\n')) {
    const auto tab = line.find('\t');
    text += entry(line.substr(0, tab), line.substr(tab + 1), k_names);
  }
  return text;
}

std::string flags_text(const CLI::App& app, bool global) {
  std::string text;
  for (const auto* option : app.get_options()) {
    if (option->get_group().empty() || (option->get_group() == k_global_group) != global) continue;
    auto names = option->get_name(false, true);
    for (std::size_t at = names.find(','); at != std::string::npos; at = names.find(',', at + 2))
      names.insert(at + 1, " ");
    if (option->get_expected_min() > 0)
      names += fmt::format(" <{}>", option->get_type_name().substr(0, option->get_type_name().find(':')));
    text += entry(names, option->get_description(), k_names);
  }
  if (text.empty()) return {};
  return (global ? "\nGLOBAL FLAGS\n" : "\nFLAGS\n") + text;
}

std::string statuses_text(const Command& command) {
  std::string text = "\nEXIT STATUS\n";
  for (const auto status : split(command.statuses, ' '))
    text += entry(fmt::format("{:>3}", status), exit_status_text(status, command.name), 8);
  return text;
}

std::string see_also_text(const Command& command) {
  std::vector<std::string> pages;
  for (const auto page : split(command.see_also, ',')) pages.push_back("cloison " + std::string(trimmed(page)));
  pages.emplace_back("cloison help exit-status");
  return "\nSEE ALSO\n  " + wrapped(join(pages, ", "), k_help_width - 2, 2) + '\n';
}

}  // namespace

std::string first_screen() {
  return "cloison plans and applies segmented networks from one description.\n"
         "\n"
         "USAGE\n"
         "  cloison <command> [flags]\n"
         "\n" +
         first_words() +
         "\n"
         "EXAMPLES\n"
         "  cloison init               write a commented starter into this folder\n"
         "  cloison plan --sandbox     see what would be made, without an account\n"
         "  cloison plan -o week.plan  the same against your provider, kept for apply\n"
         "\n" +
         topics_text() + "A command: cloison help plan   A code: cloison help CL1203\n";
}

std::string overview() {
  return "USAGE\n  cloison <command> [flags]\n" + lines_of(commands(), {}) + '\n' + topics_text() +
         "A command: cloison help plan   A code: cloison help CL1203\n";
}

std::string group_page(std::string_view prefix) {
  return fmt::format("USAGE\n  cloison {} <command> [flags]\n", prefix) +
         lines_of(commands(), fmt::format("{} ", prefix));
}

std::string command_page(const Command& command, const CLI::App& app) {
  auto text = fmt::format("{}\n\n", command.summary) + usage_text(command);
  if (!command.about.empty()) text += "\n" + wrapped(command.about, k_help_width, 0) + "\n";
  text += fmt::format("\nEXAMPLES\n{}\n", command.examples);
  return text + arguments_text(command) + flags_text(app, false) + flags_text(app, true) + statuses_text(command) +
         see_also_text(command);
}

}  // namespace cloison::cli
