#include "core/report/tar.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "core/base/strings.h"

namespace cloison::report {

namespace {

struct Field {
  std::size_t at, size;
};
constexpr Field k_name{0, 100}, k_mode{100, 8}, k_owner{108, 8}, k_group{116, 8}, k_size{124, 12}, k_mtime{136, 12},
    k_sum{148, 8}, k_type{156, 1}, k_magic{257, 8}, k_major{329, 8}, k_minor{337, 8}, k_prefix{345, 155};

/// Where a path that is longer than the name's field is cut: the rest must fit there, what is before it in the prefix.
std::optional<std::size_t> cut_of(std::string_view path) {
  if (path.size() <= k_name.size) return 0;
  for (auto at = path.find('/'); at <= k_prefix.size;  // none at all is more than that
       at = path.find('/', at + 1))
    if (path.size() - at - 1 <= k_name.size) return at;
  return std::nullopt;
}

void put(std::string& header, Field field, std::string_view text) {
  header.replace(field.at, text.size(), text);
}

std::string octal(uint64_t number, Field field) {
  return fmt::format("{:0{}o}", number, field.size - 1);
}

unsigned sum_of(std::string_view header) {
  unsigned sum = 0;
  for (std::size_t i = 0; i < header.size(); ++i)
    sum += i >= k_sum.at && i < k_sum.at + k_sum.size ? unsigned{' '} : static_cast<unsigned char>(header[i]);
  return sum;
}

std::string_view raw_of(std::string_view header, Field field) {
  return header.substr(field.at, field.size);
}

std::string text_of(std::string_view header, Field field) {
  const auto raw = raw_of(header, field);
  return std::string(raw.substr(0, raw.find('\0')));
}

/// Digits up to a NUL or a blank.
std::optional<uint64_t> number_of(std::string_view header, Field field) {
  uint64_t number = 0;
  const auto raw = raw_of(header, field);
  const auto end = raw.find_first_of(std::string_view("\0 ", 2));
  if (end == 0 || end == std::string_view::npos) return std::nullopt;
  for (const char c : raw.substr(0, end)) {
    if (c < '0' || c > '7') return std::nullopt;
    number = number * 8 + static_cast<uint64_t>(c - '0');
  }
  return number;
}

bool is_zero(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char c) { return c == '\0'; });
}

std::string_view kind_of(char type) {
  switch (type) {
    case '1':
      return "is a hard link";
    case '2':
      return "is a symbolic link";
    case '3':
    case '4':
      return "is a device";
    case '5':
      return "is a folder";
    case '6':
      return "is a pipe";
    case 'x':
    case 'g':
    case 'L':
    case 'K':
      return "is an extended header, which gives other entries another name";
    default:
      return "is of a kind that packs never hold";
  }
}

/// Reads one archive; each member of what follows stands where `at_` is.
class TarReader {
 public:
  TarReader(std::string_view tar, std::size_t most) : tar_(tar), most_(most) {}

  TarContent read() {
    while (next()) {
    }
    return std::move(content_);
  }

 private:
  bool damaged(std::string what, std::string path = {}) {
    content_.problems.push_back({.damage = true, .path = std::move(path), .what = std::move(what)});
    return false;
  }
  void foreign(const std::string& path, std::string what) {
    content_.problems.push_back({.damage = false, .path = path, .what = std::move(what)});
  }
  [[nodiscard]] std::string after() const {
    return content_.files.empty() ? std::string("at its beginning")
                                  : fmt::format("after '{}'", printable(content_.files.back().path));
  }

  /// Two blocks of zeros, and nothing more.
  bool ended() {
    const auto rest = tar_.substr(at_);
    if (rest.size() < 2 * k_tar_block) return damaged(fmt::format("ends too soon {}", after()));
    content_.whole = true;
    if (rest.size() > 2 * k_tar_block || !is_zero(rest))
      foreign({}, fmt::format("holds {} after its end", counted(rest.size() - k_tar_block, "byte")));
    return false;
  }

  bool next() {
    const auto header = tar_.substr(at_, k_tar_block);
    if (header.size() < k_tar_block) return damaged(fmt::format("ends too soon {}", after()));
    if (is_zero(header)) return ended();
    const auto size = number_of(header, k_size);
    const auto mtime = number_of(header, k_mtime);
    const auto prefix = text_of(header, k_prefix);
    const auto path = prefix.empty() ? text_of(header, k_name) : prefix + "/" + text_of(header, k_name);
    if (!size || !mtime || number_of(header, k_sum) != sum_of(header))
      return damaged(fmt::format("has a damaged header {}", after()));
    if (content_.files.size() >= most_) return damaged(fmt::format("holds more than {} files", most_));
    at_ += k_tar_block;
    const auto left = tar_.size() - at_;
    if (*size > left) return damaged("breaks off", path);
    const auto bytes = tar_.substr(at_, static_cast<std::size_t>(*size));
    at_ += bytes.size();
    judge(header, path, *size, static_cast<int64_t>(*mtime));
    content_.files.push_back({.path = path, .bytes = bytes, .mtime = static_cast<int64_t>(*mtime)});
    const auto padding = tar_.substr(at_, tar_padding(*size));
    at_ += padding.size();
    if (!is_zero(padding)) foreign(path, "has bytes hidden behind its end");
    return true;
  }

  void judge(std::string_view header, const std::string& path, uint64_t size, int64_t mtime) {
    const char type = header[k_type.at];
    if (type != '0') return foreign(path, std::string(kind_of(type)));
    if (!fits_tar(path) || tar_header(path, size, mtime) != header)
      foreign(path, "has a header that packs do not have (owner, mode, or something hidden)");
  }

  std::string_view tar_;
  std::size_t most_;
  std::size_t at_ = 0;
  TarContent content_{};
};

}  // namespace

bool fits_tar(std::string_view path) {
  return !path.empty() && cut_of(path).has_value();
}

std::string tar_header(std::string_view path, uint64_t size, int64_t mtime) {
  std::string header(k_tar_block, '\0');
  const auto cut = cut_of(path).value_or(0);
  put(header, k_name, cut == 0 ? path.substr(0, k_name.size) : path.substr(cut + 1, k_name.size));
  if (cut > 0) put(header, k_prefix, path.substr(0, cut));
  put(header, k_mode, "0000644");
  for (const auto field : {k_owner, k_group, k_major, k_minor}) put(header, field, "0000000");
  put(header, k_size, octal(size, k_size));
  put(header, k_mtime, octal(static_cast<uint64_t>(mtime), k_mtime));
  put(header, k_type, "0");
  put(header, k_magic,
      std::string_view("ustar\0"
                       "00",
                       k_magic.size));
  put(header, k_sum, fmt::format("{:06o}", sum_of(header)));
  header[k_sum.at + k_sum.size - 1] = ' ';  // as POSIX has it: six digits, NUL, blank
  return header;
}

TarContent read_tar(std::string_view tar, std::size_t most) {
  return TarReader(tar, most).read();
}

}  // namespace cloison::report
