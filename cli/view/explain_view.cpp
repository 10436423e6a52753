#include "cli/view/explain_view.h"

#include <fmt/format.h>

#include "cli/view/text.h"
#include "core/base/strings.h"

namespace cloison::cli {

namespace {

using ops::Explained;
using ops::ExplainedLeap;
using Kind = verify::Leap::Kind;

std::string_view verdict_word(Explained::Verdict verdict) {
  switch (verdict) {
    case Explained::Verdict::permitted:
      return "permitted";
    case Explained::Verdict::refused:
      return "refused";
    case Explained::Verdict::one_way:
      return "arrives, and no answer comes back";
    case Explained::Verdict::unknown:
      return "unknown";
  }
  return "";
}

std::string end_text(const std::string& path, const std::string& address) {
  return path.empty() ? address : fmt::format("{} ({})", path, address);
}

std::string way_text(const ExplainedLeap& leap) {
  auto way = leap.out.empty() ? leap.in : leap.in.empty() ? leap.out : leap.in + " -> " + leap.out;
  switch (leap.kind) {
    case Kind::begins:
      return "begins";
    case Kind::passes:
      return "its filter";
    case Kind::forwarded:
      return way;
    case Kind::translated:
      return "translates";
    case Kind::sent:
      return "tunnel " + way;
    case Kind::arrives:
      return "arrives";
    case Kind::leaves:
      return "leaves by " + way;
    case Kind::refused:
      return way.empty() ? "refused" : "refused " + way;
    case Kind::given_up:
      return "too complex to tell";
  }
  return way;
}

/// Why it went on or did not: the flow, else the rule itself.
std::string reason_text(const ExplainedLeap& leap, const SourceMap& sources) {
  auto text = !leap.reason.empty() ? leap.reason : !leap.why.empty() ? leap.why : leap.rule;
  // The file's name is enough here; all of its path is in the JSON.
  if (const auto place = sources.location(leap.declared); !place.empty())
    text += "  " + place.substr(place.rfind('/') + 1);
  return text;
}

JsonObject leap_json(const ExplainedLeap& leap, const SourceMap& sources) {
  static constexpr std::array<std::string_view, 8> k_kinds{"begins", "passes",  "forwarded", "translated",
                                                           "sent",   "arrives", "leaves",    "refused"};
  return JsonObject()
      .text("what", k_kinds.at(static_cast<std::size_t>(leap.kind)))
      .text("where", leap.where)
      .text("in", leap.in)
      .text("out", leap.out)
      .text("rule", leap.rule)
      .text("reason", leap.reason)
      .text("why", leap.why)
      .text("resource", leap.resource)
      .text("declared", sources.location(leap.declared));
}

}  // namespace

std::string way_table(const std::vector<ExplainedLeap>& way, const SourceMap& sources, std::size_t indent,
                      std::size_t width) {
  std::vector<std::vector<std::string>> rows;
  std::size_t number = 0;
  for (const auto& leap : way)
    rows.push_back(
        {std::to_string(++number), printable(leap.where), way_text(leap), printable(reason_text(leap, sources))});
  return table(rows, indent, width);
}

std::vector<JsonObject> way_json(const std::vector<ExplainedLeap>& way, const SourceMap& sources) {
  std::vector<JsonObject> all;
  for (const auto& leap : way) all.push_back(leap_json(leap, sources));
  return all;
}

std::string explain_text(const Explained& explained, const Style& style) {
  const bool good = explained.verdict == Explained::Verdict::permitted;
  auto text = fmt::format("{} -> {} {}: {}\n", printable(end_text(explained.from_path, explained.from)),
                          printable(end_text(explained.to_path, explained.to)), explained.service,
                          painted(style.color, good ? Color::green : Color::red, verdict_word(explained.verdict)));
  text += "\n" + way_table(explained.there, explained.sources, 2, style.width);
  if (!explained.back.empty()) text += "\nThe answer\n" + way_table(explained.back, explained.sources, 2, style.width);
  if (!explained.unknown.empty()) {
    text += fmt::format("\nNot modelled, so it may be otherwise: {}\n", counted(explained.unknown.size(), "thing"));
    for (const auto& one : explained.unknown)
      text += fmt::format("  {}: {}\n", printable(one.address), printable(one.what));
  }
  return text;
}

JsonLine explain_json(const Explained& explained) {
  static constexpr std::array<std::string_view, 4> k_verdicts{"permitted", "refused", "one_way", "unknown"};
  std::vector<std::string> unknown;
  for (const auto& one : explained.unknown) unknown.push_back(one.address + ": " + one.what);
  return {"explained", JsonObject()
                           .text("from", explained.from)
                           .text("from_path", explained.from_path)
                           .text("to", explained.to)
                           .text("to_path", explained.to_path)
                           .text("service", explained.service)
                           .text("verdict", k_verdicts.at(static_cast<std::size_t>(explained.verdict)))
                           .objects("there", way_json(explained.there, explained.sources))
                           .objects("back", way_json(explained.back, explained.sources))
                           .texts("not_modelled", unknown)};
}

}  // namespace cloison::cli
