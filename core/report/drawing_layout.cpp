// Where boxes and lines of a drawing go. Children of a box stand in rows; a line between two of them leaves both by
// their upper edge and runs through the gutters above their rows, from row to row at the left: it crosses no box. All
// lines of one end (a hub) share a lane, so that thirty tunnels to one site look like a bus and not like a web.

#include <algorithm>
#include <map>
#include <numeric>

#include "core/report/drawing.h"
#include "core/report/html_text.h"

namespace cloison::report {

namespace {

constexpr int k_gap = 10, k_padding = 8, k_header = 20, k_lane = 5, k_most_lanes = 10;
constexpr int k_leaf_height = 24, k_detailed_height = 36, k_least_leaf = 78, k_widest_leaf = 176;
constexpr std::size_t k_root = SIZE_MAX;

int width_of(std::string_view text, int tenths_a_letter) {
  return static_cast<int>(std::min<std::size_t>(letters_in(text), 60)) * tenths_a_letter / 10;
}

/// One row of boxes within another.
struct Row {
  std::vector<std::size_t> boxes{};
  int height = 0, gutter = 0;  // y of the gutter above it
};

/// A line between two boxes within the same one.
struct Wire {
  std::size_t line = 0, from = 0, to = 0, lane = 0;
};

struct Container {
  std::vector<std::size_t> boxes{};
  std::vector<Wire> wires{};
  std::size_t lanes = 0;
  std::vector<Row> rows{};
  int channel = 0;  // room for lanes from row to row, at the left
};

class Layouter {
 public:
  Layouter(const Drawing& drawing, const Canvas& canvas) : drawing_(drawing), canvas_(canvas) {
    const auto count = drawing.boxes.size();
    layout_.boxes.resize(count);
    parents_.resize(count);
    for (std::size_t box = 0; box < count; ++box) {
      const auto within = drawing.boxes[box].within;
      parents_[box] = within && *within < box ? *within : k_root;
      layout_.boxes[box].shown = depth(box) <= canvas.levels;
      if (layout_.boxes[box].shown) containers_[parents_[box]].boxes.push_back(box);
    }
    for (std::size_t line = 0; line < drawing.lines.size(); ++line) wire(line);
    for (auto& [box, container] : containers_) assign_lanes(container);
  }

  Layout layout() && {
    auto& root = containers_[k_root];
    for (const auto box : root.boxes) measure(box, canvas_.width - 2 * k_padding);
    even_out(root);
    const auto [width, height] = arrange(root, canvas_.width);
    layout_.width = std::max(width, 1);
    layout_.height = std::max(height, 1);
    settle(root, 0, 0);
    std::sort(layout_.routes.begin(), layout_.routes.end(),
              [](const Route& a, const Route& b) { return a.line < b.line; });
    return std::move(layout_);
  }

 private:
  [[nodiscard]] int depth(std::size_t box) const {
    int levels = 1;
    for (auto at = parents_[box]; at != k_root; at = parents_[at]) ++levels;
    return levels;
  }

  [[nodiscard]] std::vector<std::size_t> path_to(std::size_t box) const {
    std::vector<std::size_t> path;
    for (auto at = box; at != k_root; at = parents_[at]) path.push_back(at);
    path.push_back(k_root);
    std::reverse(path.begin(), path.end());
    return path;
  }

  /// Puts a line into the innermost box around both ends, as one between the two boxes in there.
  void wire(std::size_t line) {
    const auto& [from, to, label, kind] = drawing_.lines[line];
    if (from >= parents_.size() || to >= parents_.size()) return;
    const auto a = path_to(from), b = path_to(to);
    std::size_t at = 0;
    while (at < a.size() && at < b.size() && a[at] == b[at]) ++at;
    if (at == a.size() || at == b.size() || !layout_.boxes[a[at]].shown) return;
    containers_[a[at - 1]].wires.push_back({.line = line, .from = a[at], .to = b[at]});
  }

  void assign_lanes(Container& container) const {
    std::map<std::size_t, std::size_t> degrees;
    for (const auto& one : container.wires) ++degrees[one.from], ++degrees[one.to];
    std::map<std::pair<std::size_t, Drawing::Line::Kind>, std::size_t> lanes;
    for (auto& one : container.wires) {
      const bool to_is_hub = degrees[one.to] > degrees[one.from];
      const auto hub = to_is_hub ? one.to : one.from;
      one.lane = lanes.try_emplace({hub, drawing_.lines[one.line].kind}, lanes.size()).first->second % k_most_lanes;
    }
    container.lanes = std::min<std::size_t>(lanes.size(), k_most_lanes);
  }

  /// Sets the size of a box that may take `available` in width, and the places of those in it against its corner.
  void measure(std::size_t box, int available) {
    auto& place = layout_.boxes[box];
    const auto& what = drawing_.boxes[box];
    const int label = width_of(what.label, 72), detail = width_of(what.detail, 60);
    const auto found = containers_.find(box);
    if (found == containers_.end() || found->second.boxes.empty()) {
      place.width = std::clamp(std::max(label, detail) + 18, k_least_leaf, std::min(k_widest_leaf, available));
      place.height = what.detail.empty() ? k_leaf_height : k_detailed_height;
      return;
    }
    auto& container = found->second;
    const int inside = std::max(available - 2 * k_padding, k_least_leaf);
    for (const auto child : container.boxes) measure(child, inside);
    even_out(container);
    const auto [width, height] = best_arrangement(container, inside);
    place.width = std::max(width, std::min(label + detail + 30, available));
    place.height = height + k_header;
  }

