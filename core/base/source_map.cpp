#include "core/base/source_map.h"

#include <algorithm>

#include <fmt/format.h>

namespace cloison {

SourceMap::SourceMap() : files_(1), spans_(1) {}

FileId SourceMap::add_file(std::string name, std::string text) {
  File file{.name = std::move(name), .text = std::move(text), .line_starts = {0}};
  for (std::size_t i = 0; i < file.text.size(); ++i) {
    if (file.text[i] == '\n') {
      file.line_starts.push_back(static_cast<uint32_t>(i + 1));
    }
  }
  const auto id = static_cast<FileId>(files_.size());
  file_by_name_.insert_or_assign(file.name, id);
  files_.push_back(std::move(file));
  return id;
}

SpanId SourceMap::add(const SourceSpan& span) {
  spans_.push_back(span);
  return static_cast<SpanId>(spans_.size() - 1);
}

SpanId SourceMap::add(std::string_view file_name, uint32_t line, uint32_t column) {
  const auto known = file_by_name_.find(file_name);
  const FileId file = known != file_by_name_.end() ? known->second : add_file(std::string(file_name), "");
  return add(SourceSpan{.file = file, .line = line, .column = column, .end_line = line, .end_column = column});
}

const SourceSpan& SourceMap::span(SpanId id) const {
  return spans_[id < spans_.size() ? id : 0];
}

const std::string& SourceMap::file_name(SpanId id) const {
  return files_[span(id).file].name;
}

std::string_view SourceMap::file_text(FileId id) const {
  return id < files_.size() ? files_[id].text : std::string_view{};
}

std::string SourceMap::location(SpanId id) const {
  if (id == 0 || id >= spans_.size()) {
    return {};
  }
  const SourceSpan& where = spans_[id];
  return fmt::format("{}:{}:{}", files_[where.file].name, where.line, where.column);
}

void SourceMap::blank(const SourceSpan& span) {
  if (span.file >= files_.size() || span.line == 0 || span.line > files_[span.file].line_starts.size()) {
    return;
  }
  File& file = files_[span.file];
  const auto offset = [&](uint32_t line, uint32_t column) {
    const std::size_t begin = line <= file.line_starts.size() ? file.line_starts[line - 1] : file.text.size();
    const std::size_t end = line < file.line_starts.size() ? file.line_starts[line] : file.text.size();
    return std::min(begin + column - 1, end);
  };
  const std::size_t end = offset(span.end_line, span.end_column);
  for (std::size_t at = offset(span.line, span.column); at < end; ++at) {
    if (file.text[at] != '\n' && file.text[at] != '\r') {
      file.text[at] = '*';
    }
  }
}

std::optional<std::string_view> SourceMap::source_line(SpanId id) const {
  const SourceSpan& where = span(id);
  const File& file = files_[where.file];
  if (where.line == 0 || file.text.empty() || where.line > file.line_starts.size()) {
    return std::nullopt;
  }
  const std::size_t begin = file.line_starts[where.line - 1];
  std::size_t end = where.line < file.line_starts.size() ? file.line_starts[where.line] - 1 : file.text.size();
  if (end > begin && file.text[end - 1] == '\n') {
    --end;
  }
  if (end > begin && file.text[end - 1] == '\r') {
    --end;
  }
  return std::string_view(file.text).substr(begin, end - begin);
}

}  // namespace cloison
