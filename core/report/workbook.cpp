#include "core/report/workbook.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <utility>

#include "core/base/strings.h"
#include "core/report/text.h"

namespace cloison::report {

namespace {

constexpr std::size_t k_most_units = 32'767;  // Excel's own limit of a cell
constexpr std::string_view k_cut_mark = " […]";
constexpr std::size_t k_cut_mark_units = 4;

Diagnostic not_written(std::string detail) {
  return {.kind = ErrorKind::internal,
          .code = "CL6190",
          .summary = "no workbook could be written",
          .detail = std::move(detail),
          .hint = "free space in the folder of temporary files, or name another one in TMPDIR"};
}

/// Excel reads "_x0041_" as "A", so such a text needs its first sign escaped in turn.
std::string with_escapes_escaped(std::string text) {
  const auto is_hex = [](char c) { return is_digit(c) || (lowered(c) >= 'a' && lowered(c) <= 'f'); };
  for (std::size_t at = text.find("_x"); at != std::string::npos; at = text.find("_x", at + 1)) {
    if (at + 6 >= text.size() || text[at + 6] != '_') continue;
    if (!std::all_of(text.begin() + static_cast<std::ptrdiff_t>(at + 2),
                     text.begin() + static_cast<std::ptrdiff_t>(at + 6), is_hex))
      continue;
    text.insert(at, "_x005F");
    at += 6;
  }
  return text;
}

struct Colours {
  lxw_color_t ink, paper;
};

/// Excel's own "good", "neutral" and "bad", which people know.
Colours colours_of(Tone tone) {
  switch (tone) {
    case Tone::plain:
      break;
    case Tone::good:
      return {0x006100, 0xC6EFCE};
    case Tone::warning:
      return {0x7F6000, 0xFFEB9C};
    case Tone::bad:
      return {0x9C0006, 0xFFC7CE};
    case Tone::faint:
      return {0x767676, 0xFFFFFF};
  }
  return {0x000000, 0xFFFFFF};
}

/// Text is of the format "@": it stays text even when somebody edits the cell.
constexpr uint8_t k_text_format = 49;

void dress(lxw_format* format, Look look) {
  format_set_align(format, LXW_ALIGN_VERTICAL_TOP);
  switch (look) {
    case Look::flag:
      return;
    case Look::number:
      return format_set_num_format(format, "0");
    case Look::date:
      return format_set_num_format(format, "yyyy-mm-dd");
    case Look::instant:
      return format_set_num_format(format, "yyyy-mm-dd\"T\"hh:mm:ss\"Z\"");
    case Look::text:
      return format_set_num_format_index(format, k_text_format);
    case Look::wrapped:
      format_set_text_wrap(format);
      return format_set_num_format_index(format, k_text_format);
    case Look::heading:
      format_set_text_wrap(format);
      format_set_bottom(format, LXW_BORDER_THIN);
      [[fallthrough]];
    case Look::group:
      format_set_bg_color(format, 0xE7ECF2);
      [[fallthrough]];
    case Look::title:
      format_set_bold(format);
      return format_set_num_format_index(format, k_text_format);
  }
}

}  // namespace

Result<Workbook> Workbook::make(const Properties& properties, bool large) {
  auto folder = TemporaryFolder::make();
  if (!folder) return fail(not_written(folder.error()));
  // Rows go to files of this folder as they are written; this release of the library has no other place for the whole.
  std::string temporary = folder->path().string();
  lxw_workbook_options options{.constant_memory = LXW_TRUE,
                               .tmpdir = temporary.data(),
                               .use_zip64 = static_cast<uint8_t>(large ? LXW_TRUE : LXW_FALSE)};
  std::unique_ptr<lxw_workbook, Free> book(workbook_new_opt((folder->path() / "report.xlsx").c_str(), &options));
  if (!book) return fail(not_written("out of memory"));
  auto [title, author, comments, created] = properties;
  lxw_doc_properties said{};
  said.title = title.data();
  said.author = author.data();
  said.comments = comments.data();
  said.created = created.time_since_epoch().count();
  if (said.created <= 0) said.created = 315'532'800;  // 1980, where time begins for ZIP; 0 would be the present
  workbook_set_properties(book.get(), &said);
  return Workbook(std::move(*folder), std::move(book));
}

Result<lxw_worksheet*> Workbook::add_sheet(const std::string& name) {
  auto* sheet = workbook_add_worksheet(book_.get(), name.c_str());
  if (sheet == nullptr) return fail(lost(name));
  return sheet;
}

Diagnostic Workbook::lost(std::string_view sheet_name) {
  return not_written("the sheet '" + printable(sheet_name) + "' could not be written");
}

lxw_format* Workbook::format(Look look, Tone tone) {
  auto*& made = formats_.at(static_cast<std::size_t>(look)).at(static_cast<std::size_t>(tone));
  if (made == nullptr) {
    made = workbook_add_format(book_.get());
    dress(made, look);
    if (tone != Tone::plain) format_set_font_color(made, colours_of(tone).ink);
    if (tone != Tone::plain && tone != Tone::faint) format_set_bg_color(made, colours_of(tone).paper);
  }
  return made;
}

Result<std::string> Workbook::finish() {
  if (const auto error = workbook_close(book_.release()); error != LXW_NO_ERROR)
    return fail(not_written(lxw_strerror(error)));
  const auto path = folder_.path() / "report.xlsx";
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  std::string bytes(error ? 0 : size, '\0');
  std::ifstream file(path, std::ios::binary);
  if (error || !file.read(bytes.data(), static_cast<std::streamsize>(size)))
    return fail(not_written("what was written cannot be read back"));
  return bytes;
}

std::string sheet_text(std::string_view text) {
  auto whole = with_escapes_escaped(shown(text));
  const auto kept = first_units(whole, k_most_units);
  if (kept.size() == whole.size()) return whole;
  return std::string(first_units(whole, k_most_units - k_cut_mark_units)) + std::string(k_cut_mark);
}

}  // namespace cloison::report
