// A table as rows of HTML: all of them on paper, the first ones on screen until the script takes over.

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "core/report/html_parts.h"
#include "core/report/html_text.h"
#include "core/report/links.h"

namespace cloison::report {

namespace {

constexpr Term k_value{"value", "Value", "Valeur"}, k_rows{"rows", "Rows", "Lignes"};

bool is_numeric(const Column& column) {
  return column.kind == Column::Kind::number;
}

std::string column_heads(const Table& table, const std::vector<std::size_t>& columns, const PageOptions& options) {
  std::string html;
  if (options.medium == Medium::paper) {
    unsigned total = 0;
    for (const auto i : columns) total += std::max<unsigned>(table.columns[i].width, 1);
    html += "<colgroup>";
    for (const auto i : columns)
      html +=
          fmt::format("<col style=\"width:{:.3f}%\">", 100.0 * std::max<unsigned>(table.columns[i].width, 1) / total);
    html += "</colgroup>";
  }
  html += "<thead><tr>";
  for (const auto i : columns) {
    const auto& column = table.columns[i];
    html += fmt::format("<th scope=\"col\"{}>{}</th>", is_numeric(column) ? " class=\"number\"" : "",
                        html_text(column.heading.in(options.language)));
  }
  return html + "</tr></thead>\n";
}

std::string row_html(const Table& table, std::size_t number, const std::vector<std::size_t>& columns,
                     const PageOptions& options) {
  const auto cells = table.row(number);
  const auto cell = [&](std::size_t i) { return i < cells.size() ? cells[i] : Cell{}; };
  const auto key = cell_text(cell(table.key_column), options.language);
  // WeasyPrint decodes where a link leads to, and browsers take it as it stands.
  const auto id = options.medium == Medium::paper ? table.id + "/" + key : row_link(table.id, key);
  std::string html = fmt::format("<tr id=\"{}\">", html_text(id));
  for (const auto i : columns) {
    const auto text = cell_html(cell(i), options);
    if (i == table.key_column)
      html += "<th scope=\"row\">" + text + "</th>";
    else
      html += fmt::format("<td{}>{}</td>", is_numeric(table.columns[i]) ? " class=\"number\"" : "", text);
  }
  return html + "</tr>\n";
}

/// Each value of a column with the number of rows that have it, most first.
std::vector<std::pair<std::string, std::size_t>> counts_of(const Table& table, std::size_t column, Language language) {
  std::map<std::string, std::size_t> counts;
  for (std::size_t row = 0; row < table.rows; ++row) {
    const auto cells = table.row(row);
    if (column >= cells.size()) continue;
    const auto* list = std::get_if<std::vector<std::string>>(&cells[column].value);
    if (list == nullptr || list->empty())
      ++counts[cell_text(cells[column], language)];
    else
      for (const auto& one : *list) ++counts[one];
  }
  std::vector<std::pair<std::string, std::size_t>> sorted(counts.begin(), counts.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  return sorted;
}

std::string summary_html(const Table& table, const PageOptions& options) {
  constexpr std::size_t k_most_values = 60;
  const auto language = options.language;
  std::string html =
      "<p class=\"about\">" +
      html_text(
          language == Language::french
              ? fmt::format("{} lignes : comptées ici, jointes en entier à ce document ({}.csv).", table.rows, table.id)
              : fmt::format("{} rows: counted here, attached whole to this document ({}.csv).", table.rows, table.id)) +
      "</p>\n";
  for (const auto column : table.filters) {
    if (column >= table.columns.size()) continue;
    const auto counts = counts_of(table, column, language);
    html += fmt::format(
        "<table class=\"counts\"><caption>{}</caption><thead><tr><th scope=\"col\">{}</th><th scope=\"col\" "
        "class=\"number\">{}</th></tr></thead><tbody>",
        html_text(table.columns[column].heading.in(language)), k_value.in(language), k_rows.in(language));
    for (std::size_t i = 0; i < std::min(counts.size(), k_most_values); ++i)
      html += fmt::format("<tr><th scope=\"row\">{}</th><td class=\"number\">{}</td></tr>",
                          cell_html({.value = counts[i].first}, options), counts[i].second);
    if (counts.size() > k_most_values)
      html += fmt::format("<tr><th scope=\"row\">… [+{}]</th><td></td></tr>", counts.size() - k_most_values);
    html += "</tbody></table>\n";
  }
  return html;
}

}  // namespace

bool is_summarised(const Table& table, const PageOptions& options) {
  return options.summarised_above != 0 && table.rows > options.summarised_above;
}

bool is_wide(const Table& table) {
  const auto columns = written_columns(table);
  unsigned total = 0;
  for (const auto i : columns) total += std::max<unsigned>(table.columns[i].width, 1);
  return columns.size() > 6 || total > 14;
}

std::string table_html(const Table& table, const PageOptions& options) {
  const auto language = options.language;
  const bool paper = options.medium == Medium::paper;
  if (paper && is_summarised(table, options)) return summary_html(table, options);
  const auto columns = written_columns(table);
  const auto rows = options.most_rows == 0 ? table.rows : std::min(table.rows, options.most_rows);
  std::string html;
  if (table.rows == 0)
    html += fmt::format("<p class=\"empty\">{}</p>\n", language == Language::french ? "Aucune ligne." : "No rows.");
  if (paper && table.rows == 0) return html;
  const auto title = html_text(table.title.in(language));
  if (!paper) html += fmt::format("<div class=\"frame\" role=\"region\" tabindex=\"0\" aria-label=\"{}\">", title);
  html += "<table class=\"rows\"><caption>" + title + "</caption>";
  html += column_heads(table, columns, options) + "<tbody>\n";
  for (std::size_t row = 0; row < rows; ++row) html += row_html(table, row, columns, options);
  html += "</tbody></table>";
  if (!paper) html += "</div>";
  if (rows < table.rows)
    html += "\n<noscript><p class=\"about\">" +
            fmt::format(fmt::runtime(language == Language::french ? "Les {} premières lignes de {}."
                                                                  : "The first {} rows of {}."),
                        rows, table.rows) +
            "</p></noscript>";
  return html + "\n";
}

}  // namespace cloison::report
