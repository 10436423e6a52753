#pragma once
// Collects what is wrong while files are read: with places, the instance being expanded, and each mistake of a template
// once, however many instances repeat it.

#include <string>
#include <unordered_map>

#include "core/base/diagnostic.h"
#include "core/topology/yaml_tree.h"

namespace cloison::topology {

struct Note {
  std::string_view code{};  // "CL1101"
  std::string summary{};
  std::string detail{};
  std::string hint{};
  Diagnostic::Severity severity = Diagnostic::Severity::error;
  std::vector<std::pair<SpanId, std::string>> related{};
};

class Notes {
 public:
  explicit Notes(SourceMap& sources) : sources_(sources) {}

  void add(Note note, SpanId where);
  /// At a node; when it came out of a template, the template's place is related.
  void add(Note note, const YamlNode& node);
  void add_key(Note note, const YamlEntry& entry) { add(std::move(note), span_of(entry, sources_)); }

  [[nodiscard]] SourceMap& sources() { return sources_; }
  [[nodiscard]] SpanId span(const YamlNode& node) { return span_of(node, sources_); }
  [[nodiscard]] SpanId span(const YamlEntry& entry) { return span_of(entry, sources_); }
  /// "topology.yaml:4:2".
  [[nodiscard]] std::string location(SpanId id) const { return sources_.location(id); }

  void push_context(std::string text) { context_.push_back(std::move(text)); }
  void pop_context() { context_.pop_back(); }
  [[nodiscard]] std::size_t errors() const { return errors_; }
  /// A file could not be read, or an expansion not be made: what is left is no basis for more findings.
  void set_unusable() { unusable_ = true; }
  [[nodiscard]] bool unusable() const { return unusable_; }
  /// In order of place; repeated ones carry their number.
  [[nodiscard]] Diagnostics take();

 private:
  SourceMap& sources_;
  Diagnostics list_;
  std::vector<std::size_t> repeats_;
  std::unordered_map<std::string, std::size_t> known_;
  std::vector<std::string> context_;
  std::size_t errors_ = 0;
  bool unusable_ = false;
};

/// Adds a line of context for its lifetime.
class NoteContext {
 public:
  NoteContext(Notes& notes, std::string text) : notes_(notes) { notes_.push_context(std::move(text)); }
  ~NoteContext() { notes_.pop_context(); }
  NoteContext(const NoteContext&) = delete;
  NoteContext& operator=(const NoteContext&) = delete;

 private:
  Notes& notes_;
};

}  // namespace cloison::topology
