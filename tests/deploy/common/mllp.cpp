#include "tests/deploy/common/mllp.h"

#include <algorithm>

namespace cloison::deploy_test::mllp {

namespace {

constexpr char k_start = '\x0b';
constexpr std::string_view k_end = "\x1c\r";

}  // namespace

std::string framed(std::string_view message) {
  std::string text(1, k_start);
  text += message;
  text += k_end;
  return text;
}

std::optional<std::string> take(std::string& received) {
  received.erase(0, received.find(k_start));  // the standard has what is between frames ignored
  const auto end = received.find(k_end);
  if (end == std::string::npos) return std::nullopt;
  auto message = received.substr(1, end - 1);
  received.erase(0, end + k_end.size());
  return message;
}

std::string_view field(std::string_view message, std::string_view segment, unsigned number) {
  if (!message.starts_with("MSH") || message.size() < 4) return {};
  const char separator = message[3];
  while (!message.empty()) {
    auto line = message.substr(0, message.find('\r'));
    message.remove_prefix(std::min(message.size(), line.size() + 1));
    if (!line.starts_with(segment) || line.substr(segment.size(), 1) != std::string_view(&separator, 1)) continue;
    // MSH-1 is the separator after the name, so that segment's fields are counted one further.
    for (unsigned skipped = segment == "MSH" ? 1 : 0; skipped < number; ++skipped) {
      const auto at = line.find(separator);
      if (at == std::string_view::npos) return {};
      line.remove_prefix(at + 1);
    }
    return line.substr(0, line.find(separator));
  }
  return {};
}

}  // namespace cloison::deploy_test::mllp
