#include "cli/view/not_applied_view.h"

#include <algorithm>

#include <fmt/format.h>

#include "cli/view/text.h"
#include "core/base/strings.h"

namespace cloison::cli {

namespace {

constexpr std::size_t k_reasons_shown = 8;

std::string_view reason_word(NotApplied::Reason reason) {
  switch (reason) {
    case NotApplied::Reason::no_provider:
      return "no_provider";
    case NotApplied::Reason::no_permission:
      return "no_permission";
    case NotApplied::Reason::comes_later:
      return "comes_later";
    case NotApplied::Reason::unsupported:
      return "unsupported";
  }
  return "";
}

std::string label_of(const NotApplied& entry) {
  return entry.group.empty() ? entry.block : entry.block + " " + entry.group;
}

/// "not proved" of "not proved: proofs come later", or "".
std::string verdict_of(const NotApplied& entry) {
  const auto colon = entry.text.find(':');
  return entry.text.starts_with("not ") && colon != std::string::npos ? entry.text.substr(0, colon) : std::string();
}

struct Cell {
  std::string label{}, verdict{};
  std::size_t count = 0;
};

template <class Row, class Key>
Row& found_or_added(std::vector<Row>& rows, Key Row::* key, const Key& wanted) {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const Row& row) { return row.*key == wanted; });
  if (found != rows.end()) return *found;
  rows.emplace_back();
  rows.back().*key = wanted;
  return rows.back();
}

struct Reasoned {
  std::string text{};
  std::vector<std::string> labels{};
};

}  // namespace

std::string not_applied_text(const std::vector<NotApplied>& entries, const SourceMap& sources, bool all,
                             const Style& style) {
  if (entries.empty()) return {};
  std::vector<Cell> cells;
  std::vector<Reasoned> reasons;
  for (const auto& entry : entries) {
    auto& cell = found_or_added(cells, &Cell::label, label_of(entry));
    cell.verdict = cell.count == 0 || cell.verdict == verdict_of(entry) ? verdict_of(entry) : "";
    ++cell.count;
    auto& reason = found_or_added(reasons, &Reasoned::text, entry.text);
    if (std::find(reason.labels.begin(), reason.labels.end(), cell.label) == reason.labels.end())
      reason.labels.push_back(cell.label);
  }
  std::vector<std::string> parts;
  for (const auto& cell : cells)
    parts.push_back(fmt::format("{}: {}{}{}", printable(cell.label), cell.count, cell.verdict.empty() ? "" : " ",
                                printable(cell.verdict)));
  constexpr std::string_view k_head = "Not applied: ";
  auto text = std::string(k_head) + wrapped(join(parts, ", "), style.width - k_head.size(), k_head.size()) + '\n';
  if (all) {
    std::vector<std::vector<std::string>> rows;
    for (const auto& entry : entries)
      rows.push_back(
          {printable(entry.block), printable(entry.entry), place_text(sources, entry.where), printable(entry.text)});
    return text + table(rows, 2, SIZE_MAX);
  }
  for (std::size_t i = 0; i < reasons.size(); ++i) {
    if (i == k_reasons_shown) {
      text += fmt::format("  ... and {}; all of them: -v\n", counted(reasons.size() - i, "more reason"));
      break;
    }
    const auto line = fmt::format("{}: {}", join(reasons[i].labels, ", "), reasons[i].text);
    text += "  " + wrapped(printable(line), style.width - 2, 4) + '\n';
  }
  return text;
}

std::string not_part_text(const std::vector<NotApplied>& entries) {
  std::string text;
  for (const auto& one : entries) {
    if (one.block != "links" && one.block != "sites") continue;
    if (text.empty()) text += k_not_part;
    text += fmt::format("  {} {}: {}\n", one.block, printable(one.entry), printable(one.text));
  }
  return text;
}

std::vector<JsonLine> not_applied_json(const std::vector<NotApplied>& entries, const SourceMap& sources) {
  std::vector<JsonLine> lines;
  for (const auto& entry : entries) {
    JsonObject fields;
    fields.text("block", entry.block)
        .text("entry", entry.entry)
        .text("group", entry.group)
        .text("reason", reason_word(entry.reason))
        .text("text", entry.text)
        .raw("where", place_json(sources, entry.where));
    lines.push_back({"not_applied", std::move(fields)});
  }
  return lines;
}

}  // namespace cloison::cli
