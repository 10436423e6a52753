// A drawing in HTML: the picture, and its lines in words for those who do not see it.

#include <algorithm>

#include <fmt/format.h>

#include "core/report/drawing.h"
#include "core/report/embedded.h"
#include "core/report/html_parts.h"
#include "core/report/html_text.h"

namespace cloison::report {

namespace {

constexpr Term k_in_words{"in_words", "Connections in words", "Les liaisons en mots"},
    k_left_out{"left_out", "What is within these boxes is not drawn: there is too much of it for one page.",
               "L'intérieur de ces boîtes n'est pas dessiné : il y en a trop pour une page."};

/// What A4 upright has for a picture below two headings, in pixels of 1/96 inch.
constexpr int k_page_width = 672, k_page_height = 850;

/// As much detail as fits a page in letters that can be read; nullopt: not even sites do.
std::optional<Layout> fitting_page(const Drawing& drawing, bool& left_out) {
  for (const int levels : {8, 2, 1})
    for (const int width : {k_page_width, 800, 930}) {  // smaller letters before less detail
      auto layout = lay_out(drawing, {.width = width, .levels = levels});
      left_out = std::any_of(layout.boxes.begin(), layout.boxes.end(), [](const Place& box) { return !box.shown; });
      if (layout.height * std::min(k_page_width, layout.width) <= k_page_height * layout.width) return layout;
    }
  return std::nullopt;
}

std::string words_html(const Drawing& drawing, const PageOptions& options) {
  const bool paper = options.medium == Medium::paper;
  const auto words = lines_in_words(drawing, options.language);
  if (words.empty()) return {};
  const auto title = fmt::format("{} ({})", k_in_words.in(options.language), words.size());
  std::string html = paper ? "<h4>" + title + "</h4>" : "<details><summary>" + title + "</summary>";
  html += "<ul class=\"lines\">";
  for (const auto& one : words) html += "<li>" + cell_html({.value = one}, options) + "</li>\n";
  return html + (paper ? "</ul>" : "</ul></details>");
}

}  // namespace

std::string drawing_html(const Drawing& drawing, const PageOptions& options) {
  const bool paper = options.medium == Medium::paper;
  bool left_out = false;
  const auto layout = paper ? fitting_page(drawing, left_out) : lay_out(drawing, {});
  std::string html = "<figure class=\"drawing\">";
  if (layout)
    html += svg_of(drawing, *layout,
                   {.language = options.language,
                    .clickable = !paper,
                    .style = paper ? std::string(drawing_style()) : std::string()});
  if (left_out) html += fmt::format("<p class=\"about\">{}</p>", k_left_out.in(options.language));
  return html + words_html(drawing, options) + "</figure>\n";
}

}  // namespace cloison::report
