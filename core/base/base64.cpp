#include "core/base/base64.h"

#include <openssl/evp.h>

namespace cloison {

std::string in_base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // OpenSSL ends it with a zero
  static constexpr unsigned char k_none = 0;               // it takes no null pointer, also for nothing
  const auto* from = bytes.empty() ? &k_none : reinterpret_cast<const unsigned char*>(bytes.data());
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), from, static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

std::optional<std::string> from_base64(std::string_view text, std::size_t count) {
  std::string digits;
  for (const char c : text)
    if (c != ' ' && c != '\n' && c != '\r' && c != '\t') digits += c;
  const auto signs = digits.size() - digits.substr(0, digits.find('=')).size();  // that fill the last group
  if (digits.size() != (count + 2) / 3 * 4 || signs != (3 - count % 3) % 3) return std::nullopt;
  std::string bytes(digits.size(), '\0');
  const int length =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                      reinterpret_cast<const unsigned char*>(digits.data()), static_cast<int>(digits.size()));
  if (length < 0 || static_cast<std::size_t>(length) < count) return std::nullopt;
  bytes.resize(count);
  return bytes;
}

}  // namespace cloison
