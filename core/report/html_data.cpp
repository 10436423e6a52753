// A table as data for the page's script. Columns stand one after the other, each of its values once, and the rows as
// numbers of values: a hundred thousand rows are a few megabytes, and a search looks at each value once.

#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/report/html_parts.h"
#include "core/report/html_text.h"

namespace cloison::report {

namespace {

constexpr int64_t k_exact = int64_t{1} << 53;  // integers that a script's numbers hold

class ColumnData {
 public:
  void add(std::string json) {
    const auto [at, is_new] = numbers_.try_emplace(std::move(json), static_cast<uint32_t>(values_.size()));
    if (is_new) values_.push_back(&at->first);
    repeats_ = repeats_ || !is_new;
    rows_.push_back(at->second);
  }

  /// Without "rows" where no value repeats: then row and value have one number.
  void append_to(std::string& json) const {
    json += "\"values\":[";
    for (std::size_t i = 0; i < values_.size(); ++i) {
      if (i != 0) json += ',';
      json += *values_[i];
    }
    json += ']';
    if (!repeats_) return;
    json += ",\"rows\":[";
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      if (i != 0) json += ',';
      json += std::to_string(rows_[i]);
    }
    json += ']';
  }

 private:
  std::unordered_map<std::string, uint32_t> numbers_{};
  std::vector<const std::string*> values_{};  // keys of numbers_, which stay where they are
  std::vector<uint32_t> rows_{};
  bool repeats_ = false;
};

std::string list_json(const std::vector<std::string>& list) {
  std::string json = "[";
  for (const auto& one : list) json += (json.size() == 1 ? "" : ",") + page_json(one);
  return json + "]";
}

std::string value_json(const Cell& cell, Language language) {
  if (std::holds_alternative<std::monostate>(cell.value)) return "null";
  if (const auto* list = std::get_if<std::vector<std::string>>(&cell.value)) return list_json(*list);
  if (const auto* yes = std::get_if<bool>(&cell.value)) return *yes ? "true" : "false";
  const auto* number = std::get_if<int64_t>(&cell.value);
  if (number != nullptr && *number > -k_exact && *number < k_exact) return std::to_string(*number);
  return page_json(cell_text(cell, language));
}

/// The value alone, or an object with what else there is: "t" its tone, "to" where it leads, "id" of a term.
std::string entry_json(const Cell& cell, Language language) {
  auto value = value_json(cell, language);
  const auto* const* term = std::get_if<const Term*>(&cell.value);
  const bool has_term = term != nullptr && *term != nullptr;
  if (cell.tone == Tone::plain && cell.leads_to.empty() && !has_term) return value;
  std::string json = "{\"v\":" + value;
  if (cell.tone != Tone::plain) json += fmt::format(",\"t\":\"{}\"", tone_name(cell.tone));
  if (!cell.leads_to.empty()) json += ",\"to\":" + page_json(cell.leads_to);
  if (has_term) json += ",\"id\":" + page_json((*term)->id);
  return json + "}";
}

}  // namespace

std::string table_data(const Table& table, Language language) {
  std::vector<ColumnData> data(table.columns.size());
  for (std::size_t row = 0; row < table.rows; ++row) {
    const auto cells = table.row(row);
    for (std::size_t i = 0; i < data.size(); ++i)
      data[i].add(i < cells.size() ? entry_json(cells[i], language) : "null");
  }
  const auto first = written_columns(table);
  std::string json = fmt::format("{{\"rows\":{},\"key\":{},\"filters\":[{}],\"columns\":[", table.rows,
                                 table.key_column, fmt::join(table.filters, ","));
  for (std::size_t i = 0; i < data.size(); ++i) {
    const auto& column = table.columns[i];
    const bool shown = std::find(first.begin(), first.end(), i) != first.end();
    json += fmt::format("{}{{\"id\":{},\"heading\":{},\"group\":{},\"kind\":\"{}\",\"shown\":{},\"means\":{},",
                        i == 0 ? "" : ",\n", page_json(column.id), page_json(column.heading.in(language)),
                        page_json(column.group.in(language)), kind_name(column.kind), shown,
                        page_json(language == Language::english ? column.means : std::string_view()));
    data[i].append_to(json);
    json += '}';
  }
  return json + "]}";
}

}  // namespace cloison::report
