#include "cli/view/ways_view.h"

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "cli/view/text.h"
#include "core/base/strings.h"

namespace cloison::cli {

namespace {

using ops::PairOutcome;
using verify::Way;
using verify::WayStep;
using Kind = PairOutcome::Kind;

constexpr std::size_t k_ids_shown = 3, k_named_down = 3, k_ways_shown = 2;

std::string ways_text(const std::set<Way>& ways) {
  std::vector<std::string> texts;
  for (const auto& way : ways)  // several may differ in their ends alone
    if (auto text = way_text(way); std::find(texts.begin(), texts.end(), text) == texts.end())
      texts.push_back(std::move(text));
  auto text = texts.empty() ? std::string("no way") : texts.front();
  for (std::size_t i = 1; i < texts.size() && i < k_ways_shown; ++i) text += " or by " + texts[i];
  if (texts.size() > k_ways_shown) text += fmt::format(" or {} more", texts.size() - k_ways_shown);
  return text;
}

/// Pairs of which the same is to be told, in the order of the first.
struct Alike {
  std::string what{};
  std::vector<std::string> ids{};
};

void add(std::vector<Alike>& all, std::string what, const std::string& id) {
  const auto same = std::find_if(all.begin(), all.end(), [&](const Alike& one) { return one.what == what; });
  (same == all.end() ? all.emplace_back(Alike{std::move(what), {}}) : *same).ids.push_back(id);
}

std::string_view word_of(Kind kind) {
  static constexpr std::array<std::string_view, 5> k_words{"kept", "opened", "lost", "gone", "unknown"};
  return k_words.at(static_cast<std::size_t>(kind));
}

std::string failure_text(const ops::SimulatedFailure& failure, const Style& style) {
  std::vector<Alike> told;
  std::map<std::string_view, std::size_t> counts;
  for (const auto& pair : failure.pairs) {
    const bool moved = pair.kind == Kind::kept && pair.another;
    ++counts[pair.kind == Kind::kept && !moved ? "keep theirs" : moved ? "go another way" : word_of(pair.kind)];
    if (moved) add(told, "by " + ways_text(pair.ways.there), pair.id);
    if (pair.kind == Kind::opened) add(told, "opened, by " + ways_text(pair.ways.there), pair.id);
    if (pair.kind == Kind::lost) add(told, "lost: " + pair.why, pair.id);
  }
  std::vector<std::string> numbers;
  for (const auto& [word, number] : counts) numbers.push_back(fmt::format("{} {}", number, word));
  const auto line = [&](std::string_view text, std::size_t indent) {
    return std::string(indent, ' ') + wrapped(text, style.width - indent - 2, indent + 2) + '\n';
  };
  auto text = line(fmt::format("{} down: {}", printable(few(failure.down, k_named_down)), join(numbers, ", ")), 2);
  for (const auto& one : told) text += line(printable(few(one.ids, k_ids_shown)), 6) + line(printable(one.what), 8);
  return text;
}

JsonObject step_json(const WayStep& step) {
  static constexpr std::array<std::string_view, 5> k_kinds{"begins", "forwarded", "sent", "arrives", "leaves"};
  return JsonObject()
      .text("what", k_kinds.at(static_cast<std::size_t>(step.kind)))
      .text("where", step.where)
      .text("in", step.in)
      .text("out", step.out)
      .text("link", step.link)
      .texts("by", step.by);
}

std::vector<JsonObject> all_json(const std::set<Way>& ways) {
  std::vector<JsonObject> all;
  for (const auto& way : ways) {
    std::vector<JsonObject> steps;
    for (const auto& step : way) steps.push_back(step_json(step));
    all.push_back(JsonObject().objects("steps", steps));
  }
  return all;
}

}  // namespace

std::string way_text(const Way& way) {
  std::vector<std::string> words;
  for (const auto& step : way) {
    if (step.kind == WayStep::Kind::forwarded && (words.empty() || words.back() != step.where))
      words.push_back(step.where);
    if (step.kind == WayStep::Kind::leaves) words.emplace_back("outside");
    if (step.kind != WayStep::Kind::sent) continue;
    if (words.empty()) words.push_back(step.where);
    words.back() += fmt::format(" ({})", step.out);
  }
  return words.empty() ? "the switch between them" : join(words, ", ");
}

std::string ways_text(const ops::Simulated& simulated, const Style& style) {
  if (simulated.working.empty()) return {};
  std::string text = "\nWays\n";
  for (const auto* all : {&simulated.scenarios, &simulated.single})
    for (const auto& one : *all)
      if (!one.pairs.empty()) text += failure_text(one, style);
  return text;
}

std::vector<JsonLine> ways_json(const std::vector<PairOutcome>& pairs, const ops::SimulatedFailure* failure) {
  std::vector<JsonLine> lines;
  for (const auto& pair : pairs)
    lines.push_back({"pair", JsonObject()
                                 .text("scenario", failure == nullptr ? "" : failure->scenario)
                                 .texts("down", failure == nullptr ? std::vector<std::string>{} : failure->down)
                                 .text("id", pair.id)
                                 .text("flow", pair.flow)
                                 .text("outcome", word_of(pair.kind))
                                 .text("why", pair.why)
                                 .texts("packets", pair.packets)
                                 .flag("another", pair.another)
                                 .objects("there", all_json(pair.ways.there))
                                 .objects("back", all_json(pair.ways.back))});
  return lines;
}

}  // namespace cloison::cli
