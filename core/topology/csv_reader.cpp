#include "core/topology/csv_reader.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/strings.h"

namespace cloison::topology {

namespace {

bool is_column_name(std::string_view text) {
  return !text.empty() && text.size() <= 63 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

std::string proposed_column(std::string_view text) {
  std::string name = proposed_name(text);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

std::string unquoted(std::string_view raw) {
  const std::string_view text = trimmed(raw);
  if (text.size() < 2 || text.front() != '"') {
    return std::string(text);
  }
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    result += text[i];
    if (text[i] == '"') {
      ++i;  // doubled
    }
  }
  return std::string(trimmed(result));
}

}  // namespace

/// Semicolons when the header has more of them: spreadsheets of half of Europe write those.
char separator_of(std::string_view text) {
  const std::string_view header = text.substr(0, text.find('\n'));
  return std::count(header.begin(), header.end(), ';') > std::count(header.begin(), header.end(), ',') ? ';' : ',';
}

class Csv::Reader {
 public:
  Reader(FileId file, Notes& notes)
      : notes_(notes), text_(notes.sources().file_text(file)), separator_(separator_of(text_)) {
    csv_.file_ = file;
  }

  std::optional<Csv> read() {
    if (!header()) {
      return std::nullopt;
    }
    while (at_ < text_.size()) {
      if (!row()) {
        return std::nullopt;
      }
    }
    return std::move(csv_);
  }

 private:
  /// Sets cells_ to the record at `at_` and moves behind it; false when a quote is broken.
  bool record() {
    record_.clear();
    start_ = at_;
    start_line_ = line_;
    for (;;) {
      Cell cell{.begin = static_cast<uint32_t>(at_)};
      std::size_t i = at_;
      while (i < text_.size() && text_[i] == ' ') {
        ++i;
      }
      if (i < text_.size() && text_[i] == '"') {
        if (!quoted(i)) {
          return false;
        }
      } else {
        at_ = text_.find_first_of(separator_ == ',' ? ",\n" : ";\n", at_);
        at_ = std::min(at_, text_.size());
      }
      cell.end = static_cast<uint32_t>(at_);
      record_.push_back(cell);
      if (at_ == text_.size()) {
        return true;
      }
      if (text_[at_++] == '\n') {
        ++line_;
        return true;
      }
    }
  }

  /// Moves behind a quoted cell that opens at `open`, up to its separator.
  bool quoted(std::size_t open) {
    std::size_t i = open + 1;
    for (;; ++i) {
      i = text_.find('"', i);
      if (i == std::string_view::npos) {
        fail({.code = "CL1020",
              .summary = "this quote is never closed",
              .detail = "A quoted cell ends with a quote; a quote inside it is doubled.",
              .hint = "close the quote, or write \"\" for a quote inside the cell"},
             open);
        return false;
      }
      if (i + 1 < text_.size() && text_[i + 1] == '"') {
        ++i;
        continue;
      }
      break;
    }
    line_ += static_cast<uint32_t>(std::count(text_.begin() + static_cast<std::ptrdiff_t>(open),
                                              text_.begin() + static_cast<std::ptrdiff_t>(i), '\n'));
    at_ = i + 1;
    while (at_ < text_.size() && text_[at_] == ' ') {
      ++at_;
    }
    if (at_ < text_.size() && text_[at_] != separator_ && text_[at_] != '\n') {
      fail({.code = "CL1020",
            .summary = "text follows the closing quote",
            .detail = fmt::format("After a quoted cell comes '{}' or the end of the line.", separator_),
            .hint = "put the whole cell in quotes, or double the quotes inside it"},
           at_);
      return false;
    }
    return true;
  }

  bool header() {
    if (trimmed(text_).empty()) {
      fail({.code = "CL1021",
            .summary = "the CSV file has no header",
            .detail = "The first line names the columns.",
            .hint = "begin with a line such as: name;node_address;vlan"},
           0);
      return false;
    }
    if (!record()) {
      return false;
    }
    bool good = true;
    for (const Cell& cell : record_) {
      const std::string name = unquoted(text_.substr(cell.begin, cell.end - cell.begin));
      const Place where = place_of(cell);
      if (!is_column_name(name)) {
        good = false;
        const std::string proposed = proposed_column(name);
        notes_.add({.code = "CL1021",
                    .summary = name.empty() ? "a column has no name" : fmt::format("'{}' is no column name", name),
                    .detail = "Columns are named in lower case: a-z, 0-9, '_' and '-'.",
                    .hint = proposed.empty() ? "name the column, or remove it" : fmt::format("write {}", proposed)},
                   add_span(where, notes_.sources()));
      } else if (csv_.column(name)) {
        good = false;
        notes_.add({.code = "CL1021",
                    .summary = fmt::format("column '{}' is there twice", name),
                    .detail = "{{variables}} could mean either.",
                    .hint = fmt::format("rename one of them, for example {}_2", name)},
                   add_span(where, notes_.sources()));
      }
      csv_.columns_.push_back({name, where});
    }
    if (!good) {
      notes_.set_unusable();
    }
    return good;
  }

