#include "core/base/clock.h"

#include <array>
#include <charconv>

#include <fmt/format.h>

namespace cloison {

Instant Clock::now() const {
  return fixed_ ? *fixed_ : std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

std::string rfc3339(Instant instant) {
  const auto day = std::chrono::floor<std::chrono::days>(instant);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{instant - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
                     time.minutes().count(), time.seconds().count());
}

namespace {

std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
  int value = 0;
  if (at + count > text.size()) {
    return std::nullopt;
  }
  const char* begin = text.data() + at;
  const auto [end, error] = std::from_chars(begin, begin + count, value);
  if (error != std::errc{} || end != begin + count || text[at] == '-') {
    return std::nullopt;
  }
  return value;
}

}  // namespace

std::optional<Instant> parse_rfc3339(std::string_view text) {
  using namespace std::chrono;
  const auto year_value = digits(text, 0, 4);
  const auto month_value = digits(text, 5, 2);
  const auto day_value = digits(text, 8, 2);
  if (!year_value || !month_value || !day_value || text[4] != '-' || text[7] != '-') {
    return std::nullopt;
  }
  const year_month_day date{year{*year_value}, month{static_cast<unsigned>(*month_value)},
                            day{static_cast<unsigned>(*day_value)}};
  if (!date.ok()) {
    return std::nullopt;
  }
  Instant instant = sys_days{date};
  if (text.size() == 10) {
    return instant;
  }
  const auto hour_value = digits(text, 11, 2);
  const auto minute_value = digits(text, 14, 2);
  const auto second_value = text.size() >= 19 ? digits(text, 17, 2) : std::optional<int>(0);
  const std::string_view tail = text.substr(std::min<std::size_t>(text.size(), text.size() >= 19 ? 19 : 16));
  if (text[10] != 'T' || !hour_value || !minute_value || !second_value || *hour_value > 23 || *minute_value > 59 ||
      *second_value > 60 || text[13] != ':' || (tail != "Z" && !tail.empty())) {
    return std::nullopt;
  }
  return instant + hours{*hour_value} + minutes{*minute_value} + seconds{*second_value};
}

}  // namespace cloison
