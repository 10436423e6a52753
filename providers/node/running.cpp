// What FRR says that it runs, as the routing it amounts to and the lines that do not fit.

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "providers/node/routing.h"

namespace cloison::node {

namespace {

constexpr std::size_t k_most_lines = 100;  // that do not fit: nobody reads more

struct Line {
  std::string context{};  // the lines above it that hold it, "" at the top
  std::string_view text{};
  bool operator<(const Line& other) const { return std::tie(context, text) < std::tie(other.context, other.text); }
};

/// What is no configuration, or none of routing's: forwarding in the kernel is another kind's.
bool says_nothing(std::string_view line) {
  static constexpr std::array<std::string_view, 8> k_starts{
      "Building configuration", "Current configuration", "frr version ",  "hostname ",
      "no ip forwarding",       "no ipv6 forwarding",    "ip forwarding", "ipv6 forwarding"};
  if (line.empty() || line.front() == '!' || line.front() == '#' || line == "exit" || line == "end" ||
      line == "exit-address-family")
    return true;
  return std::any_of(k_starts.begin(), k_starts.end(), [&](std::string_view start) { return line.starts_with(start); });
}

/// Each line with what holds it, as its indentation tells.
std::vector<Line> lines_of(std::string_view text) {
  constexpr std::size_t k_deepest = 4, k_longest = 200;  // whatever the node says: each line repeats what is above it
  std::array<std::string_view, k_deepest> above{};
  std::vector<Line> lines;
  for (const auto raw : split(text, '\n')) {
    const auto line = trimmed(raw);
    if (says_nothing(line)) continue;
    const auto depth = std::min(raw.find_first_not_of(' '), k_deepest - 1);
    std::string context;
    for (std::size_t i = 0; i < depth; ++i)
      if (!above[i].empty()) context += fmt::format("{}{}", context.empty() ? "" : ", ", above[i]);
    lines.push_back({.context = std::move(context), .text = line});
    above[depth] = line.substr(0, k_longest);
    std::fill(above.begin() + static_cast<std::ptrdiff_t>(depth) + 1, above.end(), std::string_view());
  }
  return lines;
}

uint32_t plain_number(std::string_view text) {
  uint32_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

class Reader {
 public:
  explicit Reader(const std::vector<Line>& lines) {
    for (const auto& line : lines) read(line, split(line.text, ' '));
  }

  Routing routing() {
    for (auto& [address, one] : neighbours_) {
      if (one.autonomous_system == 0) continue;  // lines about nobody
      one.accept = list(one.name + "-in");
      one.offer = list(one.name + "-out");
      one.preference = setting(one.name + "-in");
      one.med = setting(one.name + "-out");
      routing_.neighbours.push_back(std::move(one));
    }
    return std::move(routing_);
  }

 private:
  using Words = std::vector<std::string_view>;

  void read(const Line& line, const Words& words) {
    if (line.context.empty()) return read_top(words);
    if (line.context.starts_with("router bgp ")) return read_session(words);
    const auto name = split(line.context, ' ');  // "route-map NAME permit NUMBER"
    if (name[0] == "route-map" && name.size() == 4 && words.size() == 3 && words[0] == "set")
      settings_.insert_or_assign(std::string(name[1]), plain_number(words[2]));
  }
  void read_top(const Words& words) {
    if (words.size() == 3 && words[0] == "router" && words[1] == "bgp")
      routing_.autonomous_system = plain_number(words[2]), routing_.known_only = true;
    if (words.size() >= 4 && (words[0] == "ip" || words[0] == "ipv6") && words[1] == "route")
      if (const auto route = parse_route(fmt::format("{}", fmt::join(words.begin() + 2, words.end(), " "))))
        routing_.routes.push_back(*route);
    if (words.size() != 7 || words[1] != "prefix-list" || words[5] != "permit") return;
    if (const auto prefix = IpPrefix::parse(words[6])) lists_[std::string(words[2])].push_back(*prefix);
  }
  void read_session(const Words& words) {
    if (words.size() == 3 && words[0] == "bgp" && words[1] == "router-id") routing_.router_id = words[2];
    if (words.size() == 4 && words[0] == "no" && words[2] == "network" && words[3] == "import-check")
      routing_.known_only = false;
    if (words.size() == 2 && words[0] == "network")
      if (const auto prefix = IpPrefix::parse(words[1])) routing_.announce.push_back(*prefix);
    if (words.size() != 4 || words[0] != "neighbor") return;
    auto& one = neighbours_[std::string(words[1])];
    one.address = words[1];
    if (words[2] == "remote-as") one.autonomous_system = plain_number(words[3]);
    if (words[2] == "description") one.name = words[3];
    if (words[2] == "update-source") one.interface = words[3];
  }

  /// Once: no two neighbours of ours share a name, and a node that says so must not make much out of little.
  std::vector<IpPrefix> list(const std::string& name) {
    auto found = lists_.extract(name);
    return found.empty() ? std::vector<IpPrefix>{} : std::move(found.mapped());
  }
  uint32_t setting(const std::string& name) const {
    const auto found = settings_.find(name);
    return found == settings_.end() ? 0 : found->second;
  }

  Routing routing_{};
  std::map<std::string, Neighbour> neighbours_{};         // by address
  std::map<std::string, std::vector<IpPrefix>> lists_{};  // of prefixes, both families of a name together
  std::map<std::string, uint32_t> settings_{};            // the number that a route map sets
};

std::string shown(char sign, const Line& line) {
  return fmt::format("{} {}{}{}", sign, printable(line.context), line.context.empty() ? "" : ": ",
                     printable(line.text));
}

}  // namespace

RunningRouting read_running(std::string_view text) {
  const auto lines = lines_of(text);
  RunningRouting running{.routing = Reader(lines).routing()};
  if (running.routing.autonomous_system == 0) return running;  // it does not route: what lacks is everything
  const auto asked_text = frr_text(running.routing);
  const auto asked_lines = lines_of(asked_text);
  const std::set<Line> runs(lines.begin(), lines.end()), asked(asked_lines.begin(), asked_lines.end());
  const auto tell = [&](char sign, const std::set<Line>& these, const std::set<Line>& those) {
    for (const auto& line : these)
      if (!those.contains(line) && running.other_lines.size() < k_most_lines)
        running.other_lines.push_back(shown(sign, line));
  };
  tell('+', runs, asked);
  tell('-', asked, runs);
  return running;
}

}  // namespace cloison::node
