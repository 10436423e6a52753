#pragma once
// Where things were written: files, and spans in them. One table per loaded topology; plans, state and log store the
// resolved text.

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cloison {

/// Index into a SourceMap; 0 means "nowhere".
using SpanId = uint32_t;
/// Index of a file in a SourceMap.
using FileId = uint32_t;

/// A piece of a file. Lines and columns are 1-based and count bytes; the end is exclusive.
struct SourceSpan {
  FileId file = 0;
  uint32_t line = 0;
  uint32_t column = 0;
  uint32_t end_line = 0;
  uint32_t end_column = 0;
  auto operator<=>(const SourceSpan&) const = default;
};

/// Owns the text of the files that were read and every span that points into them. Append-only.
class SourceMap {
 public:
  SourceMap();

  /// Adds a file. `name` is what people read (relative to where they stand); `text` may be empty when it is not at
  /// hand.
  FileId add_file(std::string name, std::string text);
  SpanId add(const SourceSpan& span);
  /// A span known only by name and position, such as one read back from the state. Files are shared by name.
  SpanId add(std::string_view file_name, uint32_t line, uint32_t column);

  [[nodiscard]] const SourceSpan& span(SpanId id) const;
  [[nodiscard]] const std::string& file_name(SpanId id) const;
  [[nodiscard]] std::string_view file_text(FileId id) const;
  /// "topology.yaml:42:9", or "" for span 0.
  [[nodiscard]] std::string location(SpanId id) const;
  /// The source line in which the span starts, without its line end; nullopt when the text is not at hand.
  [[nodiscard]] std::optional<std::string_view> source_line(SpanId id) const;
  [[nodiscard]] std::size_t size() const { return spans_.size(); }
  /// Replaces what the span covers by '*' (line ends stay): a secret that was written out must not be shown.
  void blank(const SourceSpan& span);

 private:
  struct File {
    std::string name;
    std::string text;
    std::vector<uint32_t> line_starts;
  };
  std::vector<File> files_;
  std::vector<SourceSpan> spans_;
  std::map<std::string, FileId, std::less<>> file_by_name_;
};

}  // namespace cloison