  /// Boxes of nearly one width get that width, so that they stand in columns.
  void even_out(const Container& container) {
    auto boxes = container.boxes;
    std::stable_sort(boxes.begin(), boxes.end(),
                     [this](std::size_t a, std::size_t b) { return layout_.boxes[a].width > layout_.boxes[b].width; });
    int leader = 0;
    for (const auto box : boxes) {
      int& width = layout_.boxes[box].width;
      if (width * 4 < leader * 3 || leader == 0) leader = width;
      width = leader;
    }
  }

  /// Tries rows of one, two, … boxes and takes what comes nearest to three by two.
  std::pair<int, int> best_arrangement(Container& container, int available) {
    int widest = 0;
    for (const auto box : container.boxes) widest = std::max(widest, layout_.boxes[box].width);
    int best = available;
    double least = 1e9;
    for (int columns = 1; columns <= static_cast<int>(std::min<std::size_t>(container.boxes.size(), 24)); ++columns) {
      const int width = std::min(available, columns * (widest + k_gap) + 2 * k_padding + channel_of(container));
      const auto [w, h] = arrange(container, width);
      const double ratio = w / (1.5 * h), off = std::max(ratio, 1 / ratio);
      if (off < least) least = off, best = width;
    }
    return arrange(container, best);
  }

  [[nodiscard]] static int channel_of(const Container& container) {
    return container.lanes == 0 ? 0 : 4 + static_cast<int>(container.lanes) * k_lane;
  }

  /// Rows of at most `width`; gives the size with padding.
  std::pair<int, int> arrange(Container& container, int width) {
    const int gutter = container.lanes == 0 ? 0 : 6 + static_cast<int>(container.lanes) * k_lane;
    container.rows.clear();
    container.channel = channel_of(container);
    int x = width, widest = 0;
    for (const auto box : container.boxes) {
      auto& place = layout_.boxes[box];
      if (container.rows.empty() || x + place.width > width - k_padding) {
        container.rows.emplace_back();
        x = k_padding + container.channel;
      }
      auto& row = container.rows.back();
      place.x = x;
      x += place.width + k_gap;
      widest = std::max(widest, x - k_gap);
      row.boxes.push_back(box);
      row.height = std::max(row.height, place.height);
    }
    int y = k_padding;
    for (auto& row : container.rows) {
      row.gutter = y;
      y += gutter;
      for (const auto box : row.boxes) layout_.boxes[box].y = y;
      y += row.height + k_gap;
    }
    return {widest + k_padding, y - k_gap + k_padding};
  }

  /// Makes places absolute, boxes of one row equally high, and routes of the wires.
  void settle(Container& container, int left, int top) {
    for (auto& row : container.rows) {
      row.gutter += top;
      for (const auto box : row.boxes) {
        auto& place = layout_.boxes[box];
        place.x += left;
        place.y += top;
        // Nearly as high as its neighbours becomes as high; beside a much larger one it stays as it is.
        if (row.height * 2 <= place.height * 3) place.height = row.height;
        if (const auto inner = containers_.find(box); inner != containers_.end())
          settle(inner->second, place.x, place.y + k_header);
      }
    }
    route(container, left);
  }

  void route(const Container& container, int left) {
    std::map<std::size_t, int> gutters;
    std::map<std::size_t, std::vector<std::size_t>> ports;  // lanes that reach a box
    for (const auto& row : container.rows)
      for (const auto box : row.boxes) gutters[box] = row.gutter;
    for (const auto& one : container.wires)
      for (const auto box : {one.from, one.to})
        if (auto& lanes = ports[box]; std::find(lanes.begin(), lanes.end(), one.lane) == lanes.end())
          lanes.push_back(one.lane);
    for (auto& [box, lanes] : ports) std::sort(lanes.begin(), lanes.end());
    const auto port = [&](std::size_t box, std::size_t lane) {
      const auto& lanes = ports[box];
      const auto at = std::find(lanes.begin(), lanes.end(), lane) - lanes.begin();
      const auto& place = layout_.boxes[box];
      return place.x + place.width * (static_cast<int>(at) + 1) / (static_cast<int>(lanes.size()) + 1);
    };
    for (const auto& one : container.wires) {
      const int lane = static_cast<int>(one.lane) * k_lane;
      const int from = port(one.from, one.lane), to = port(one.to, one.lane);
      const int above = gutters[one.from] + 3 + lane, there = gutters[one.to] + 3 + lane;
      Route path{.line = one.line, .points = {{from, layout_.boxes[one.from].y}, {from, above}}};
      if (above != there) {
        const int aside = left + k_padding + lane;
        path.points.emplace_back(aside, above);
        path.points.emplace_back(aside, there);
      }
      path.points.emplace_back(to, there);
      path.points.emplace_back(to, layout_.boxes[one.to].y);
      layout_.routes.push_back(std::move(path));
    }
  }

  const Drawing& drawing_;
  Canvas canvas_;
  Layout layout_{};
  std::vector<std::size_t> parents_{};
  std::map<std::size_t, Container> containers_{};
};

}  // namespace

Layout lay_out(const Drawing& drawing, const Canvas& canvas) {
  return Layouter(drawing, canvas).layout();
}

}  // namespace cloison::report
