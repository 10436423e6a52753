#pragma once
// Quantities as topologies write them, and dates in a time zone.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/base/result.h"

namespace cloison::topology {

/// "30s", "5m", "5min", "1h", "30d", "12mo", "20y": a month is 30 days, a year 365 (retention, not a calendar).
[[nodiscard]] std::optional<std::chrono::seconds> parse_duration(std::string_view text);
/// "512M", "4G", "2T", "64K": binary multiples, in bytes.
[[nodiscard]] std::optional<int64_t> parse_size(std::string_view text);

/// A date and time of day as a wall clock shows it.
struct WallTime {
  std::chrono::local_seconds at{};
  bool has_time = false;
};
/// "2026-12-03", "2026-12-03T18:00", "2026-12-03T18:00:30".
[[nodiscard]] std::optional<WallTime> parse_wall_time(std::string_view text);

/// A zone of the tz database, read from the system's TZif files (RFC 9636).
class TimeZone {
 public:
  [[nodiscard]] static TimeZone utc();
  /// nullopt: no such zone on this system, or a file that is none.
  [[nodiscard]] static std::optional<TimeZone> find(std::string_view name,
                                                    std::string_view folder = "/usr/share/zoneinfo");
  /// The content of a TZif file.
  [[nodiscard]] static std::optional<TimeZone> parse(std::string_view bytes);

  /// Seconds east of UTC at that instant.
  [[nodiscard]] std::chrono::seconds offset(Instant at) const;
  /// The instant of a wall time. One that occurs twice is its first occurrence; one that is skipped is read with the
  /// offset before the gap.
  [[nodiscard]] Instant instant(std::chrono::local_seconds wall) const;

 private:
  struct Data;
  std::shared_ptr<const Data> data_;
};

/// The instant at which something that is open "until `text`" closes, or that begins "at `text`": a date alone begins
/// with its day and ends with it (the next midnight).
[[nodiscard]] Instant beginning_of(const WallTime& wall, const TimeZone& zone);
[[nodiscard]] Instant end_of(const WallTime& wall, const TimeZone& zone);

/// A calendar event of systemd.time(7): "02:00", "Mon..Fri *-*-* 02:00 Europe/Paris", "daily".
[[nodiscard]] bool is_calendar(std::string_view text);

}  // namespace cloison::topology
