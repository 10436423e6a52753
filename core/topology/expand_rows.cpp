// for_each: the rows that make entries.

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/topology/expand.h"

namespace cloison::topology {

using Kind = YamlNode::Kind;

bool Expander::count_row(const YamlNode& for_each) {
  if (++made_ <= limits_.instances) {
    return true;
  }
  notes_.add({.code = "CL1033",
              .summary = fmt::format("for_each makes more than {} entries", limits_.instances),
              .detail = "Nested for_each multiply.",
              .hint = "use a smaller inventory, or split the topology"},
             for_each);
  notes_.set_unusable();
  return false;
}

bool Expander::key_fits(const std::string& key, SpanId where, std::unordered_map<std::string, SpanId>& seen) {
  if (!is_name(key)) {
    const std::string proposed = proposed_name(key);
    notes_.add(
        {.code = key.empty() ? "CL1026" : "CL1035",
         .summary = key.empty() ? "the key's cell is empty" : fmt::format("'{}' is no name", key),
         .detail = "Keys of for_each have a-z, 0-9 and '-', at most 63, no '-' first or last.",
         .hint = proposed.empty() ? "give the row a name such as lyon-03, or remove it"
                                  : fmt::format("write {}; what people read goes in a column for title", proposed)},
        where);
    if (key.empty()) {
      return false;
    }
  }
  const auto [first, is_new] = seen.emplace(lowered(key), where);
  if (!is_new) {
    notes_.add({.code = "CL1023",
                .summary = fmt::format("key '{}' is there twice", key),
                .detail = "Keys name what they make, and are compared without case.",
                .hint = "rename one of the two rows, or remove it",
                .related = {{first->second, "first here"}}},
               where);
  }
  return is_new && is_name(key);
}

bool Expander::csv_rows(const YamlNode& for_each, const Scope& outer, const std::function<void(Row&)>& each) {
  const YamlNode* name = for_each.find("csv");
  const YamlNode* key_name = for_each.find("key");
  const Csv* csv = files_.get(*name);
  const auto key_column = csv == nullptr ? std::nullopt : files_.column(*csv, key_name->text, *key_name);
  if (!key_column) {
    return false;
  }
  if (csv->rows() == 0) {
    notes_.add({.code = "CL1034",
                .summary = "for_each makes nothing: the CSV file has no rows",
                .hint = "add a row, or remove the entry",
                .severity = Diagnostic::Severity::warning},
               *name);
    return false;
  }
  std::unordered_map<std::string, SpanId> seen;
  Row row;
  for (std::size_t i = 0; i < csv->rows(); ++i) {
    if (!count_row(for_each)) {
      return true;
    }
    row.scope = Scope{.outer = &outer, .csv = csv, .row = i, .key = csv->cell(i, *key_column, notes_.sources())};
    row.span = row.scope.key_span = csv->span(i, *key_column, notes_.sources());
    row.scope.spans.resize(csv->columns().size());
    row.scope.spans[*key_column] = row.span;
    if (key_fits(row.scope.key, row.span, seen)) {
      each(row);
    }
  }
  return true;
}

bool Expander::listed_rows(const YamlNode& for_each, const Scope& outer, Tree& tree,
                           const std::function<void(Row&)>& each) {
  std::unordered_map<std::string, SpanId> seen;
  for (const YamlEntry& item : for_each.entries()) {
    const YamlNode* filled = fill(nullptr, *item.value, outer, tree);
    if (!count_row(for_each)) {
      return true;
    }
    const SpanId span = span_of(*filled, notes_.sources());
    Row row{.scope = {.outer = &outer, .key = std::string(filled->text), .key_span = span}, .span = span};
    if (key_fits(row.scope.key, span, seen)) {
      each(row);
    }
  }
  if (for_each.count == 0) {
    notes_.add({.code = "CL1034",
                .summary = "for_each makes nothing: the list is empty",
                .hint = "add a name to the list, or remove the entry",
                .severity = Diagnostic::Severity::warning},
               for_each);
  }
  return for_each.count != 0;
}

bool Expander::environment_rows(const Scope& outer, Tree& tree, const std::function<void(Row&)>& each) {
  if (environments_ == nullptr) {
    return false;
  }
  for (const YamlEntry& entry : environments_->entries()) {
    const SpanId span = span_of(entry, notes_.sources());
    YamlNode name{.kind = Kind::scalar, .place = entry.place, .span = span, .text = entry.key};
    Row row{.scope = {.outer = &outer,
                      .key = std::string(entry.key),
                      .key_span = span,
                      .environment = entry.value,
                      .environment_name = std::string(entry.key)},
            .span = span,
            .environment_key = tree.make(name)};
    if (is_name(entry.key)) {
      each(row);
    }
  }
  return environments_->count != 0;
}

bool Expander::rows(const YamlNode& for_each, const Scope& outer, Tree& tree, const std::function<void(Row&)>& each) {
  const YamlNode* filled = fill(nullptr, for_each, outer, tree);
  const Shape& shape = Language::instance().for_each();
  if (filled->kind == Kind::scalar && filled->text != "environments") {
    const bool file = filled->text.ends_with(".csv");
    notes_.add({.code = "CL1032",
                .summary = fmt::format("for_each cannot be '{}'", filled->text),
                .detail = "It is the word environments, a list of names, or a CSV file with its key column.",
                .hint = file ? fmt::format("write for_each: {{csv: {}, key: name}}", filled->text)
                             : "write for_each: environments"},
               *filled);
    notes_.set_unusable();
    return false;
  }
  if (!check_shape(shape, *filled, "for_each", notes_)) {
    notes_.set_unusable();
    return false;
  }
  switch (filled->kind) {
    case Kind::scalar:
      return environment_rows(outer, tree, each);
    case Kind::list:
      return listed_rows(*filled, outer, tree, each);
    default:
      return csv_rows(*filled, outer, each);
  }
}

const YamlNode* Expander::plural(const Shape& shape, const YamlNode& node, const Scope& scope, Tree& tree) {
  std::vector<YamlEntry> entries;
  const bool any = rows(*node.find("for_each"), scope, tree, [&](Row& row) {
    const NoteContext context(notes_, fmt::format("while making '{}'", row.scope.key));
    std::vector<YamlEntry> kept;
    for (const YamlEntry& entry : node.entries()) {
      if (entry.key != "for_each") {
        kept.push_back(entry);
      }
    }
    if (row.environment_key != nullptr && shape.item->key("environment") != nullptr &&
        node.find("environment") == nullptr) {
      kept.push_back({.key = "environment", .span = row.span, .value = row.environment_key});
    }
    YamlNode entry = node;
    entry.templated = true;
    tree.give(entry, kept);
    const YamlNode* filled = fill_block(*shape.item, entry, row.scope, tree);
    YamlNode named = *filled;
    named.row = row.span;
    entries.push_back({.key = tree.keep(row.scope.key), .place = {}, .span = row.span, .value = tree.make(named)});
  });
  if (!any) {
    // nobody fills it in, so check it as it stands
    for (const YamlEntry& entry : node.entries()) {
      const Key* key = shape.item->key(entry.key);
      if (key != nullptr) {
        (void)check_shape(*key->shape, *entry.value, key->name, notes_, {.templates = true});
      }
    }
  }
  YamlNode made = node;
  made.templated = made.checked = false;
  tree.give(made, entries);
  return tree.make(made);
}

}  // namespace cloison::topology
