#pragma once
// QR codes (ISO/IEC 18004), as a picture and as text. The text that they hold may be a secret, so both are.

#include <optional>
#include <string_view>
#include <vector>

#include "core/base/secret.h"

namespace cloison::ops {

class QrCode {
 public:
  /// Byte mode, error correction M. nullopt when the text is empty or longer than 2331 bytes.
  [[nodiscard]] static std::optional<QrCode> of(std::string_view text);

  [[nodiscard]] std::size_t width() const { return width_; }
  /// A module; those outside are light, as the quiet zone is.
  [[nodiscard]] bool is_dark(std::size_t row, std::size_t column) const {
    return row < width_ && column < width_ && dark_[row * width_ + column];
  }
  /// SVG with its quiet zone of four modules.
  [[nodiscard]] Secret svg() const;
  /// Two modules a character, light ones drawn: for a dark terminal with UTF-8.
  [[nodiscard]] Secret blocks() const;

 private:
  std::size_t width_ = 0;
  std::vector<bool> dark_{};
};

}  // namespace cloison::ops
