#include "core/ops/qr_code.h"

#include <memory>

#include <fmt/format.h>
#include <qrencode.h>

namespace cloison::ops {

namespace {

constexpr std::size_t k_quiet = 4;  // modules around it

struct FreeCode {
  void operator()(QRcode* code) const { QRcode_free(code); }
};

}  // namespace

std::optional<QrCode> QrCode::of(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const std::unique_ptr<QRcode, FreeCode> code(QRcode_encodeData(
      static_cast<int>(text.size()), reinterpret_cast<const unsigned char*>(text.data()), 0, QR_ECLEVEL_M));
  if (!code || code->width <= 0) return std::nullopt;
  QrCode made;
  made.width_ = static_cast<std::size_t>(code->width);
  for (std::size_t i = 0; i < made.width_ * made.width_; ++i) made.dark_.push_back((code->data[i] & 1U) != 0);
  return made;
}

Secret QrCode::svg() const {
  constexpr std::size_t k_scale = 6;  // pixels a module
  const auto side = width_ + 2 * k_quiet;
  auto text = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{0}\" viewBox=\"0 0 {1} {1}\" "
      "shape-rendering=\"crispEdges\">\n<rect width=\"{1}\" height=\"{1}\" fill=\"#fff\"/>\n<path fill=\"#000\" d=\"",
      side * k_scale, side);
  for (std::size_t row = 0; row < width_; ++row)
    for (std::size_t column = 0; column < width_; ++column)
      if (is_dark(row, column)) text += fmt::format("M{} {}h1v1h-1z", column + k_quiet, row + k_quiet);
  return Secret(text + "\"/>\n</svg>\n");
}

Secret QrCode::blocks() const {
  const auto side = width_ + 2 * k_quiet;
  const auto light = [&](std::size_t row, std::size_t column) {
    return !is_dark(row - k_quiet, column - k_quiet);  // unsigned: before the first is far beyond the last
  };
  std::string text;
  for (std::size_t row = 0; row < side; row += 2) {
    for (std::size_t column = 0; column < side; ++column) {
      const bool upper = light(row, column), lower = row + 1 < side && light(row + 1, column);
      text += upper && lower ? "█" : upper ? "▀" : lower ? "▄" : " ";
    }
    text += '\n';
  }
  return Secret(std::move(text));
}

}  // namespace cloison::ops
