#pragma once
// Cells in short.

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "core/report/document.h"

namespace cloison::report {

/// Nothing for "".
[[nodiscard]] inline Cell text_cell(const std::string& text, Tone tone = Tone::plain) {
  return text.empty() ? Cell{} : Cell{.value = text, .tone = tone};
}
[[nodiscard]] inline Cell list_cell(const std::vector<std::string>& items, Tone tone = Tone::plain) {
  return items.empty() ? Cell{} : Cell{.value = items, .tone = tone};
}
[[nodiscard]] inline Cell number_cell(std::size_t number) {
  return {.value = static_cast<int64_t>(number)};
}
[[nodiscard]] inline Cell term_cell(const Term& term, Tone tone = Tone::plain) {
  return {.value = &term, .tone = tone};
}
[[nodiscard]] inline Cell term_cell(const Term* term, Tone tone = Tone::plain) {
  return term == nullptr ? Cell{} : Cell{.value = term, .tone = tone};
}

/// Called as its heading is. `width`: on paper; 0 is not on it.
[[nodiscard]] inline Column column_of(const Term& heading, Column::Kind kind, const Term& group, std::string_view means,
                                      uint8_t width = 0) {
  return {.id = heading.id,
          .heading = heading,
          .kind = kind,
          .group = group,
          .on_paper = width > 0,
          .width = width == 0 ? uint8_t{1} : width,
          .means = means};
}

/// A chapter of one table.
[[nodiscard]] inline Chapter chapter_of(std::string id, Phrase title, Table table) {
  Chapter chapter{.id = std::move(id), .title = std::move(title)};
  chapter.parts.emplace_back(std::move(table));
  return chapter;
}

/// The last chapter, where something could not be read, understood or proved.
inline void add_limits(Report& report, const std::vector<Phrase>& not_known) {
  if (not_known.empty()) return;
  Chapter limits{.id = "limits", .title = {"What this report does not cover", "Ce que ce rapport ne couvre pas"}};
  for (const auto& phrase : not_known) limits.parts.emplace_back(Paragraph{phrase, Tone::warning});
  report.chapters.push_back(std::move(limits));
}

/// Numbers of the columns with these ids, in the order of the columns.
[[nodiscard]] inline std::vector<std::size_t> columns_named(const std::vector<Column>& columns,
                                                            std::initializer_list<std::string_view> ids) {
  std::vector<std::size_t> numbers;
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (std::find(ids.begin(), ids.end(), columns[i].id) != ids.end()) numbers.push_back(i);
  return numbers;
}

}  // namespace cloison::report
