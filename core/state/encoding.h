#pragma once
// Bytes for digests: every field by its length and content, so no two different sequences of fields encode alike.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/digest.h"

namespace cloison::state {

class Encoder {
 public:
  /// `domain` keeps digests of different things apart.
  explicit Encoder(std::string_view domain) {
    constexpr std::size_t k_usual = 1000;  // most rows; small enough for the allocator to hand out at once
    bytes_.reserve(k_usual);
    text(domain);
  }

  Encoder& number(uint64_t value);
  Encoder& text(std::string_view value);
  /// A missing text differs from an empty one.
  Encoder& optional_text(std::optional<std::string_view> value);
  Encoder& digest(const Digest& value) { return text(view(value)); }
  [[nodiscard]] Digest digest() const { return sha256(bytes_); }

  [[nodiscard]] static std::string_view view(const Digest& value) {
    return {reinterpret_cast<const char*>(value.data()), value.size()};
  }

 private:
  std::string bytes_;
};

/// A digest over a set of elements that grows and shrinks by one element at a time: the sum of their digests modulo
/// 2^256. It notices damage; it is no defence against somebody who can choose many elements (the log's chain is).
class DigestSum {
 public:
  DigestSum() = default;
  explicit DigestSum(const Digest& bytes) : bytes_(bytes) {}
  void add(const Digest& element);
  void subtract(const Digest& element);
  [[nodiscard]] const Digest& bytes() const { return bytes_; }
  bool operator==(const DigestSum&) const = default;

 private:
  Digest bytes_{};  // little-endian
};

[[nodiscard]] std::optional<Digest> digest_from_hex(std::string_view text);

}  // namespace cloison::state
