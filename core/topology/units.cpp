#include "core/topology/units.h"

#include <array>
#include <charconv>
#include <limits>

namespace cloison::topology {

namespace {

struct Unit {
  std::string_view name;
  int64_t factor;
};

constexpr std::array k_durations{Unit{"s", 1},      Unit{"min", 60},       Unit{"m", 60},        Unit{"h", 3600},
                                 Unit{"d", 86'400}, Unit{"mo", 2'592'000}, Unit{"y", 31'536'000}};
constexpr std::array k_sizes{Unit{"K", int64_t{1} << 10U}, Unit{"M", int64_t{1} << 20U}, Unit{"G", int64_t{1} << 30U},
                             Unit{"T", int64_t{1} << 40U}};

template <std::size_t N>
std::optional<int64_t> quantity(std::string_view text, const std::array<Unit, N>& units) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || value < 0 || text.empty() || text[0] == '-') {
    return std::nullopt;
  }
  const std::string_view name = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const Unit& unit : units) {
    if (unit.name == name) {
      return value > std::numeric_limits<int64_t>::max() / unit.factor / 4 ? std::nullopt
                                                                           : std::optional(value * unit.factor);
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::chrono::seconds> parse_duration(std::string_view text) {
  const auto value = quantity(text, k_durations);
  return value ? std::optional(std::chrono::seconds(*value)) : std::nullopt;
}

std::optional<int64_t> parse_size(std::string_view text) {
  return quantity(text, k_sizes);
}

std::optional<WallTime> parse_wall_time(std::string_view text) {
  if (text.ends_with('Z') || (text.size() != 10 && text.size() != 16 && text.size() != 19)) {
    return std::nullopt;
  }
  const auto utc = parse_rfc3339(text);
  if (!utc || (text.size() == 19 && text[16] != ':')) {
    return std::nullopt;
  }
  return WallTime{.at = std::chrono::local_seconds(utc->time_since_epoch()), .has_time = text.size() > 10};
}

Instant beginning_of(const WallTime& wall, const TimeZone& zone) {
  return zone.instant(wall.at);
}

Instant end_of(const WallTime& wall, const TimeZone& zone) {
  return zone.instant(wall.has_time ? wall.at : wall.at + std::chrono::days(1));
}

}  // namespace cloison::topology
