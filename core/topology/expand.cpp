// Variables: filling templates in.

#include "core/topology/expand.h"

#include <fmt/format.h>

#include "core/base/strings.h"

namespace cloison::topology {

using Kind = YamlNode::Kind;

Expander::Expander(const YamlNode* environments, CsvFiles& files, const ReadLimits& limits)
    : environments_(environments), files_(files), notes_(files.notes()), limits_(limits) {
  if (environments_ != nullptr && environments_->is_map()) {
    for (const YamlEntry& entry : environments_->entries()) {
      environment_names_.emplace_back(entry.key);
    }
  }
}

Scope Expander::root() const {
  if (environment_names_.size() == 1) {
    return *in_environment(environment_names_.front(), nullptr);
  }
  return {};
}

std::optional<Scope> Expander::in_environment(std::string_view name, const Scope* outer) const {
  const YamlNode* block = environments_ == nullptr ? nullptr : environments_->find(name);
  if (block == nullptr) {
    return std::nullopt;
  }
  return Scope{.outer = outer, .environment = block, .environment_name = std::string(name)};
}

std::optional<Expander::Found> Expander::lookup(std::string_view name, const Scope& scope) {
  if (name.starts_with("env.")) {
    for (const Scope* one = &scope; one != nullptr; one = one->outer) {
      if (one->environment == nullptr) {
        continue;
      }
      const std::string_view variable = name.substr(4);
      if (variable == "name") {
        return Found{one->environment_name, span_of(*one->environment, notes_.sources())};
      }
      const YamlNode* vars = one->environment->find("vars");
      const YamlNode* value = vars == nullptr ? nullptr : vars->find(variable);
      return value != nullptr && value->is_scalar()
                 ? std::optional(Found{std::string(value->text), span_of(*value, notes_.sources())})
                 : std::nullopt;
    }
    return std::nullopt;
  }
  for (const Scope* one = &scope; one != nullptr; one = one->outer) {
    if (one->csv != nullptr) {
      if (const auto column = one->csv->column(name)) {
        one->spans.resize(one->csv->columns().size());
        SpanId& span = one->spans[*column];
        if (span == 0) {
          span = one->csv->span(one->row, *column, notes_.sources());
        }
        return Found{one->csv->cell(one->row, *column, notes_.sources()), span};
      }
    }
    if (!one->key.empty() && (name == "key" || name == "name")) {
      return Found{one->key, one->key_span};
    }
  }
  return std::nullopt;
}

std::vector<std::string> Expander::known(const Scope& scope) const {
  std::vector<std::string> names;
  bool environment_seen = false;
  for (const Scope* one = &scope; one != nullptr; one = one->outer) {
    if (one->csv != nullptr) {
      const auto columns = one->csv->column_names();
      names.insert(names.end(), columns.begin(), columns.end());
    }
    if (!one->key.empty()) {
      names.insert(names.end(), {"key", "name"});
    }
    if (one->environment != nullptr && !environment_seen) {
      environment_seen = true;
      names.emplace_back("env.name");
      if (const YamlNode* vars = one->environment->find("vars"); vars != nullptr && vars->is_map()) {
        for (const YamlEntry& entry : vars->entries()) {
          names.push_back(fmt::format("env.{}", entry.key));
        }
      }
    }
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

const YamlNode* Expander::scalar(const YamlNode& node, const Scope& scope, Tree& tree) {
  std::string text;
  SpanId span = 0;
  bool empty_cell = false;
  bool good = true;
  for (std::size_t at = 0; at < node.text.size();) {
    const auto open = node.text.find("{{", at);
    text += node.text.substr(at, open == std::string_view::npos ? open : open - at);
    if (open == std::string_view::npos) {
      break;
    }
    const auto close = node.text.find("}}", open);
    if (close == std::string_view::npos) {
      notes_.add({.code = "CL1031",
                  .summary = "'{{' is not closed",
                  .detail = "A variable is written {{name}}.",
                  .hint = fmt::format("write \"{}}}}}\"", node.text)},
                 node);
      good = false;
      break;
    }
    const std::string_view name = trimmed(node.text.substr(open + 2, close - open - 2));
    at = close + 2;
    if (const auto found = lookup(name, scope)) {
      text += found->text;
      if (span == 0 || found->text.empty()) {
        span = found->span;
      }
      empty_cell = empty_cell || found->text.empty();
      continue;
    }
    good = false;
    const std::vector<std::string> names = known(scope);
    const bool environment = name.starts_with("env.");
    std::string detail =
        names.empty() ? "No variable is known here." : fmt::format("Known here: {}.", join(names, ", "));
    std::string hint = did_you_mean(name, names);
    if (names.empty() || hint.starts_with("known")) {
      hint = environment
                 ? fmt::format("declare it: environments: {{{}: {{vars: {{{}: …}}}}}}",
                               environment_names_.empty() ? "production" : environment_names_.front(), name.substr(4))
             : scope.csv != nullptr ? fmt::format("add a column '{}' to the CSV file", name)
                                    : "variables come from for_each: {csv: sites.csv, key: name}";
    } else if (const auto near = suggestions(name, names); !near.empty()) {
      hint = fmt::format("write {{{{{}}}}}", near.front());
    }
    notes_.add({.code = "CL1030",
                .summary = fmt::format("variable '{}' is not known", name),
                .detail = std::move(detail),
                .hint = std::move(hint)},
               node);
  }
  YamlNode made{.kind = good && !empty_cell ? Kind::scalar : Kind::dropped, .filled = true, .place = node.place};
  made.span = span;
  made.template_span = span_of(node, notes_.sources());
  made.text = tree.keep(text);
  return tree.make(made);
}

const YamlNode* Expander::list(const Shape* shape, const YamlNode& node, const Scope& scope, Tree& tree) {
  std::vector<YamlEntry> items;
  for (const YamlEntry& item : node.entries()) {
    const YamlNode* value = fill(shape, *item.value, scope, tree);
    if (value->kind != Kind::dropped) {
      items.push_back({.place = item.place, .value = value});
    }
  }
  YamlNode made = node;
  made.templated = made.checked = false;
  tree.give(made, items);
  return tree.make(made);
}

const YamlNode* Expander::fill(const Shape* shape, const YamlNode& node, const Scope& scope, Tree& tree) {
  if (!node.templated) {
    return &node;
  }
  if (shape != nullptr && shape->form == Form::one_or_list && !node.is_list()) {
    shape = shape->item;
  }
  if (shape != nullptr && shape->form == Form::either) {
    const auto fits = [&](const Shape* one) {
      return node.is_map()    ? one->form == Form::block || one->form == Form::table
             : node.is_list() ? one->form == Form::list || one->form == Form::one_or_list
                              : is_scalar(one->form);
    };
    const auto found = std::find_if(shape->alternatives.begin(), shape->alternatives.end(), fits);
    shape = found == shape->alternatives.end() ? nullptr : *found;
  }
  static const Shape nothing{.form = Form::block};
  switch (node.kind) {
    case Kind::scalar:
      return scalar(node, scope, tree);
    case Kind::list:
      return list(shape == nullptr ? nullptr : shape->item, node, scope, tree);
    case Kind::map:
      return shape != nullptr && shape->plural && node.find("for_each") != nullptr
                 ? plural(*shape, node, scope, tree)
                 : fill_block(shape == nullptr ? nothing : *shape, node, scope, tree);
    default:
      return &node;
  }
}

const YamlNode* Expander::fill_block(const Shape& shape, const YamlNode& node, const Scope& scope, Tree& tree) {
  std::optional<Scope> inner;
  if (shape.key("environment") != nullptr) {
    if (const YamlNode* name = node.find("environment"); name != nullptr && name->is_scalar()) {
      inner = in_environment(fill(nullptr, *name, scope, tree)->text, &scope);
    }
  }
  std::vector<YamlEntry> entries;
  for (const YamlEntry& entry : node.entries()) {
    if (entry.key == "for_each" && shape.family) {
      continue;
    }
    const Key* key = shape.key(entry.key);
    const Shape* item = shape.form == Form::table ? shape.item : key == nullptr ? nullptr : key->shape;
    YamlEntry made = entry;
    made.value = fill(item, *entry.value, inner ? *inner : scope, tree);
    entries.push_back(made);
  }
  YamlNode made = node;
  made.templated = made.checked = false;
  tree.give(made, entries);
  return tree.make(made);
}

}  // namespace cloison::topology
