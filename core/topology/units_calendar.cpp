// Calendar events as systemd.time(7) describes them and systemd's own reader takes them.

#include <algorithm>
#include <array>
#include <optional>

#include "core/base/strings.h"
#include "core/topology/units.h"

namespace cloison::topology {

namespace {

/// Whether `text` begins with `word`, in whatever case.
bool begins(std::string_view text, std::string_view word) {
  return text.size() >= word.size() &&
         std::equal(word.begin(), word.end(), text.begin(), [](char a, char b) { return lowered(b) == a; });
}

/// Values that a component may have; seconds are counted in millionths.
struct Bounds {
  uint64_t least = 0, most = 0;
  uint64_t unit = 1;
};
constexpr uint64_t k_million = 1'000'000;
constexpr Bounds k_year{1970, 2199}, k_month{1, 12}, k_day{1, 31}, k_day_from_end{1, 28}, k_hour{0, 23},
    k_minute{0, 59}, k_second{0, 60 * k_million - 1, k_million};

/// One item of a component: 5, 5..10, 0/15, 1..10/2.
struct Item {
  uint64_t start = 0;
  std::optional<uint64_t> stop{};
  uint64_t repeat = 0;
};
/// A component; no item: `*`.
using Component = std::vector<Item>;

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool run() {
    zone();
    if (rest_.empty()) {
      return false;
    }
    constexpr std::array<std::string_view, 12> k_words{"minutely",  "hourly",       "daily",         "monthly",
                                                       "weekly",    "yearly",       "annually",      "anually",
                                                       "quarterly", "semiannually", "semi-annually", "biannually"};
    const auto whole = [&](std::string_view word) { return rest_.size() == word.size() && begins(rest_, word); };
    if (std::any_of(k_words.begin(), k_words.end(), whole) || whole("bi-annually")) {
      return true;
    }
    return weekdays() && date() && time() && rest_.empty();
  }

 private:
  /// A zone of the tz database behind the last space.
  void zone() {
    const auto space = rest_.rfind(' ');
    if (space == std::string_view::npos || space == 0) {
      return;
    }
    const std::string_view last = rest_.substr(space + 1);
    const bool named = !last.empty() && !is_digit(last[0]) && last[0] != '*' && last[0] != '~' && last[0] != '@';
    if (named && ((begins(last, "utc") && last.size() == 3) || TimeZone::find(last))) {
      rest_ = rest_.substr(0, space);
    }
  }

  [[nodiscard]] char next() const { return rest_.empty() ? '\0' : rest_.front(); }
  void skip(std::size_t count) { rest_.remove_prefix(std::min(count, rest_.size())); }
  void skip_spaces() { skip(std::min(rest_.find_first_not_of(' '), rest_.size())); }

  /// Index of the day at the beginning, with the length of its name.
  [[nodiscard]] std::optional<std::pair<std::size_t, std::size_t>> day() const {
    constexpr std::array<std::string_view, 7> k_days{"monday", "tuesday",  "wednesday", "thursday",
                                                     "friday", "saturday", "sunday"};
    for (std::size_t i = 0; i < k_days.size(); ++i) {
      for (const std::size_t length : {k_days.at(i).size(), std::size_t{3}}) {
        const std::string_view name = k_days.at(i).substr(0, length);
        const char behind = rest_.size() > length ? rest_[length] : '\0';
        if (begins(rest_, name) &&
            std::string_view(std::string_view("\0-., ", 5)).find(behind) != std::string_view::npos) {
          return std::pair{i, length};
        }
      }
    }
    return std::nullopt;
  }

  /// Mon..Fri,Sun before the date; none: every day.
  bool weekdays() {
    std::optional<std::size_t> from;
    for (bool first = true;; first = false) {
      const auto found = day();
      if (!found) {
        return first;
      }
      if (from && *from > found->first) {
        return false;
      }
      skip(found->second);
      if (rest_.empty() || next() == ' ') {
        skip_spaces();
        return true;
      }
      if (rest_.starts_with("..") && !from) {
        from = found->first;
        skip(2);
      } else if (next() == '-' && !from) {
        from = found->first;
        skip(1);
      } else if (next() == ',') {
        from.reset();
        skip(1);
      } else {
        return false;
      }
      if (rest_.empty() || next() == ' ') {
        skip_spaces();
        return !from;
      }
    }
  }

