#pragma once
// The topology as a picture: boxes in boxes in rows, lines through the gutters between rows.

#include <cstdint>
#include <string>
#include <vector>

#include "core/report/document.h"

namespace cloison::report {

struct Place {
  int x = 0, y = 0, width = 0, height = 0;
  bool shown = false;  // false: deeper than was asked for
};

struct Route {
  std::size_t line = 0;  // of Drawing::lines
  std::vector<std::pair<int, int>> points{};
};

struct Layout {
  int width = 0, height = 0;
  std::vector<Place> boxes{};  // as many as the drawing's
  std::vector<Route> routes{};
};

/// How wide a picture may be, in units of about a pixel, and how many boxes within another are shown.
struct Canvas {
  int width = 1160;
  int levels = 8;
};

/// A box's `within` that is not before it counts as none; a line to itself or to what is around it gets no route.
[[nodiscard]] Layout lay_out(const Drawing& drawing, const Canvas& canvas);

/// SVG to stand within HTML. `clickable`: boxes with a filter lead to the rows of the drawing's table.
struct SvgOptions {
  Language language = Language::english;
  bool clickable = true;
  std::string style{};  // a stylesheet of its own, where the page's does not reach
};
[[nodiscard]] std::string svg_of(const Drawing& drawing, const Layout& layout, const SvgOptions& options);
/// "cloud ⇄ lab/lyon-03 (tunnel): wg0" for each line: the picture in words.
[[nodiscard]] std::vector<std::string> lines_in_words(const Drawing& drawing, Language language);

}  // namespace cloison::report
