#include "cli/tty.h"

#include <algorithm>
#include <cerrno>

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace cloison::cli {

namespace {

constexpr std::size_t k_most_columns = 100;
constexpr std::size_t k_piped_columns = 100;
constexpr std::size_t k_least_columns = 40;
constexpr std::size_t k_longest_answer = 4096;
constexpr int k_slice_milliseconds = 100;

}  // namespace

Style style_of(int descriptor, const Environment& environment, bool no_color) {
  Style style{.width = k_piped_columns};
  const auto term = environment("TERM");
  const bool dumb = term && *term == "dumb";
  const bool terminal = ::isatty(descriptor) == 1;
  style.terminal = terminal && !dumb;
  const auto wish = environment("NO_COLOR");
  style.color = style.terminal && !no_color && (!wish || wish->empty());
  if (!terminal) return style;
  winsize size{};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) style.width = size.ws_col;
  style.width = std::clamp(style.width, k_least_columns, k_most_columns);
  return style;
}

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(descriptor, text.data(), text.size());
    if (written > 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (written < 0 && errno == EAGAIN) {
      pollfd wait{.fd = descriptor, .events = POLLOUT, .revents = 0};
      if (::poll(&wait, 1, -1) < 0 && errno != EINTR) return false;
    } else if (written < 0 && errno != EINTR) {
      return false;
    }
  }
  return true;
}

std::optional<std::string> read_line(const std::stop_token& stop) {
  std::string line;
  while (!stop.stop_requested()) {
    pollfd wait{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
    const int ready = ::poll(&wait, 1, k_slice_milliseconds);
    if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
    char letter = 0;
    if (ready < 0 || ::read(STDIN_FILENO, &letter, 1) != 1) return std::nullopt;
    if (letter == '\n') return line;
    if (line.size() < k_longest_answer) line += letter;
  }
  return std::nullopt;
}

}  // namespace cloison::cli
