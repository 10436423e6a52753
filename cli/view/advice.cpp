#include "cli/view/advice.h"

#include <algorithm>

#include "cli/commands.h"
#include "core/base/strings.h"

namespace cloison::cli {

namespace {

/// The options by which the next command is about the same things. What `line` says itself is not said again.
std::string words_beside(const Arguments& arguments, std::string_view line) {
  const auto says = [line](std::string_view option) { return line.find(option) != std::string_view::npos; };
  auto words = says(" -t ") ? std::string() : topology_words(arguments);
  if (!arguments.state.empty() && !says(" --state ")) words += " --state " + shell_word(arguments.state);
  if (arguments.sandbox && !says(" --sandbox"))
    words +=
        arguments.sandbox_providers.empty() ? " --sandbox" : " --sandbox=" + join(arguments.sandbox_providers, ",");
  return words;
}

/// "cloison state rm ADDRESS" as it must be typed to be about the same topology and state; COMMAND is this run's own.
std::string completed(std::string line, const Arguments& arguments) {
  constexpr std::string_view k_own = "cloison COMMAND";
  if (line.starts_with(k_own)) line.replace(0, k_own.size(), "cloison " + arguments.command);
  const auto words = split(line, ' ');
  for (const std::size_t count : {std::size_t{3}, std::size_t{2}}) {
    if (words.size() < count) continue;
    const auto name = join(std::vector<std::string>(words.begin() + 1, words.begin() + static_cast<long>(count)), " ");
    const auto* command = find_command(name);
    if (!command) continue;
    if ((command->takes & k_topology) == 0) return line;
    const auto head = std::string("cloison ") + name;
    return head + words_beside(arguments, line) + line.substr(head.size());
  }
  return line;
}

}  // namespace

std::string same_words(const Arguments& arguments) {
  return words_beside(arguments, {});
}

std::string sandbox_banner(const Arguments& arguments) {
  if (!arguments.sandbox) return {};
  if (arguments.real.empty())
    return "SANDBOX: everything here is simulated; no account is used and nothing real changes.\n";
  const auto named = [](const std::vector<std::string>& names) { return printable(join(names, ", ")); };
  const bool one = arguments.real.size() == 1;
  return "SANDBOX in part: simulated: " + named(arguments.simulated) + ". REAL: " + named(arguments.real) +
         (one ? ", whose account is used.\n" : ", whose accounts are used.\n");
}

std::string shell_word(const std::string& word) {
  const auto plain = [](char c) {
    return is_letter_or_digit(c) || std::string_view("._-/+=:@,%").find(c) != std::string_view::npos;
  };
  if (!word.empty() && std::all_of(word.begin(), word.end(), plain)) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return printable(quoted + "'");
}

std::string topology_words(const Arguments& arguments) {
  std::string words;
  if (arguments.topology != ".") words += " -t " + shell_word(arguments.topology);
  for (const auto& file : arguments.overlays) words += " -f " + shell_word(file);
  return words;
}

std::string pastable(const std::string& hint, const Arguments& arguments) {
  constexpr std::string_view k_begin = "`cloison ";
  std::string text;
  std::size_t done = 0;
  for (auto at = hint.find(k_begin); at != std::string::npos; at = hint.find(k_begin, done)) {
    const auto end = hint.find('`', at + 1);
    if (end == std::string::npos) break;
    text += hint.substr(done, at + 1 - done) + completed(hint.substr(at + 1, end - at - 1), arguments) + '`';
    done = end + 1;
  }
  return text + hint.substr(done);
}

std::string next_after_plan(const ops::Planned& planned, const Arguments& arguments) {
  if (!planned.plan || planned.plan->empty()) return {};
  const auto same = same_words(arguments);
  if (planned.out_written) return "Next: cloison apply" + same + " " + shell_word(arguments.out) + "\n";
  std::string chosen;
  for (const auto& name : arguments.environments) chosen += " --environment " + shell_word(name);
  for (const auto& target : arguments.targets) chosen += " --target " + shell_word(target);
  for (const auto& address : arguments.replace) chosen += " --replace " + shell_word(address);
  return "Next: cloison apply" + same + chosen + "\n";
}

}  // namespace cloison::cli
