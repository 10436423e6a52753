#pragma once
// What the standard streams are: terminal or not, how wide, with colour or without.

#include "cli/session.h"

namespace cloison::cli {

using Environment = std::function<std::optional<std::string>(const std::string&)>;

/// NO_COLOR, TERM=dumb and --no-color are honoured; as wide as the terminal, at most 100 columns.
[[nodiscard]] Style style_of(int descriptor, const Environment& environment, bool no_color);

/// Writes everything, waiting where the other end is slow. False when the stream is gone.
bool write_all(int descriptor, std::string_view text);

/// A line from standard input, as long as `stop` is not requested; nullopt at its end.
[[nodiscard]] std::optional<std::string> read_line(const std::stop_token& stop);

}  // namespace cloison::cli
