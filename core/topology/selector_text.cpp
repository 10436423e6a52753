#include "core/topology/selector_text.h"

#include "core/base/strings.h"
#include "core/topology/build.h"
#include "core/topology/shape.h"
#include "core/topology/yaml_reader.h"

namespace cloison::topology {

namespace {

/// The text is gone when its choice is looked for, so nothing of it may be pointed at.
Selector without_places(Selector selector) {
  selector.span = 0;
  for (SelectorTerm& term : selector.terms) {
    term.span = 0;
    for (auto& [key, names] : term.match) {
      for (Name& name : names) {
        name.span = 0;
      }
    }
  }
  return selector;
}

/// No file is named, so no line can be shown.
Diagnostics without_places(Diagnostics notes) {
  for (Diagnostic& note : notes) {
    note.where = 0;
    note.related.clear();
  }
  return notes;
}

Result<CsvFiles::Loaded> no_file(FileId, std::string_view name) {
  return fail({.kind = ErrorKind::topology, .code = "CL1024", .summary = printable(name) + " cannot be read"});
}

}  // namespace

Checked<Selector> selector_of_text(std::string_view text) {
  const std::string_view written = trimmed(text);
  Checked<Selector> result;
  if (!written.starts_with('{') && !written.starts_with('[')) {
    result.value = Selector{.terms = {SelectorTerm{.path = std::string(text)}}};
    return result;
  }
  SourceMap sources;
  Notes notes(sources);
  const ReadLimits limits;
  Tree tree;
  std::size_t nodes = 0;
  std::string normal(written);
  const YamlNode* root = nullptr;
  if (normalise_text(normal, "the selector", notes)) {
    root = read_yaml(sources.add_file("the selector", std::move(normal)), tree, notes, limits, nodes);
  }
  const Shape& shape = *Language::instance().block("flows").item->key("from")->shape;
  if (root != nullptr && check_shape(shape, *root, "selector", notes)) {
    CsvFiles files(no_file, notes);
    const TimeZone zone = TimeZone::utc();
    result.value = without_places(Build(notes, files, zone).selector(root));
  }
  result.notes = without_places(notes.take());
  return result;
}

}  // namespace cloison::topology
