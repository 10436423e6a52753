#pragma once
// What the YAML readers make: a compact tree with a place on every key and value. Nodes live in a Tree's arena, have no
// destructors and are shared freely (an instance of for_each shares what its template does not fill in).

#include <cstdint>
#include <memory_resource>
#include <span>
#include <string_view>
#include <vector>

#include "core/base/source_map.h"

namespace cloison::topology {

/// A piece of one line of a file; 1-based, in bytes.
struct Place {
  FileId file = 0;
  uint32_t line = 0;
  uint32_t column = 0;
  uint32_t length = 0;
};

struct YamlNode;

/// A map's key and value, or a list's item (then without key).
struct YamlEntry {
  std::string_view key{};
  Place place{};  // of the key
  mutable SpanId span = 0;
  const YamlNode* value = nullptr;
};

struct YamlNode {
  enum class Kind : uint8_t {
    null,
    scalar,
    list,
    map,
    dropped,  // a template whose cell was empty: as if it were not there, but its place is known
  };
  Kind kind = Kind::null;
  bool plain = false;            // scalar: written without quotes
  bool filled = false;           // scalar: came out of a template, so it may be read as any type
  bool templated = false;        // something in it must be expanded
  mutable bool checked = false;  // its shape is known to be right: shared subtrees are checked once
  Place place{};
  mutable SpanId span = 0;
  SpanId template_span = 0;  // filled: where the template was written, `span` being the cell
  SpanId row = 0;            // map that for_each made: the row, item or environment that it stands for
  std::string_view text{};   // scalar
  const YamlEntry* first = nullptr;
  uint32_t count = 0;

  [[nodiscard]] std::span<const YamlEntry> entries() const { return {first, count}; }
  [[nodiscard]] bool is_scalar() const { return kind == Kind::scalar; }
  [[nodiscard]] bool is_map() const { return kind == Kind::map; }
  [[nodiscard]] bool is_list() const { return kind == Kind::list; }
  /// The entry of a map, also a dropped one; nullptr otherwise.
  [[nodiscard]] const YamlEntry* entry(std::string_view key) const;
  /// The value of a map's key; nullptr when it is missing, dropped or this is no map.
  [[nodiscard]] const YamlNode* find(std::string_view key) const;
};

/// Owns nodes and their texts.
class Tree {
 public:
  explicit Tree(std::size_t first_block = 4096) : memory_(first_block) {}
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;
  ~Tree() = default;

  [[nodiscard]] YamlNode* make(const YamlNode& node);
  [[nodiscard]] std::string_view keep(std::string_view text);
  /// Copies the entries and makes them `node`'s.
  void give(YamlNode& node, std::span<const YamlEntry> entries);
  /// Forgets everything; what came out of it must not be used any more.
  void clear() { memory_.release(); }

 private:
  std::pmr::monotonic_buffer_resource memory_;
};

/// The span of a node or a key, made on first use.
[[nodiscard]] SpanId span_of(const YamlNode& node, SourceMap& sources);
[[nodiscard]] SpanId span_of(const YamlEntry& entry, SourceMap& sources);
[[nodiscard]] SpanId add_span(const Place& place, SourceMap& sources);

}  // namespace cloison::topology
