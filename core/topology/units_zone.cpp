// Time zones from TZif files (RFC 9636, section 3), with the POSIX rule of their footer for dates after the last
// transition.

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "core/base/strings.h"
#include "core/topology/units.h"

namespace cloison::topology {

using std::chrono::seconds;

namespace {

/// "M3.5.0/2": the n-th weekday of a month, at a time of day.
struct RuleDay {
  unsigned month = 0, week = 0, weekday = 0;
  seconds time{7200};
};

/// "CET-1CEST,M3.5.0,M10.5.0/3"
struct Rule {
  seconds standard{0}, summer{0};
  bool has_summer = false;
  RuleDay begins{}, ends{};
};

class RuleReader {
 public:
  explicit RuleReader(std::string_view text) : text_(text) {}

  std::optional<Rule> read() {
    Rule rule;
    if (!name() || !offset(rule.standard)) {
      return std::nullopt;
    }
    rule.standard = -rule.standard;  // POSIX counts west
    if (text_.empty()) {
      return rule;
    }
    rule.has_summer = name();
    seconds summer{0};
    if (!rule.has_summer) {
      return std::nullopt;
    }
    rule.summer = offset(summer) ? -summer : rule.standard + seconds(3600);
    return day(rule.begins) && day(rule.ends) && text_.empty() ? std::optional(rule) : std::nullopt;
  }

 private:
  bool take(char c) {
    if (!text_.starts_with(c)) {
      return false;
    }
    text_.remove_prefix(1);
    return true;
  }
  bool number(int& value) {
    const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), value);
    if (error != std::errc{}) {
      return false;
    }
    text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
    return true;
  }
  bool name() {
    if (take('<')) {
      const auto end = text_.find('>');
      if (end == std::string_view::npos) {
        return false;
      }
      text_.remove_prefix(end + 1);
      return true;
    }
    std::size_t length = 0;
    while (length < text_.size() && ((text_[length] | 0x20) >= 'a' && (text_[length] | 0x20) <= 'z')) {
      ++length;
    }
    text_.remove_prefix(length);
    return length >= 3;
  }
  bool offset(seconds& value) {
    const bool negative = text_.starts_with('-');
    if (negative || text_.starts_with('+')) {
      text_.remove_prefix(1);
    }
    int part = 0;
    if (!number(part) || part > 200 || part < 0) {
      return false;
    }
    seconds total = std::chrono::hours(part);
    for (const int factor : {60, 1}) {
      if (take(':')) {
        if (!number(part) || part < 0 || part > 59) {
          return false;
        }
        total += seconds(part * factor);
      }
    }
    value = negative ? -total : total;
    return true;
  }
  bool day(RuleDay& rule) {
    int month = 0;
    int week = 0;
    int weekday = 0;
    if (!take(',') || !take('M') || !number(month) || !take('.') || !number(week) || !take('.') || !number(weekday)) {
      return false;  // the forms Jn and n are in no zone that is in use
    }
    if (month < 1 || month > 12 || week < 1 || week > 5 || weekday < 0 || weekday > 6) {
      return false;
    }
    rule = {.month = static_cast<unsigned>(month),
            .week = static_cast<unsigned>(week),
            .weekday = static_cast<unsigned>(weekday)};
    return !take('/') || offset(rule.time);
  }

  std::string_view text_;
};

Instant on_day(const RuleDay& rule, std::chrono::year year, seconds offset_before) {
  using namespace std::chrono;
  const month_weekday_last last{month{rule.month}, weekday_last{weekday{rule.weekday}}};
  const sys_days day =
      rule.week == 5
          ? sys_days{year_month_weekday_last{year, last.month(), last.weekday_last()}}
          : sys_days{year_month_weekday{year, month{rule.month}, weekday_indexed{weekday{rule.weekday}, rule.week}}};
  return Instant{day} + rule.time - offset_before;
}

seconds offset_by(const Rule& rule, Instant at) {
  if (!rule.has_summer) {
    return rule.standard;
  }
  const std::chrono::year_month_day date{std::chrono::floor<std::chrono::days>(at + rule.standard)};
  const Instant begins = on_day(rule.begins, date.year(), rule.standard);
  const Instant ends = on_day(rule.ends, date.year(), rule.summer);
  const bool summer = begins < ends ? at >= begins && at < ends : at >= begins || at < ends;
  return summer ? rule.summer : rule.standard;
}

}  // namespace

struct TimeZone::Data {
  std::vector<Instant> transitions{};
  std::vector<seconds> after{};  // offset from each transition on
  seconds before{0};
  std::optional<Rule> rule{};
};

namespace {

class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : bytes_(bytes) {}
  bool take(std::size_t count, std::string_view& taken) {
    if (bytes_.size() < count) {
      return false;
    }
    taken = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return true;
  }
  [[nodiscard]] std::string_view rest() const { return bytes_; }

 private:
  std::string_view bytes_;
};

