#pragma once
// Pages of help, made from the table of commands and the options that the parser accepts.

#include <string>
#include <string_view>

namespace CLI {
class App;
}

namespace cloison::cli {

struct Command;

/// What `cloison` alone prints: what it is and what to type first.
[[nodiscard]] std::string first_screen();
/// All commands by group.
[[nodiscard]] std::string overview();
[[nodiscard]] std::string group_page(std::string_view prefix);
[[nodiscard]] std::string command_page(const Command& command, const CLI::App& app);

}  // namespace cloison::cli
