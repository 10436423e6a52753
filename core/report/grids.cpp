#include "core/report/grids.h"

#include <algorithm>
#include <utility>

namespace cloison::report {

namespace {

constexpr Term k_from_to{"from", "From / to", "De / vers"};
constexpr Term k_name{"name", "Name", "Nom"};
constexpr Term k_value{"value", "Value", "Valeur"};

}  // namespace

Table table_of(const Matrix& matrix) {
  Table table;
  table.id = matrix.id;
  table.title = matrix.title;
  table.about = matrix.about;
  table.columns.push_back({.id = k_from_to.id, .heading = k_from_to});
  for (const auto& to : matrix.tos)
    table.columns.push_back({.id = to, .heading = {to, to, to}, .kind = Column::Kind::term});
  table.rows = matrix.froms.size();
  table.row = [&matrix](std::size_t row) {
    std::vector<Cell> cells{{.value = matrix.froms[row]}};
    cells.reserve(matrix.tos.size() + 1);
    for (std::size_t to = 0; to < matrix.tos.size(); ++to) cells.push_back(matrix.cell(row, to));
    return cells;
  };
  return table;
}

Table table_of(const Properties& properties, Language language) {
  Table table;
  table.id = properties.id;
  table.title = properties.title;
  table.columns = {{.id = k_name.id, .heading = k_name}, {.id = k_value.id, .heading = k_value}};
  table.rows = properties.lines.size();
  table.row = [&properties, language](std::size_t row) {
    const auto& [name, value] = properties.lines[row];
    return std::vector<Cell>{{.value = name.in(language)}, value};
  };
  return table;
}

Properties properties_of(const Heading& heading) {
  Properties properties;
  properties.id = "report";
  properties.lines = {{{"Network", "Réseau"}, {.value = heading.network}},
                      {{"As of", "À la date du"}, {.value = heading.as_of}},
                      {{"Made from", "Fait à partir de"}, {.value = heading.digest}},
                      {{"Made by", "Fait par"}, {.value = heading.made_by}}};
  properties.lines.insert(properties.lines.end(), heading.facts.begin(), heading.facts.end());
  return properties;
}

const std::string& title_of(const Table& table, Language language) {
  return table.title.empty() ? table.id : table.title.in(language);
}

std::vector<std::size_t> written_columns(const Table& table) {
  std::vector<std::size_t> written, all;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    all.push_back(i);
    if (table.columns[i].on_paper) written.push_back(i);
  }
  return written.empty() ? all : written;
}

Report brief(Report report) {
  for (auto& chapter : report.chapters)
    for (auto& part : chapter.parts) {
      auto* table = std::get_if<Table>(&part);
      if (table == nullptr) continue;
      const auto columns = written_columns(*table);
      std::vector<Column> kept;
      for (const auto i : columns) kept.push_back(table->columns[i]);
      const auto key = std::find(columns.begin(), columns.end(), table->key_column);
      table->key_column = key == columns.end() ? 0 : static_cast<std::size_t>(key - columns.begin());
      table->columns = std::move(kept), table->filters.clear();
      table->row = [whole = std::move(table->row), columns](std::size_t row) {
        auto all = whole(row);
        std::vector<Cell> cells;
        for (const auto i : columns) cells.push_back(i < all.size() ? std::move(all[i]) : Cell{});
        return cells;
      };
    }
  return report;
}

}  // namespace cloison::report
