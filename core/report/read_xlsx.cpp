#include <map>
#include <memory>
#include <optional>

#include <archive.h>
#include <archive_entry.h>
#include <pugixml.hpp>

#include "core/base/numbers.h"
#include "core/report/read_sheet.h"

namespace cloison::report {

namespace {

constexpr std::size_t k_most_bytes = std::size_t{64} << 20U;  // of all parts, unpacked
constexpr std::size_t k_most_cells = 2'000'000, k_most_columns = 500, k_most_rows = 200'000;

using Archive = std::unique_ptr<archive, decltype(&archive_read_free)>;
using Parts = std::map<std::string, std::string, std::less<>>;
template <class T>
using Read = tl::expected<T, std::string>;

tl::unexpected<std::string> wrong(const char* what) {
  return tl::unexpected<std::string>(what);
}

/// The parts that hold texts and sheets.
Read<Parts> parts_of(std::string_view bytes) {
  const Archive in(archive_read_new(), &archive_read_free);
  archive_read_support_format_zip(in.get());
  if (archive_read_open_memory(in.get(), bytes.data(), bytes.size()) != ARCHIVE_OK) return wrong("It is no workbook.");
  Parts parts;
  std::size_t total = 0;
  archive_entry* entry = nullptr;
  int status = ARCHIVE_OK;
  while ((status = archive_read_next_header(in.get(), &entry)) == ARCHIVE_OK) {
    const auto* written = archive_entry_pathname(entry);
    const std::string name = written == nullptr ? "" : written;
    if (!name.starts_with("xl/") || !name.ends_with(".xml")) continue;
    auto& part = parts[name];
    const void* block = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;
    while ((status = archive_read_data_block(in.get(), &block, &size, &offset)) == ARCHIVE_OK) {
      total += size;
      if (total > k_most_bytes) return wrong("Unpacked it is too large.");
      part.append(static_cast<const char*>(block), size);
    }
    if (status != ARCHIVE_EOF) return wrong("It is cut short, or damaged.");
  }
  if (status != ARCHIVE_EOF) return wrong("It is no workbook, or damaged.");
  return parts;
}

/// All of its texts, those for reading aloud apart.
std::string text_in(const pugi::xml_node& node) {
  std::string text;
  for (const auto child : node.children()) {
    const std::string_view name = child.name();
    if (name == "t") text += child.child_value();
    if (name == "r") text += text_in(child);
  }
  return text;
}

/// "B7" is in column 1.
std::optional<std::size_t> column_of_reference(std::string_view reference) {
  std::size_t column = 0, letters = 0;
  while (letters < reference.size() && reference[letters] >= 'A' && reference[letters] <= 'Z') {
    column = column * 26 + static_cast<std::size_t>(reference[letters++] - 'A' + 1);
    if (column > k_most_columns) return std::nullopt;
  }
  return column == 0 ? std::nullopt : std::optional(column - 1);
}

class SheetReading {
 public:
  explicit SheetReading(const std::vector<std::string>& shared) : shared_(shared) {}

  Read<SheetRows> run(const std::string& xml) {
    pugi::xml_document document;
    if (!document.load_buffer(xml.data(), xml.size())) return wrong("A sheet of it is no XML.");
    SheetRows rows;
    for (const auto row : document.child("worksheet").child("sheetData").children("row")) {
      const auto number = number_in<std::size_t>(std::string_view(row.attribute("r").value()));
      const auto place = number && *number > 0 ? *number - 1 : rows.size();
      if (place >= k_most_rows) return wrong("It has too many rows.");
      if (place >= rows.size()) rows.resize(place + 1);
      if (auto read = cells(row, rows[place]); !read) return tl::unexpected(read.error());
    }
    return rows;
  }

 private:
  Read<void> cells(const pugi::xml_node& row, std::vector<std::string>& into) {
    for (const auto cell : row.children("c")) {
      const auto column =
          cell.attribute("r").empty() ? std::optional(into.size()) : column_of_reference(cell.attribute("r").value());
      if (!column || *column >= k_most_columns) return wrong("It has too many columns.");
      if (++cells_ > k_most_cells) return wrong("It has too many cells.");
      if (*column >= into.size()) into.resize(*column + 1);
      into[*column] = value_of(cell);
    }
    return {};
  }

  [[nodiscard]] std::string value_of(const pugi::xml_node& cell) const {
    const std::string_view type = cell.attribute("t").value();
    if (type == "inlineStr") return text_in(cell.child("is"));
    std::string value = cell.child("v").child_value();
    if (type != "s") return value;
    const auto number = number_in<std::size_t>(std::string_view(value));
    return number && *number < shared_.size() ? shared_[*number] : std::string();
  }

  const std::vector<std::string>& shared_;
  std::size_t cells_ = 0;
};

}  // namespace

tl::expected<std::vector<SheetRows>, std::string> read_xlsx(std::string_view bytes) {
  const auto parts = parts_of(bytes);
  if (!parts) return tl::unexpected(parts.error());
  std::vector<std::string> shared;
  if (const auto strings = parts->find("xl/sharedStrings.xml"); strings != parts->end()) {
    pugi::xml_document document;
    if (!document.load_buffer(strings->second.data(), strings->second.size())) return wrong("Its texts are no XML.");
    for (const auto one : document.child("sst").children("si")) shared.push_back(text_in(one));
  }
  std::vector<SheetRows> sheets;
  for (const auto& [name, xml] : *parts) {
    if (!name.starts_with("xl/worksheets/sheet")) continue;
    auto rows = SheetReading(shared).run(xml);
    if (!rows) return tl::unexpected(rows.error());
    sheets.push_back(*std::move(rows));
  }
  if (sheets.empty()) return wrong("It has no sheet.");
  return sheets;
}

}  // namespace cloison::report
