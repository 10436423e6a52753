#include "cli/help.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/commands.h"

namespace cloison::cli {

namespace {

std::string lines_of(std::span<const Command> table, std::string_view only_prefix) {
  std::string text;
  std::string_view group;
  for (const auto& command : table) {
    if (!only_prefix.empty() && !command.name.starts_with(only_prefix)) continue;
    if (command.group != group) {
      group = command.group;
      text += fmt::format("\n{}\n", group);
    }
    text += fmt::format("  {:<16}{}\n", command.name, command.summary);
  }
  return text;
}

}  // namespace

std::string first_screen() {
  return "cloison plans and applies segmented networks from one description.\n"
         "\n"
         "Start here:\n"
         "  cloison init                 write a commented starter topology into this folder\n"
         "  cloison validate             check it\n"
         "  cloison plan --sandbox       see what would be made, without an account\n"
         "  cloison apply --sandbox      make it in the simulator\n"
         "  cloison plan                 the same against your provider\n"
         "\n"
         "All commands: cloison help     One of them: cloison plan --help     A code: cloison help CL1203\n";
}

std::string overview() {
  return "usage: cloison COMMAND [options]\n" + lines_of(commands(), {}) +
         "\nOptions of a command: cloison COMMAND --help. Exit statuses: 0 done, 1 failed and nothing changed,\n"
         "2 changes found (plan --detailed-exitcode, drift), 3 policy, 4 state locked, 5 partly changed, 64 usage,\n"
         "130 stopped before any change.\n";
}

std::string group_page(std::string_view prefix) {
  return fmt::format("usage: cloison {} COMMAND [options]\n", prefix) +
         lines_of(commands(), fmt::format("{} ", prefix));
}

std::string command_page(const Command& command, const CLI::App& app) {
  auto text = fmt::format("{}\n\nusage: cloison {} {}{}[options]\n", command.summary, command.name, command.usage,
                          command.usage.empty() ? "" : " ");
  if (!command.about.empty()) text += fmt::format("\n{}\n", command.about);
  if (!command.examples.empty()) text += fmt::format("\nExamples\n{}\n", command.examples);
  text += "\nOptions\n";
  for (const auto* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    auto names = option->get_name(false, true);
    for (std::size_t at = names.find(','); at != std::string::npos; at = names.find(',', at + 2))
      names.insert(at + 1, " ");
    if (option->get_type_size() > 0)
      names += fmt::format(" {}", option->get_type_name().substr(0, option->get_type_name().find(':')));
    text += fmt::format("  {:<30} {}\n", names, option->get_description());
  }
  return text;
}

}  // namespace cloison::cli
