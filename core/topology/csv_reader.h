#pragma once
// CSV inventories (RFC 4180, comma or semicolon): header names [a-z0-9_-], one record a row. Cells are offsets into the
// text that the source map holds, so 100 000 rows cost little more than the file.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/topology/load.h"
#include "core/topology/load_notes.h"

namespace cloison::topology {

/// What stands between the cells of a file.
[[nodiscard]] char separator_of(std::string_view text);

class Csv {
 public:
  struct Column {
    std::string name{};
    Place place{};
  };

  /// Reads a file whose (normalised) text the source map holds. Notes: CL1020 to CL1022. nullopt when it cannot be
  /// read.
  [[nodiscard]] static std::optional<Csv> read(FileId file, Notes& notes);

  [[nodiscard]] const std::vector<Column>& columns() const { return columns_; }
  [[nodiscard]] std::optional<std::size_t> column(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> column_names() const;
  [[nodiscard]] std::size_t rows() const { return lines_.size(); }
  /// The cell without quotes and surrounding blanks; "" = absent.
  [[nodiscard]] std::string cell(std::size_t row, std::size_t column, const SourceMap& sources) const;
  [[nodiscard]] Place place(std::size_t row, std::size_t column, const SourceMap& sources) const;
  [[nodiscard]] SpanId span(std::size_t row, std::size_t column, SourceMap& sources) const {
    return add_span(place(row, column, sources), sources);
  }
  [[nodiscard]] FileId file() const { return file_; }

 private:
  struct Cell {
    uint32_t begin = 0;
    uint32_t end = 0;
  };
  class Reader;

  FileId file_ = 0;
  std::vector<Column> columns_{};
  std::vector<Cell> cells_{};       // row by row
  std::vector<uint32_t> lines_{};   // in which each row begins
  std::vector<uint32_t> starts_{};  // offset of each row
};

}  // namespace cloison::topology
