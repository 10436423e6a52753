// What a shell asks while a word is typed: `cloison __complete WORDS...`, the words up to the one under the cursor.
// Says what that could become, one a line; never fails, never writes, opens no account.

#include <algorithm>
#include <set>

#include "cli/commands.h"
#include "cli/error_pages.h"
#include "cli/starters.h"
#include "cli/topics.h"
#include "core/base/strings.h"
#include "core/ops/state.h"
#include "core/ops/validate.h"

namespace cloison::cli {

namespace {

using Words = std::vector<std::string>;

/// Above so many, a path is completed as far as its next dot only.
constexpr std::size_t k_most = 60;

/// The line as far as it was typed. `=` may stand alone: bash splits words there.
struct Line {
  Words before{};
  std::string current{};
  std::string option{};  // whose value is being typed, "" = none
};

Line line_of(const Words& words) {
  Line line;
  for (const auto& word : words)
    if (word != "=") line.before.push_back(word);
  if (!line.before.empty() && words.back() != "=") {
    line.current = line.before.back();
    line.before.pop_back();
  }
  if (const auto equals = line.current.find('='); equals != std::string::npos && line.current.starts_with("--")) {
    line.option = line.current.substr(0, equals);
    line.current = line.current.substr(equals + 1);
  } else if (!line.before.empty() && line.before.back().starts_with("-")) {
    line.option = line.before.back();
  }
  return line;
}

/// -t, -f, --state and --sandbox of what was typed; everything else is nothing that decides what there is.
Arguments arguments_of(const Words& before) {
  Arguments arguments;
  for (std::size_t i = 0; i < before.size(); ++i) {
    auto name = before[i];
    std::string value = i + 1 < before.size() ? before[i + 1] : std::string();
    if (const auto equals = name.find('='); equals != std::string::npos) {
      value = name.substr(equals + 1);
      name = name.substr(0, equals);
    }
    if (name == "-t" || name == "--topology") arguments.topology = value;
    if (name == "-f" || name == "--overlay") arguments.overlays.push_back(value);
    if (name == "--state") arguments.state = value;
    if (name == "--sandbox") arguments.sandbox = true;
  }
  return arguments;
}

/// What the topology and the state of that line hold.
class Known {
 public:
  Known(const Arguments& arguments, const Session& session)
      : context_(context_of(arguments, session, events_).context), sandbox_given_(arguments.sandbox) {}

  Words state_addresses(bool sandbox) {
    auto context = context_;
    context.sandbox.on = context.sandbox.on || sandbox;
    Words addresses;
    if (const auto view = ops::read_state(context); view.snapshot)
      for (const auto& [key, row] : view.snapshot->rows) addresses.push_back(key.address);
    // Whoever only ever used the sandbox means that one.
    if (addresses.empty() && !context.sandbox.on && !sandbox_given_) return state_addresses(true);
    return addresses;
  }
  Words wanted_addresses() {
    Words addresses;
    for (const auto& resource : topology().resources) addresses.push_back(resource.address.text);
    return addresses;
  }
  /// Sites, VPCs, segments, hosts, nodes; services, groups and links by name.
  Words selectors() {
    Words words;
    const auto& known = topology();
    if (known.topology) {
      for (const auto& site : known.topology->sites) words.insert(words.end(), {site.name, site.path});
      for (const auto& service : known.topology->services) words.push_back(service.name);
    }
    if (!known.resolved) return words;
    for (const auto& vpc : known.resolved->vpcs) words.push_back(vpc.path);
    for (const auto& segment : known.resolved->segments) {
      words.push_back(segment.path);
      // "lab.lan" stands for that segment of every laboratory.
      if (const auto& site = known.topology->sites[segment.site]; !site.instance.family.empty())
        words.push_back(site.name + segment.path.substr(site.path.size()));
    }
    for (const auto& host : known.resolved->hosts) words.push_back(host.path);
    for (const auto& node : known.resolved->nodes) words.push_back(node.path);
    return words;
  }
  Words environments() {
    Words words;
    if (const auto& known = topology(); known.topology)
      for (const auto& one : known.topology->environments) words.push_back(one.name);
    return words;
  }
  Words providers() {
    Words words;
    if (const auto& known = topology(); known.topology)
      for (const auto& one : known.topology->providers) words.push_back(one.name);
    return words;
  }

 private:
  const ops::Validated& topology() {
    if (!validated_) validated_ = ops::validate(context_);
    return *validated_;
  }

  SilentSink events_{};
  ops::Context context_;
  bool sandbox_given_;
  std::optional<ops::Validated> validated_{};
};

void add(Words& to, Words more) {
  to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

Words help_words(const std::string& current) {
  Words words;
  for (const auto& topic : topics()) words.emplace_back(topic.name);
  for (const auto& command : commands()) words.emplace_back(split(command.name, ' ').front());
  if (current.starts_with("CL"))
    for (const auto& page : error_pages()) words.emplace_back(page.code);
  return words;
}

std::optional<Words> values_of_option(const std::string& option, Known& known) {
  if (option == "--target") {
    auto words = known.selectors();
    add(words, known.wanted_addresses());
    return words;
  }
  if (option == "--replace") return known.wanted_addresses();
  if (option == "--environment") return known.environments();
  if (option == "--sandbox") return known.providers();
  if (option == "--format") return Words{"dot", "svg"};
  if (option == "--lang") return Words{"en"};
  if (option != "--template") return std::nullopt;
  Words names;
  for (const auto& starter : starters()) names.emplace_back(starter.name);
  return names;
}

Words values_of_words(const Line& line, Known& known) {
  const auto& first = line.before.front();
  if (first == "completion") return {"bash", "zsh", "fish"};
  if (first == "help") return help_words(line.current);
  if (line.before.size() < 2) return {};
  const auto& second = line.before[1];
  if (first == "sandbox") return second == "rm" || second == "set" ? known.state_addresses(true) : Words{};
  if (first != "state") return {};
  if (second == "import") return known.wanted_addresses();
  return second == "recover" ? Words{} : known.state_addresses(false);
}

/// The candidates that go on from what was typed; too many are cut at the next dot.
std::set<std::string> matching(const Words& candidates, const std::string& current) {
  std::set<std::string> found, shorter;
  for (const auto& one : candidates) {
    if (!one.starts_with(current)) continue;
    found.insert(one);
    const auto dot = one.find('.', current.size());
    shorter.insert(dot == std::string::npos ? one : one.substr(0, dot + 1));
  }
  return found.size() > k_most ? shorter : found;
}

}  // namespace

int run_complete(const Arguments& arguments, Session& session) {
  try {
    const auto line = line_of(arguments.words);
    if (line.before.empty()) return 0;
    Known known(arguments_of(line.before), session);
    // A value that only stands behind `=` is none where a blank stands.
    const bool sandbox_alone = line.option == "--sandbox" && arguments.words.back() == line.current &&
                               (arguments.words.size() < 2 || arguments.words[arguments.words.size() - 2] != "=");
    const auto values = sandbox_alone ? std::nullopt : values_of_option(line.option, known);
    for (const auto& one : matching(values ? *values : values_of_words(line, known), line.current))
      if (printable(one) == one) session.out(one + '\n');
  } catch (const std::exception&) {
    return 0;  // a shell that asks while somebody types has no use for an error
  }
  return 0;
}

}  // namespace cloison::cli
