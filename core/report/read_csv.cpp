#include <algorithm>
#include <array>

#include "core/report/read_sheet.h"

namespace cloison::report {

namespace {

constexpr std::size_t k_most_cells = 2'000'000;

char separator_in(std::string_view text) {
  const auto line = text.substr(0, text.find('\n'));
  constexpr std::array k_candidates{',', ';', '\t'};
  return *std::max_element(k_candidates.begin(), k_candidates.end(), [&](char a, char b) {
    return std::count(line.begin(), line.end(), a) < std::count(line.begin(), line.end(), b);
  });
}

/// RFC 4180, lines ended by LF or CRLF.
class CsvReading {
 public:
  explicit CsvReading(std::string_view text) : text_(text), separator_(separator_in(text)) {}

  tl::expected<SheetRows, std::string> run() {
    rows_.emplace_back();
    while (at_ < text_.size()) {
      if (cells_++ > k_most_cells) return tl::unexpected<std::string>("It has too many cells.");
      if (auto cell = this->cell(); cell)
        rows_.back().push_back(*std::move(cell));
      else
        return tl::unexpected(cell.error());
      if (at_ >= text_.size()) break;
      const char end = text_[at_++];
      if (end == '\r' && at_ < text_.size() && text_[at_] == '\n') ++at_;
      if (end != separator_)
        rows_.emplace_back();
      else if (at_ == text_.size())
        rows_.back().emplace_back();
    }
    if (rows_.back().empty()) rows_.pop_back();
    return std::move(rows_);
  }

 private:
  tl::expected<std::string, std::string> cell() {
    std::string value;
    if (text_[at_] != '"') {
      while (at_ < text_.size() && text_[at_] != separator_ && text_[at_] != '\n' && text_[at_] != '\r')
        value += text_[at_++];
      return value;
    }
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] != '"') {
        value += text_[at_];
        continue;
      }
      if (at_ + 1 < text_.size() && text_[at_ + 1] == '"') {
        value += text_[++at_];
        continue;
      }
      ++at_;
      return value;
    }
    return tl::unexpected<std::string>("A quotation mark in row " + std::to_string(rows_.size()) + " is not closed.");
  }

  std::string_view text_;
  char separator_;
  std::size_t at_ = 0, cells_ = 0;
  SheetRows rows_{};
};

}  // namespace

tl::expected<SheetRows, std::string> read_csv(std::string_view text) {
  constexpr std::string_view k_mark = "\xEF\xBB\xBF";
  if (text.starts_with(k_mark)) text.remove_prefix(k_mark.size());
  return CsvReading(text).run();
}

}  // namespace cloison::report
