// A drawing's layout as SVG.

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/report/drawing.h"
#include "core/report/html_text.h"
#include "core/report/links.h"
#include "core/report/text.h"

namespace cloison::report {

namespace {

using Box = Drawing::Box;
using Line = Drawing::Line;

constexpr std::array<Term, 5> k_box_kinds{{{"site", "Site", "Site"},
                                           {"vpc", "VPC", "VPC"},
                                           {"zone", "Zone", "Zone"},
                                           {"segment", "Segment", "Segment"},
                                           {"outside", "Outside", "Extérieur"}}};
constexpr std::array<Term, 3> k_line_kinds{
    {{"tunnel", "Tunnel", "Tunnel"}, {"link", "Link", "Lien"}, {"flow", "Flow", "Flux"}}};

const Term& kind_of(const Box& box) {
  return k_box_kinds[static_cast<std::size_t>(box.kind)];
}
const Term& kind_of(const Line& line) {
  return k_line_kinds[static_cast<std::size_t>(line.kind)];
}

std::string with_detail(const Box& box) {
  return box.detail.empty() ? box.label : box.label + ", " + box.detail;
}

/// "a ⇄ b"; flows go one way.
std::string ends_of(const Drawing& drawing, const Line& line) {
  const auto name = [&](std::size_t box) {
    return box < drawing.boxes.size() ? drawing.boxes[box].label : std::string("?");
  };
  return name(line.from) + (line.kind == Line::Kind::flow ? " → " : " ⇄ ") + name(line.to);
}

std::string in_words(const Drawing& drawing, const Line& line, Language language) {
  std::string words = ends_of(drawing, line) + " (" + lowered(kind_of(line).in(language)) + ")";
  if (!line.label.empty()) words += ": " + line.label;
  return words;
}

// Widths of a letter in tenths of a unit, as the widest of the usual fonts has them.
constexpr int k_label_letter = 72, k_detail_letter = 60;

/// `text` of at most `room` units, with the letters that are shown.
struct Fitted {
  std::string text{};
  int width = 0;
};
Fitted fitted(std::string_view text, int room, int letter) {
  auto shown = cut_short(shown_in_line(text), static_cast<std::size_t>(std::max(room * 10 / letter, 3)));
  const int width = static_cast<int>(letters_in(shown)) * letter / 10;
  return {.text = html_text(shown), .width = width};
}

std::string text_svg(std::string_view classes, int x, int y, const std::string& escaped) {
  return fmt::format("<text class=\"{}\" x=\"{}\" y=\"{}\">{}</text>", classes, x, y, escaped);
}

std::string box_body(const Box& box, const Place& place, bool holds_others) {
  constexpr int k_margin = 8, k_least_detail = 40;
  std::string svg = fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"4\"/>", place.x, place.y,
                                place.width, place.height);
  const int x = place.x + k_margin, room = place.width - 2 * k_margin + 2;
  const auto label = fitted(box.label, room, k_label_letter);
  svg += text_svg("label", x, place.y + (holds_others ? 15 : 16), label.text);
  if (box.detail.empty()) return svg;
  if (!holds_others) return svg + text_svg("detail", x, place.y + 29, fitted(box.detail, room, k_detail_letter).text);
  const int left = room - label.width - k_margin;
  if (left < k_least_detail) return svg;
  return svg +
         text_svg("detail", x + label.width + k_margin, place.y + 15, fitted(box.detail, left, k_detail_letter).text);
}

std::string box_svg(const Drawing& drawing, std::size_t number, const Layout& layout, bool holds_others,
                    const SvgOptions& options) {
  const auto& box = drawing.boxes[number];
  const auto words = std::string(kind_of(box).in(options.language)) + " " + with_detail(box);
  const auto inside =
      "<title>" + html_text(cut_short(words, 300)) + "</title>" + box_body(box, layout.boxes[number], holds_others);
  const auto classes = fmt::format("box {}{}", kind_of(box).id, holds_others ? " holds" : "");
  if (!options.clickable || box.filter.empty() || drawing.table.empty())
    return fmt::format("<g class=\"{}\">{}</g>", classes, inside);
  return fmt::format("<a class=\"{}\" href=\"#{}\" aria-label=\"{}\">{}</a>", classes,
                     html_text(search_link(drawing.table, box.filter)), html_text(cut_short(words, 300)), inside);
}

std::string route_svg(const Drawing& drawing, const Route& route, const SvgOptions& options) {
  const auto& line = drawing.lines[route.line];
  std::string path;
  for (const auto& [x, y] : route.points) path += fmt::format("{}{} {}", path.empty() ? "M" : "L", x, y);
  std::string svg = fmt::format("<g class=\"line {}\"><title>{}</title><path d=\"{}\"/>", kind_of(line).id,
                                html_text(cut_short(in_words(drawing, line, options.language), 300)), path);
  const auto [x, y] = route.points.back();
  if (line.kind == Line::Kind::flow) {
    svg += fmt::format("<polygon points=\"{},{} {},{} {},{}\"/>", x, y, x - 3, y - 6, x + 3, y - 6);
  } else {
    const auto [from_x, from_y] = route.points.front();
    svg += fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"2.5\"/><circle cx=\"{}\" cy=\"{}\" r=\"2.5\"/>", from_x, from_y,
                       x, y);
  }
  return svg + "</g>";
}

}  // namespace

std::string svg_of(const Drawing& drawing, const Layout& layout, const SvgOptions& options) {
  std::string svg = fmt::format(
      "<svg class=\"topology\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" width=\"{}\" "
      "height=\"{}\" role=\"group\" aria-label=\"{}\">",
      layout.width, layout.height, layout.width, layout.height, html_text(drawing.title.in(options.language)));
  if (!options.style.empty()) svg += "<style>" + options.style + "</style>";
  std::vector<bool> holds(drawing.boxes.size());
  for (std::size_t box = 0; box < drawing.boxes.size(); ++box)
    if (const auto within = drawing.boxes[box].within; within && *within < box && layout.boxes[box].shown)
      holds[*within] = true;
  for (std::size_t box = 0; box < drawing.boxes.size(); ++box)
    if (layout.boxes[box].shown) svg += box_svg(drawing, box, layout, holds[box], options) + "\n";
  for (const auto& route : layout.routes) svg += route_svg(drawing, route, options) + "\n";
  return svg + "</svg>";
}

std::vector<std::string> lines_in_words(const Drawing& drawing, Language language) {
  std::vector<std::string> words;
  words.reserve(drawing.lines.size());
  for (const auto& line : drawing.lines) words.push_back(in_words(drawing, line, language));
  return words;
}

}  // namespace cloison::report
