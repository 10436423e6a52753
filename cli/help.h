#pragma once
// Pages of help, made from the table of commands and the options that the parser accepts.

#include <string>
#include <string_view>

namespace CLI {  // NOLINT(readability-identifier-naming): the library's
class App;
}

namespace cloison::cli {

struct Command;

/// Group of options that mean the same for every command.
constexpr std::string_view k_global_group = "Global flags";
/// No line of help is wider.
constexpr std::size_t k_help_width = 80;

/// What `cloison` alone prints: what it is and what to type first.
[[nodiscard]] std::string first_screen();
/// All commands by group.
[[nodiscard]] std::string overview();
[[nodiscard]] std::string group_page(std::string_view prefix);
[[nodiscard]] std::string command_page(const Command& command, const CLI::App& app);

}  // namespace cloison::cli