int64_t big_endian(std::string_view bytes) {
  uint64_t value = (static_cast<uint8_t>(bytes[0]) & 0x80U) != 0 ? ~uint64_t{0} : 0;
  for (const char byte : bytes) {
    value = value << 8U | static_cast<uint8_t>(byte);
  }
  return static_cast<int64_t>(value);
}

struct Header {
  char version = 0;
  std::size_t universal = 0, standard = 0, leaps = 0, times = 0, types = 0, characters = 0;
};

bool read_header(Bytes& bytes, Header& header) {
  std::string_view raw;
  if (!bytes.take(44, raw) || !raw.starts_with("TZif")) {
    return false;
  }
  const auto count = [&](std::size_t index) {
    return static_cast<std::size_t>(big_endian(raw.substr(20 + 4 * index, 4)) & 0xFFFFFFFF);
  };
  header = {.version = raw[4],
            .universal = count(0),
            .standard = count(1),
            .leaps = count(2),
            .times = count(3),
            .types = count(4),
            .characters = count(5)};
  return header.types != 0 && header.times < 100'000 && header.types < 1000 && header.characters < 100'000 &&
         header.leaps < 1000 && header.universal < 1000 && header.standard < 1000;
}

}  // namespace

std::optional<TimeZone> TimeZone::parse(std::string_view content) {
  Bytes bytes(content);
  Header header;
  std::string_view skipped;
  if (!read_header(bytes, header)) {
    return std::nullopt;
  }
  std::size_t width = 4;
  if (header.version != 0) {  // the first block is for readers of 32 bits
    const std::size_t size =
        header.times * 5 + header.types * 6 + header.characters + header.leaps * 8 + header.standard + header.universal;
    if (!bytes.take(size, skipped) || !read_header(bytes, header)) {
      return std::nullopt;
    }
    width = 8;
  }
  std::string_view times;
  std::string_view indices;
  std::string_view types;
  if (!bytes.take(header.times * width, times) || !bytes.take(header.times, indices) ||
      !bytes.take(header.types * 6, types) ||
      !bytes.take(header.characters + header.leaps * (width + 4) + header.standard + header.universal, skipped)) {
    return std::nullopt;
  }
  const auto offset_of = [&](std::size_t type) { return seconds(big_endian(types.substr(type * 6, 4))); };
  auto data = std::make_shared<Data>();
  data->before = offset_of(0);
  for (std::size_t i = 0; i < header.times; ++i) {
    const auto type = static_cast<uint8_t>(indices[i]);
    if (type >= header.types) {
      return std::nullopt;
    }
    data->transitions.emplace_back(seconds(big_endian(times.substr(i * width, width))));
    data->after.push_back(offset_of(type));
  }
  if (!std::is_sorted(data->transitions.begin(), data->transitions.end())) {
    return std::nullopt;
  }
  const std::string_view footer = bytes.rest();
  if (width == 8 && footer.starts_with('\n')) {
    data->rule = RuleReader(footer.substr(1, footer.find('\n', 1) - 1)).read();
  }
  TimeZone zone;
  zone.data_ = std::move(data);
  return zone;
}

TimeZone TimeZone::utc() {
  TimeZone zone;
  zone.data_ = std::make_shared<Data>();
  return zone;
}

std::optional<TimeZone> TimeZone::find(std::string_view name, std::string_view folder) {
  if (name == "UTC" || name == "Etc/UTC") {
    return utc();
  }
  const bool fits = !name.empty() && name.size() < 100 && name[0] != '/' && name.find("..") == std::string_view::npos &&
                    std::all_of(
                        name.begin(), name.end(),
                        [](char c) { return is_letter_or_digit(c) || c == '/' || c == '_' || c == '-' || c == '+'; });
  if (!fits) {
    return std::nullopt;
  }
  const std::filesystem::path path = std::filesystem::path(folder) / name;
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error) || std::filesystem::file_size(path, error) > 1U << 20U) {
    return std::nullopt;
  }
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  return parse(bytes);
}

seconds TimeZone::offset(Instant at) const {
  const auto next = std::upper_bound(data_->transitions.begin(), data_->transitions.end(), at);
  if (next == data_->transitions.end() && data_->rule) {
    return offset_by(*data_->rule, at);
  }
  if (next == data_->transitions.begin()) {
    return data_->before;
  }
  return data_->after[static_cast<std::size_t>(next - data_->transitions.begin()) - 1];
}

Instant TimeZone::instant(std::chrono::local_seconds wall) const {
  const Instant as_utc{wall.time_since_epoch()};
  // offsets change at most once within two days, so one of these two is right, or the wall time is skipped
  const seconds before = offset(as_utc - std::chrono::days(1));
  const seconds after = offset(as_utc + std::chrono::days(1));
  if (offset(as_utc - before) == before) {
    return as_utc - before;
  }
  return offset(as_utc - after) == after ? as_utc - after : as_utc - before;
}

}  // namespace cloison::topology