  std::optional<uint64_t> number(const Bounds& bounds) {
    std::size_t digits = 0;
    uint64_t value = 0;
    while (digits < rest_.size() && is_digit(rest_[digits])) {
      if (value > 1'000'000'000) {
        return std::nullopt;
      }
      value = value * 10 + static_cast<uint64_t>(rest_[digits++] - '0');
    }
    if (digits == 0) {
      return std::nullopt;
    }
    skip(digits);
    value *= bounds.unit;
    if (bounds.unit != 1 && next() == '.' && !rest_.starts_with("..")) {
      skip(1);
      if (!is_digit(next())) {
        return std::nullopt;
      }
      for (uint64_t part = bounds.unit / 10; is_digit(next()); part /= 10) {
        value += part * static_cast<uint64_t>(next() - '0');
        skip(1);
      }
    }
    return value;
  }

  std::optional<Component> component(const Bounds& bounds) {
    Component items;
    if (next() == '*') {
      skip(1);
      return items;
    }
    constexpr std::size_t k_most = 240;
    while (items.size() < k_most) {
      const auto start = number(bounds);
      if (!start) {
        return std::nullopt;
      }
      Item item{.start = *start};
      if (rest_.starts_with("..")) {
        skip(2);
        item.stop = number(bounds);
        item.repeat = bounds.unit;
        if (!item.stop) {
          return std::nullopt;
        }
      }
      if (next() == '/') {
        skip(1);
        const auto repeat = number(bounds);
        if (!repeat || *repeat == 0) {
          return std::nullopt;
        }
        item.repeat = *repeat;
      }
      items.push_back(item);
      if (next() != ',') {
        return items;
      }
      skip(1);
    }
    return std::nullopt;
  }

  static bool fits(const Component& items, const Bounds& bounds) {
    return std::all_of(items.begin(), items.end(), [&](const Item& item) {
      const uint64_t stop = item.stop.value_or(item.start);
      return item.start >= bounds.least && item.start <= bounds.most && stop >= item.start && stop <= bounds.most &&
             item.repeat <= bounds.most - bounds.least;
    });
  }

  /// 2026-12-24, *-12-24, 12-24, *-*~03 (the third last day), or nothing before a time.
  bool date() {
    if (rest_.empty()) {
      return true;
    }
    if (next() == '@') {
      return timestamp();
    }
    const std::string_view before = rest_;
    std::vector<Component> parts;
    bool from_end = false;
    while (parts.size() < 3) {
      const auto part = component({});
      if (!part) {
        return false;
      }
      parts.push_back(*part);
      if (parts.size() == 1 && (rest_.empty() || next() == ':')) {
        rest_ = before;  // a time, not a date
        return true;
      }
      if (parts.size() >= 2 && (rest_.empty() || next() == ' ')) {
        skip_spaces();
        return dates_fit(parts, from_end);
      }
      if (from_end || (next() != '-' && next() != '~')) {
        return false;
      }
      from_end = next() == '~';
      skip(1);
    }
    return false;
  }
  static bool dates_fit(const std::vector<Component>& parts, bool from_end) {
    const std::size_t month = parts.size() - 2;
    return (month == 0 || years_fit(parts[0])) && fits(parts[month], k_month) &&
           fits(parts[month + 1], from_end ? k_day_from_end : k_day);
  }
  /// Two digits mean 1970 to 2069.
  static bool years_fit(Component years) {
    const auto full = [](uint64_t year) { return year < 70 ? year + 2000 : year < 100 ? year + 1900 : year; };
    for (Item& item : years) {
      item.start = full(item.start);
      if (item.stop) {
        item.stop = full(*item.stop);
      }
    }
    return fits(years, k_year);
  }
  bool timestamp() {
    skip(1);
    const auto digits = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
    skip(digits);
    return digits > 0 && digits < 12 && rest_.empty();
  }

  /// 02:00, *:0/15, 23:59:59.5; none: midnight.
  bool time() {
    if (rest_.empty()) {
      return true;
    }
    const auto hour = component(k_hour);
    if (!hour || !fits(*hour, k_hour) || next() != ':') {
      return false;
    }
    skip(1);
    const auto minute = component(k_minute);
    if (!minute || !fits(*minute, k_minute)) {
      return false;
    }
    if (rest_.empty()) {
      return true;
    }
    if (next() != ':') {
      return false;
    }
    skip(1);
    const auto second = component(k_second);
    return second && fits(*second, k_second) && rest_.empty();
  }

  std::string_view rest_;
};

}  // namespace

bool is_calendar(std::string_view text) {
  return text.size() <= 4096 && Reader(text).run();
}

}  // namespace cloison::topology
