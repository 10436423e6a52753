#include "core/net/url.h"

#include <algorithm>
#include <cctype>

#include "core/base/strings.h"

namespace cloison::net {

namespace {

bool unreserved(char c) {
  return is_letter_or_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

}  // namespace

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view k_digits = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    if (unreserved(c)) {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded += '%';
    encoded += k_digits[byte >> 4U];
    encoded += k_digits[byte & 15U];
  }
  return encoded;
}

std::string origin(std::string_view url) {
  const auto colon = url.find("://");
  if (colon == std::string_view::npos) return {};
  const std::string scheme = lower(url.substr(0, colon));
  if (scheme != "http" && scheme != "https") return {};
  const std::string_view rest = url.substr(colon + 3);
  std::string host = lower(rest.substr(0, rest.find_first_of("/?#")));
  if (host.empty() || host.front() == ':' || host.find_first_of("@ \\") != std::string::npos) return {};
  const auto colon_of_port = host.rfind(':');
  if (colon_of_port != std::string::npos && host.find(']', colon_of_port) == std::string::npos &&
      host.find_first_not_of("0123456789", colon_of_port + 1) != std::string::npos)
    return {};
  const std::string_view usual = scheme == "https" ? ":443" : ":80";
  if (host.size() > usual.size() && std::string_view(host).ends_with(usual)) host.erase(host.size() - usual.size());
  return scheme + "://" + host;
}

std::string without_user(std::string_view url) {
  const auto colon = url.find("://");
  const std::size_t begin = colon == std::string_view::npos ? 0 : colon + 3;
  // To the last `@` before the path: a password may hold one, and a slash in it makes a URL that no one can read.
  const auto at = url.substr(0, url.find_first_of("?#", begin)).rfind('@');
  if (at == std::string_view::npos || at < begin) return std::string(url);
  return std::string(url.substr(0, begin)) + "..." + std::string(url.substr(at));
}

std::string_view path(std::string_view url) {
  const auto colon = url.find("://");
  const auto slash = url.find('/', colon == std::string_view::npos ? 0 : colon + 3);
  if (slash == std::string_view::npos) return "/";
  const std::string_view rest = url.substr(slash);
  return rest.substr(0, rest.find_first_of("?#"));
}

std::string_view without_slash(std::string_view url) {
  while (url.ends_with('/')) url.remove_suffix(1);
  return url;
}

std::string query(const std::vector<std::pair<std::string, std::string>>& parameters) {
  std::string text;
  for (const auto& [name, value] : parameters) {
    if (!text.empty()) text += '&';
    text += percent_encoded(name) + "=" + percent_encoded(value);
  }
  return text;
}

std::string resolved(std::string_view base, std::string_view reference) {
  if (reference.starts_with('/') && !reference.starts_with("//")) {
    const std::string from = origin(base);
    return from.empty() ? std::string() : from + std::string(reference);
  }
  return origin(reference).empty() ? std::string() : std::string(reference);
}

}  // namespace cloison::net
