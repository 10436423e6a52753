#include "core/state/encoding.h"

#include <array>

namespace cloison::state {

Encoder& Encoder::number(uint64_t value) {
  std::array<char, 8> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(value >> (8U * i) & 0xFFU);
  bytes_.append(bytes.data(), bytes.size());
  return *this;
}

Encoder& Encoder::text(std::string_view value) {
  number(value.size());
  bytes_ += value;
  return *this;
}

Encoder& Encoder::optional_text(std::optional<std::string_view> value) {
  number(value ? 1 : 0);
  return value ? text(*value) : *this;
}

void DigestSum::add(const Digest& element) {
  unsigned carry = 0;
  for (std::size_t i = 0; i < bytes_.size(); ++i) {
    carry += unsigned{bytes_[i]} + element[i];
    bytes_[i] = static_cast<uint8_t>(carry & 0xFFU);
    carry >>= 8U;
  }
}

void DigestSum::subtract(const Digest& element) {
  unsigned borrow = 0;
  for (std::size_t i = 0; i < bytes_.size(); ++i) {
    const unsigned taken = element[i] + borrow;
    borrow = bytes_[i] < taken ? 1 : 0;
    bytes_[i] = static_cast<uint8_t>((bytes_[i] + 256U - taken) & 0xFFU);
  }
}

std::optional<Digest> digest_from_hex(std::string_view text) {
  Digest digest{};
  if (text.size() != 2 * digest.size()) return std::nullopt;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const int nibble = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (nibble < 0) return std::nullopt;
    digest[i / 2] = static_cast<uint8_t>(unsigned{digest[i / 2]} << 4U | static_cast<unsigned>(nibble));
  }
  return digest;
}

}  // namespace cloison::state
