#include "cli/view/advice.h"

#include <algorithm>

#include "core/base/strings.h"

namespace cloison::cli {

std::string same_words(const Arguments& arguments) {
  auto words = topology_words(arguments);
  if (!arguments.state.empty()) words += " --state " + shell_word(arguments.state);
  if (arguments.sandbox)
    words +=
        arguments.sandbox_providers.empty() ? " --sandbox" : " --sandbox=" + join(arguments.sandbox_providers, ",");
  return words;
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
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._-/+=:@,%").find(c) != std::string_view::npos;
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
