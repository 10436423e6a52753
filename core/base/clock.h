#pragma once
// The one seam through which every date comes (engine decision 31).

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace cloison {

using Instant = std::chrono::sys_seconds;

class Clock {
 public:
  /// The system's clock.
  Clock() = default;
  /// A clock that stands still: tests, golden files, `CLOISON_NOW`.
  explicit Clock(Instant fixed) : fixed_(fixed) {}
  [[nodiscard]] Instant now() const;
  /// True when the date was set by hand; a real apply refuses that.
  [[nodiscard]] bool is_fixed() const { return fixed_.has_value(); }

 private:
  std::optional<Instant> fixed_{};
};

/// "2026-11-22T12:24:01Z" (RFC 3339, UTC).
[[nodiscard]] std::string rfc3339(Instant instant);
/// Reads RFC 3339 in UTC, with or without time ("2026-11-22", "2026-11-22T12:24:01Z").
[[nodiscard]] std::optional<Instant> parse_rfc3339(std::string_view text);

}  // namespace cloison