  bool row() {
    if (!record()) {
      return false;
    }
    const bool blank = std::all_of(record_.begin(), record_.end(), [&](const Cell& cell) {
      return trimmed(text_.substr(cell.begin, cell.end - cell.begin)).empty();
    });
    if (blank) {
      return true;  // an empty line, or a spreadsheet's row of separators
    }
    if (record_.size() != csv_.columns_.size()) {
      const char other = separator_ == ';' ? ',' : ';';
      const std::string_view line = text_.substr(start_, at_ - start_);
      notes_.add({.code = "CL1022",
                  .summary = fmt::format("this row has {}, the header {}", counted(record_.size(), "cell"),
                                         csv_.columns_.size()),
                  .detail = fmt::format("Cells are separated by '{}', as in the header.", separator_),
                  .hint = record_.size() < csv_.columns_.size() && line.find(other) != std::string_view::npos
                              ? fmt::format("write '{}' between cells", separator_)
                          : record_.size() < csv_.columns_.size()
                              ? fmt::format("leave missing cells empty but keep their '{}'", separator_)
                              : fmt::format("put a cell that holds '{}' in quotes", separator_)},
                 add_span({.file = csv_.file_,
                           .line = start_line_,
                           .column = 1,
                           .length = static_cast<uint32_t>(trimmed(line).size())},
                          notes_.sources()));
      notes_.set_unusable();
      return true;  // the other rows may have more to say
    }
    csv_.lines_.push_back(start_line_);
    csv_.starts_.push_back(static_cast<uint32_t>(start_));
    csv_.cells_.insert(csv_.cells_.end(), record_.begin(), record_.end());
    return true;
  }

  [[nodiscard]] Place place_of(const Cell& cell) const {
    return {.file = csv_.file_,
            .line = start_line_,
            .column = static_cast<uint32_t>(cell.begin - start_ + 1),
            .length = std::max<uint32_t>(cell.end - cell.begin, 1)};
  }

  void fail(Note note, std::size_t at) {
    const auto before = text_.substr(0, at);
    const auto start = before.rfind('\n');
    const auto line = static_cast<uint32_t>(std::count(before.begin(), before.end(), '\n') + 1);
    const auto column = static_cast<uint32_t>(at - (start == std::string_view::npos ? 0 : start + 1) + 1);
    notes_.add(std::move(note),
               add_span({.file = csv_.file_, .line = line, .column = column, .length = 1}, notes_.sources()));
    notes_.set_unusable();
  }

  Notes& notes_;
  std::string_view text_;
  char separator_;
  std::size_t at_ = 0;
  std::size_t start_ = 0;
  uint32_t line_ = 1;
  uint32_t start_line_ = 1;
  std::vector<Cell> record_{};
  Csv csv_{};
};

std::optional<Csv> Csv::read(FileId file, Notes& notes) {
  return Reader(file, notes).read();
}

std::optional<std::size_t> Csv::column(std::string_view name) const {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].name == name) {
      return i;
    }
  }
  return std::nullopt;
}

std::vector<std::string> Csv::column_names() const {
  std::vector<std::string> names;
  for (const Column& one : columns_) {
    names.push_back(one.name);
  }
  return names;
}

std::string Csv::cell(std::size_t row, std::size_t column, const SourceMap& sources) const {
  const Cell& cell = cells_[row * columns_.size() + column];
  return unquoted(sources.file_text(file_).substr(cell.begin, cell.end - cell.begin));
}

Place Csv::place(std::size_t row, std::size_t column, const SourceMap& sources) const {
  const std::string_view text = sources.file_text(file_);
  Cell cell = cells_[row * columns_.size() + column];
  while (cell.begin < cell.end && text[cell.begin] == ' ') {
    ++cell.begin;
  }
  // a quoted cell further left may hold line ends
  const std::string_view before = text.substr(starts_[row], cell.begin - starts_[row]);
  const auto breaks = static_cast<uint32_t>(std::count(before.begin(), before.end(), '\n'));
  const auto last = before.rfind('\n');
  const std::size_t line_start = last == std::string_view::npos ? 0 : last + 1;
  const std::string_view shown = text.substr(cell.begin, cell.end - cell.begin);
  return {.file = file_,
          .line = lines_[row] + breaks,
          .column = static_cast<uint32_t>(before.size() - line_start + 1),
          .length = static_cast<uint32_t>(std::max<std::size_t>(shown.substr(0, shown.find('\n')).size(), 1))};
}

}  // namespace cloison::topology
