#include "cli/view/simulate_view.h"

#include <algorithm>

#include <fmt/format.h>

#include "cli/view/not_applied_view.h"
#include "cli/view/text.h"
#include "cli/view/ways_view.h"
#include "core/base/strings.h"

namespace cloison::cli {

namespace {

using ops::Simulated;
using ops::SimulatedFailure;

constexpr std::size_t k_lost_shown = 3, k_down_shown = 3;

std::string lost_text(const SimulatedFailure& failure, bool all) {
  std::string text;
  std::size_t shown = 0;
  for (const auto& one : failure.lost) {
    if (shown++ == k_lost_shown && !all) {
      text += fmt::format("          and {} more; -v lists them\n", failure.lost.size() - k_lost_shown);
      break;
    }
    text += fmt::format("          {}: {}, {}\n", printable(one.id), one.why, one.packets);
  }
  if (!failure.broken.empty())
    text += fmt::format("          guarantees that do not hold then: {}\n", printable(join(failure.broken, ", ")));
  return text;
}

bool harmless(const SimulatedFailure& failure) {
  return failure.lost.empty() && failure.broken.empty();
}

/// "lab.underlays.fibre", "all 6 of lab.underlays.fibre".
std::string down_text(const SimulatedFailure& failure) {
  if (failure.down.size() > 1 && failure.alike.size() == 1)
    return fmt::format("all {} of {}", failure.down.size(), failure.alike.front());
  return few(failure.down, k_down_shown);
}

/// One scenario, perhaps played several times.
struct Played {
  std::size_t times = 0, kept = 0, gone = 0, unknown = 0, too_complex = 0;
  std::vector<const SimulatedFailure*> losing{};
};

std::string scenario_text(const SimulatedFailure& first, const Played& played, const Style& style, bool all) {
  const bool good = played.losing.empty() && played.unknown == 0;
  const auto word = good ? "kept" : !played.losing.empty() ? "lost" : "unknown";
  auto outcome =
      first.requires_.empty() ? std::string("requires nothing") : fmt::format("pairs that pass: {}", played.kept);
  if (played.gone != 0) outcome += fmt::format(", with an end that is down: {}", played.gone);
  if (played.unknown != 0)
    outcome += fmt::format(", {}: {}", played.too_complex == 0 ? "on links that are not applied" : "not known",
                           played.unknown);
  auto text = fmt::format(
      "  {}  {:<16} {} down; {}\n", painted(style.color, good ? Color::green : Color::red, padded(word, 7)),
      printable(first.scenario),
      played.times > 1 ? fmt::format("each of {} of {}", played.times, printable(few(first.alike, k_down_shown)))
                       : printable(down_text(first)),
      outcome);
  for (const auto* one : played.losing)
    text += fmt::format("        {} down\n", printable(down_text(*one))) + lost_text(*one, all);
  return text;
}

std::string scenarios_text(const std::vector<SimulatedFailure>& scenarios, const Style& style, bool all) {
  std::string text;
  for (std::size_t first = 0; first < scenarios.size();) {
    Played played;
    auto at = first;
    for (; at < scenarios.size() && scenarios[at].scenario == scenarios[first].scenario; ++at) {
      ++played.times;
      played.kept += scenarios[at].kept, played.gone += scenarios[at].gone, played.unknown += scenarios[at].unknown;
      played.too_complex += scenarios[at].too_complex;
      if (!harmless(scenarios[at])) played.losing.push_back(&scenarios[at]);
    }
    text += scenario_text(scenarios[first], played, style, all);
    first = at;
  }
  return text;
}

std::vector<std::string> flows_of(const SimulatedFailure& failure) {
  std::vector<std::string> all;
  for (const auto& one : failure.lost)
    if (std::find(all.begin(), all.end(), one.flow) == all.end()) all.push_back(one.flow);
  return all;
}

/// What is alike at many sites and loses the same flows is told once.
std::string single_text(const Simulated& simulated, const Style& style, bool all) {
  std::vector<std::pair<std::pair<std::string, std::vector<std::string>>, std::vector<const SimulatedFailure*>>> groups;
  std::size_t without_loss = 0;
  for (const auto& one : simulated.single) {
    if (harmless(one)) {
      ++without_loss;
      continue;
    }
    auto lost = flows_of(one);
    lost.insert(lost.end(), one.broken.begin(), one.broken.end());
    const std::pair key(few(one.alike, k_down_shown), std::move(lost));
    const auto same = std::find_if(groups.begin(), groups.end(), [&](const auto& group) { return group.first == key; });
    (same == groups.end() ? groups.emplace_back(key, std::vector<const SimulatedFailure*>{}) : *same)
        .second.push_back(&one);
  }
  auto text =
      fmt::format("\nSingle failures  {} of {} lose no flow between others\n", without_loss, simulated.single.size());
  for (const auto& [key, members] : groups) {
    const auto& [alike, flows] = key;
    text +=
        fmt::format("  {}  {}{}: {} of {}, of {}\n", painted(style.color, Color::yellow, "loses"),
                    printable(members.size() > 1 ? alike : members.front()->down.front()),
                    members.size() > 1 ? fmt::format(", each of {}", members.size()) : "", members.front()->lost.size(),
                    counted(members.front()->lost.size() + members.front()->kept, "pair"),
                    printable(all ? join(flows, ", ") : few(flows, k_down_shown)));
    if (!all) continue;
    for (const auto* one : members)
      text += fmt::format("        {} down\n", printable(few(one->down, k_down_shown))) + lost_text(*one, all);
  }
  return text;
}

JsonLine failure_json(const SimulatedFailure& one) {
  std::vector<std::string> lost;
  for (const auto& pair : one.lost) lost.push_back(fmt::format("{}: {}, {}", pair.id, pair.why, pair.packets));
  return {"failure", JsonObject()
                         .text("scenario", one.scenario)
                         .texts("down", one.down)
                         .texts("requires", one.requires_)
                         .number("kept", one.kept)
                         .number("gone", one.gone)
                         .number("unknown", one.unknown)
                         .texts("lost", lost)
                         .texts("broken", one.broken)};
}

}  // namespace

std::string simulate_text(const Simulated& simulated, const Style& style, bool verbose) {
  std::string text;
  if (simulated.scenarios.empty())
    text += "Scenarios  none are declared: 'scenarios:' says what must outlive which failure\n";
  else
    text += "Scenarios\n" + scenarios_text(simulated.scenarios, style, verbose);
  if (!simulated.single.empty()) text += single_text(simulated, style, verbose);
  text += ways_text(simulated, style);
  const auto guarantees = simulated.guarantees.size() + simulated.promised.size() + simulated.unproved.size();
  if (guarantees != 0)
    text += fmt::format("\nGuarantees  {} of {} hold whatever fails{}\n", simulated.guarantees.size(), guarantees,
                        simulated.unproved.empty() ? "" : ": not " + join(simulated.unproved, ", "));
  if (!simulated.promised.empty())
    text += fmt::format(
        "            {}: reachable while everything works, and after each failure above that does not say otherwise\n",
        printable(join(simulated.promised, ", ")));
  text += not_part_text(simulated.not_applied);
  return text;
}

std::vector<JsonLine> simulate_json(const Simulated& simulated) {
  auto lines = ways_json(simulated.working, nullptr);
  for (const auto* all : {&simulated.scenarios, &simulated.single})
    for (const auto& one : *all) {
      lines.push_back(failure_json(one));
      auto ways = ways_json(one.pairs, &one);
      std::move(ways.begin(), ways.end(), std::back_inserter(lines));
    }
  lines.push_back({"simulated", JsonObject()
                                    .number("milliseconds", simulated.milliseconds)
                                    .number("pairs", simulated.pairs)
                                    .number("scenarios", simulated.scenarios.size())
                                    .number("single", simulated.single.size())
                                    .texts("guarantees", simulated.guarantees)
                                    .texts("promised", simulated.promised)
                                    .texts("unproved", simulated.unproved)});
  return lines;
}

}  // namespace cloison::cli
