#include "core/base/scrubber.h"

#include <algorithm>

#include "core/base/base64.h"

namespace cloison {

namespace {

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view k_digits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '-' || c == '_' || c == '.' || c == '~') {
      encoded += c;
    } else {
      encoded += '%';
      encoded += k_digits[byte >> 4U];
      encoded += k_digits[byte & 15U];
    }
  }
  return encoded;
}

std::string json_escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      escaped += '\\';
    }
    escaped += c;
  }
  return escaped;
}

}  // namespace

void Scrubber::add(const Secret& secret) {
  const std::string_view value = secret.reveal();
  if (value.size() < 4) {
    return;
  }
  const std::lock_guard lock(mutex_);
  for (std::string form : {std::string(value), percent_encoded(value), json_escaped(value), in_base64(value)}) {
    const auto known =
        std::any_of(forms_.begin(), forms_.end(), [&](const Secret& one) { return one.reveal() == form; });
    if (!known) {
      forms_.emplace_back(std::move(form));
    }
  }
  // the longest first: a secret that contains another must not leave its rest behind
  std::sort(forms_.begin(), forms_.end(),
            [](const Secret& a, const Secret& b) { return a.reveal().size() > b.reveal().size(); });
}

std::string Scrubber::clean(std::string_view text) const {
  std::string result(text);
  const std::lock_guard lock(mutex_);
  for (const Secret& form : forms_) {
    for (std::size_t at = result.find(form.reveal()); at != std::string::npos; at = result.find(form.reveal(), at)) {
      result.replace(at, form.reveal().size(), "[secret]");
      at += std::string_view("[secret]").size();
    }
  }
  return result;
}

}  // namespace cloison
