// A matrix as a table: what leads from rows to columns.

#include <algorithm>

#include <fmt/format.h>

#include "core/report/html_parts.h"
#include "core/report/html_text.h"

namespace cloison::report {

namespace {

constexpr Term k_corner{"from_to", "from ↓ to →", "de ↓ vers →"};
constexpr std::size_t k_most_named = 9;       // columns whose names fit above them on paper
constexpr std::size_t k_columns_a_page = 16;  // of numbers

/// Columns [first, last) with their names, or with the numbers that rows of the same name have.
std::string part_of_matrix(const Matrix& matrix, std::size_t first, std::size_t last, bool numbered,
                           const PageOptions& options) {
  const auto name = [&](const std::string& text) { return cell_html({.value = text}, options); };
  std::string html = fmt::format(
      "<table class=\"matrix{}\"><caption>{}</caption><colgroup><col class=\"from\"></colgroup><thead><tr><th "
      "scope=\"col\">{}</th>",
      numbered ? " numbered" : "", html_text(matrix.title.in(options.language)), k_corner.in(options.language));
  for (auto to = first; to < last; ++to) {
    if (numbered)
      html += fmt::format("<th scope=\"col\">{}</th>", to + 1);
    else
      html += fmt::format("<th scope=\"col\"><span>{}</span></th>", name(matrix.tos[to]));
  }
  html += "</tr></thead>\n<tbody>";
  for (std::size_t from = 0; from < matrix.froms.size(); ++from) {
    html += "<tr><th scope=\"row\">" + name(matrix.froms[from]) + "</th>";
    for (auto to = first; to < last; ++to) {
      const auto cell = matrix.cell(from, to);
      html += fmt::format("<td class=\"{}\">{}</td>", tone_name(cell.tone), cell_html(cell, options));
    }
    html += "</tr>\n";
  }
  return html + "</tbody></table>\n";
}

/// What the numbers above the columns stand for.
std::string numbers_html(const Matrix& matrix, const PageOptions& options) {
  std::string html = "<ol class=\"numbers\">";
  for (const auto& to : matrix.tos) html += "<li>" + cell_html({.value = to}, options) + "</li>";
  return html + "</ol>\n";
}

}  // namespace

std::string matrix_html(const Matrix& matrix, const PageOptions& options) {
  if (options.medium == Medium::screen)
    return fmt::format("<div class=\"frame\" role=\"region\" tabindex=\"0\" aria-label=\"{}\">",
                       html_text(matrix.title.in(options.language))) +
           part_of_matrix(matrix, 0, matrix.tos.size(), false, options) + "</div>\n";
  if (matrix.tos.size() <= k_most_named) return part_of_matrix(matrix, 0, matrix.tos.size(), false, options);
  std::string html = numbers_html(matrix, options);
  const auto parts = (matrix.tos.size() + k_columns_a_page - 1) / k_columns_a_page;
  for (std::size_t part = 0; part < parts; ++part)
    html +=
        part_of_matrix(matrix, matrix.tos.size() * part / parts, matrix.tos.size() * (part + 1) / parts, true, options);
  return html;
}

}  // namespace cloison::report
