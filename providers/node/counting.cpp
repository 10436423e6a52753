#include "providers/node/counting.h"

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/base/strings.h"
#include "core/net/json.h"
#include "providers/node/render.h"
#include "providers/node/schema.h"
#include "providers/node/settings.h"

namespace cloison::node {

namespace {

constexpr std::array<std::string_view, 6> k_chains{"input",      "forward",  "output",
                                                   "prerouting", "outgoing", "postrouting"};
constexpr std::array<std::string_view, 7> k_verdicts{"accept", "drop", "reject", "jump", "masquerade", "snat", "dnat"};

/// Where a word of `words` begins, outside quotes.
std::size_t word_at(std::string_view text, const auto& words) {
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') quoted = !quoted;
    if (quoted || (i > 0 && text[i - 1] != ' ')) continue;
    const auto word = text.substr(i, text.find(' ', i) - i);
    if (std::find(words.begin(), words.end(), word) != words.end()) return i;
  }
  return std::string_view::npos;
}

std::string reference(std::string_view name) {
  return fmt::format("counter name \"{}\"", name);
}

struct Counter {
  uint64_t packets = 0, bytes = 0;
  std::string since{};
};

/// {"nftables": [{"counter": {"name": …, "comment": "SECONDS", "packets": …, "bytes": …}}, …]}. What does not fit is
/// left out.
std::map<std::string, Counter, std::less<>> counters_of(std::string_view text) {
  std::map<std::string, Counter, std::less<>> counters;
  const auto json = net::parse_json(text);
  const auto* all = json ? json->find("nftables") : nullptr;
  if (all == nullptr || all->as_array() == nullptr) return counters;
  const auto number = [](const net::Json& of, std::string_view name) -> const int64_t* {
    const auto* value = of.find(name);
    const auto* whole = value == nullptr ? nullptr : value->as_integer();
    return whole == nullptr || *whole < 0 ? nullptr : whole;
  };
  for (const auto& one : *all->as_array()) {
    const auto* counter = one.find("counter");
    if (counter == nullptr || counter->text_at("name").empty()) continue;
    const auto *packets = number(*counter, "packets"), *bytes = number(*counter, "bytes");
    if (packets == nullptr || bytes == nullptr) continue;
    counters.emplace(counter->text_at("name"), Counter{static_cast<uint64_t>(*packets), static_cast<uint64_t>(*bytes),
                                                       std::string(counter->text_at("comment"))});
  }
  return counters;
}

/// As its own file tells it; a record of nothing where there is none.
Value written_firewall(const Report& report) {
  auto none = record(schema_of(k_firewall), {});
  const auto section = report.find("file/etc/cloison/firewall.nft");
  if (section == report.end()) return none;
  const std::string_view text = section->second.text;
  const auto file = parse_marked(text.substr(std::min(text.size(), text.find('\n') + 1)));
  return file && file->kind == k_firewall ? file->settings : none;
}

/// The node's clock and how long it has been up, in seconds.
class Clock {
 public:
  explicit Clock(const Report& report) {
    const auto section = report.find("clock");
    if (section == report.end()) return;
    const auto lines = split(section->second.text, '\n');
    now_ = lines.empty() ? std::nullopt : number_in<int64_t>(lines[0]);
    up_ = lines.size() < 2 ? std::nullopt : number_in<int64_t>(lines[1]);
  }
  /// When a counter was made, by its comment: no counter is older than the last boot, whatever the clock was then.
  [[nodiscard]] std::optional<std::chrono::sys_seconds> since(std::string_view comment) const {
    const auto made = number_in<int64_t>(comment);
    if (!made || !now_ || !up_ || *now_ < 0 || *up_ < 0 || *up_ > *now_ || *made < 0 || *made > *now_)
      return std::nullopt;
    return std::chrono::sys_seconds(std::chrono::seconds(std::max(*made, *now_ - *up_)));
  }

 private:
  std::optional<int64_t> now_{}, up_{};
};

}  // namespace

std::string counter_name(std::string_view chain, std::string_view rule) {
  constexpr std::size_t k_digits = 12;
  return "r_" + sha256_hex(fmt::format("{}\n{}", chain, rule)).substr(0, k_digits);
}

bool is_counted(std::string_view rule) {
  return rule.empty() || word_at(rule, k_verdicts) != std::string_view::npos;
}

CountedRule with_counter(std::string_view chain, const std::string& rule) {
  const auto verdict = rule.empty() ? std::size_t{0} : word_at(rule, k_verdicts);
  if (verdict == std::string_view::npos) return {.rule = rule};
  CountedRule all{.counter = counter_name(chain, rule)};
  all.rule = rule.substr(0, verdict) + reference(all.counter);
  if (!rule.empty()) all.rule += ' ' + rule.substr(verdict);
  return all;
}

CounterReader::CounterReader(std::string_view chain, const std::vector<std::string>& written) {
  own_.insert(counter_name(chain, ""));
  for (const auto& rule : written)
    if (is_counted(rule)) own_.insert(counter_name(chain, rule));
}

CountedRule CounterReader::read(std::string_view line) {
  constexpr std::array<std::string_view, 1> k_counter{"counter"};
  constexpr std::string_view k_begin = "counter name \"";
  CountedRule read{.rule = std::string(line)};
  const auto at = word_at(line, k_counter);
  if (at == std::string_view::npos || !line.substr(at).starts_with(k_begin)) return read;
  const auto name = at + k_begin.size(), end = line.find('"', name);
  if (end == std::string_view::npos) return read;
  read.counter = line.substr(name, end - name);
  if (own_.erase(read.counter) == 0) return read;
  read.rule = line.substr(0, at);
  read.rule += line.substr(std::min(line.size(), end + 2));
  return read;
}

std::vector<RuleUse> uses_of(const Report& report) {
  const auto section = report.find("firewall/counters");
  if (section == report.end()) return {};
  const auto counters = counters_of(section->second.text);
  const Clock clock(report);
  const auto written = written_firewall(report);
  std::vector<RuleUse> uses;
  for (const auto& [chain, rules] : listed_rules(report)) {
    if (std::find(k_chains.begin(), k_chains.end(), chain) == k_chains.end()) continue;  // filled by the node itself
    CounterReader reader(chain, Settings(k_firewall, written).texts(chain));
    for (const auto& line : rules) {
      auto read = reader.read(line);
      const auto counter = counters.find(read.counter);
      if (read.counter.empty() || counter == counters.end()) continue;
      uses.push_back({.policy = chain,
                      .rule = std::move(read.rule),
                      .packets = counter->second.packets,
                      .bytes = counter->second.bytes,
                      .since = clock.since(counter->second.since)});
    }
  }
  return uses;
}

std::vector<RuleUse> uncounted_uses(const Value& firewall) {
  const Settings settings(k_firewall, firewall);
  std::vector<RuleUse> uses;
  for (const auto chain : k_chains) {
    for (const auto& rule : settings.texts(chain))
      if (is_counted(rule)) uses.push_back({.policy = std::string(chain), .rule = rule});
    if (chain == "input" || chain == "forward" || chain == "output") uses.push_back({.policy = std::string(chain)});
  }
  return uses;
}

}  // namespace cloison::node
