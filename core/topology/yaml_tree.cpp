#include "core/topology/yaml_tree.h"

#include <cstring>
#include <type_traits>

namespace cloison::topology {

static_assert(std::is_trivially_destructible_v<YamlNode> && std::is_trivially_destructible_v<YamlEntry>);

const YamlEntry* YamlNode::entry(std::string_view key) const {
  if (kind != Kind::map) {
    return nullptr;
  }
  for (const YamlEntry& one : entries()) {
    if (one.key == key) {
      return &one;
    }
  }
  return nullptr;
}

const YamlNode* YamlNode::find(std::string_view key) const {
  const YamlEntry* found = entry(key);
  return found == nullptr || found->value->kind == Kind::dropped ? nullptr : found->value;
}

YamlNode* Tree::make(const YamlNode& node) {
  return std::pmr::polymorphic_allocator<YamlNode>(&memory_).new_object<YamlNode>(node);
}

std::string_view Tree::keep(std::string_view text) {
  if (text.empty()) {
    return {};
  }
  auto* bytes = static_cast<char*>(memory_.allocate(text.size(), 1));
  std::memcpy(bytes, text.data(), text.size());
  return {bytes, text.size()};
}

void Tree::give(YamlNode& node, std::span<const YamlEntry> entries) {
  auto* copies = static_cast<YamlEntry*>(
      memory_.allocate(sizeof(YamlEntry) * std::max<std::size_t>(entries.size(), 1), alignof(YamlEntry)));
  std::uninitialized_copy(entries.begin(), entries.end(), copies);
  node.first = copies;
  node.count = static_cast<uint32_t>(entries.size());
}

SpanId add_span(const Place& place, SourceMap& sources) {
  if (place.line == 0) {
    return 0;
  }
  return sources.add(SourceSpan{.file = place.file,
                                .line = place.line,
                                .column = place.column,
                                .end_line = place.line,
                                .end_column = place.column + place.length});
}

SpanId span_of(const YamlNode& node, SourceMap& sources) {
  if (node.span == 0) {
    node.span = add_span(node.place, sources);
  }
  return node.span;
}

SpanId span_of(const YamlEntry& entry, SourceMap& sources) {
  if (entry.span == 0) {
    entry.span = add_span(entry.place, sources);
  }
  return entry.span;
}

}  // namespace cloison::topology
