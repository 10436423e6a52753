#include "cli/help.h"

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/error_pages.h"
#include "cli/topics.h"
#include "core/base/strings.h"

namespace cloison::cli {

namespace {

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
  for (const auto& topic : topics())
    if (topic.name == word) return topic.text();
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
  for (const auto& topic : topics()) known.emplace_back(topic.name);
  for (const auto& page : error_pages()) known.emplace_back(page.code);
  const auto near = suggestions(folded(word).starts_with("CL") ? folded(word) : word, known);
  return usage_status(
      console, "no help on '" + printable(word) + "'",
      near.empty() ? "`cloison help` lists the commands" : "did you mean '" + join(near, "' or '") + "'?");
}

}  // namespace cloison::cli
