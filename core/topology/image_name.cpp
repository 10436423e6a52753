#include "core/topology/image_name.h"

#include <algorithm>

#include "core/base/strings.h"
#include "core/topology/build.h"
#include "core/topology/shape.h"

namespace cloison::topology {

namespace {

/// Letters and digits in small, parted by '.', '_', '__' or any number of '-'.
bool is_image_component(std::string_view text) {
  const auto alone = [](char c) { return is_digit(c) || (c >= 'a' && c <= 'z'); };
  if (text.empty() || !alone(text.front()) || !alone(text.back())) return false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (alone(text[at])) continue;
    std::size_t end = at;
    while (!alone(text[end])) ++end;
    const auto parting = text.substr(at, end - at);
    if (parting != "." && parting != "_" && parting != "__" && parting.find_first_not_of('-') != parting.npos)
      return false;
    at = end;
  }
  return true;
}

/// "registry.example:5000": what has a dot, a port or the name localhost is where the image comes from.
bool is_image_domain(std::string_view text) {
  const auto colon = text.find(':');
  const auto labels = split(text.substr(0, colon), '.');
  const bool named = std::all_of(labels.begin(), labels.end(), [](std::string_view label) {
    return !label.empty() && label.front() != '-' && label.back() != '-' &&
           std::all_of(label.begin(), label.end(), [](char c) { return is_letter_or_digit(c) || c == '-'; });
  });
  if (!named || colon == text.npos) return named;
  const auto digits = text.substr(colon + 1);
  const auto port = integer_of(digits);
  return std::all_of(digits.begin(), digits.end(), is_digit) && port && *port >= 1 && *port <= 65535;
}

bool is_digest(std::string_view text) {
  const auto colon = text.find(':');
  const auto method = text.substr(0, colon);
  const std::size_t digits = method == "sha256" ? 64 : method == "sha512" ? 128 : 0;
  return digits != 0 && text.size() == colon + 1 + digits &&
         text.substr(colon + 1).find_first_not_of("0123456789abcdef") == text.npos;
}

}  // namespace

bool is_image_name(std::string_view text) {
  constexpr std::size_t k_longest_name = 255, k_longest_tag = 128;
  const auto at = text.find('@');
  if (is_reference(text) || (at != text.npos && !is_digest(text.substr(at + 1)))) return false;
  auto name = text.substr(0, at);
  const auto slash = name.rfind('/'), colon = name.rfind(':');
  if (colon != name.npos && (slash == name.npos || colon > slash)) {
    const auto tag = name.substr(colon + 1);
    const bool good = !tag.empty() && tag.size() <= k_longest_tag && tag.front() != '.' && tag.front() != '-' &&
                      std::all_of(tag.begin(), tag.end(),
                                  [](char c) { return is_letter_or_digit(c) || c == '_' || c == '.' || c == '-'; });
    if (!good) return false;
    name = name.substr(0, colon);
  }
  if (name.size() > k_longest_name) return false;
  const auto parts = split(name, '/');
  const bool domain = parts.size() > 1 && (parts[0].find_first_of(".:") != parts[0].npos || parts[0] == "localhost");
  return (!domain || is_image_domain(parts[0])) &&
         std::all_of(parts.begin() + (domain ? 1 : 0), parts.end(), is_image_component);
}

}  // namespace cloison::topology
