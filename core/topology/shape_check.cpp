// The check of a tree against the table.

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/topology/build.h"
#include "core/topology/shape.h"
#include "core/topology/yaml_reader.h"

namespace cloison::topology {

namespace {

using Kind = YamlNode::Kind;

std::string_view kind_name(const YamlNode& node) {
  switch (node.kind) {
    case Kind::list:
      return "a list";
    case Kind::map:
      return "a block of keys";
    case Kind::scalar:
      break;
    default:
      return "nothing";
  }
  switch (node.plain ? plain_type(node.text) : PlainType::text) {
    case PlainType::boolean:
      return "true or false";
    case PlainType::integer:
      return "a whole number";
    case PlainType::number:
      return "a number";
    default:
      return node.plain || node.filled ? "text" : "text in quotes";
  }
}

/// Whether a scalar has a type that the form reads. What a template filled in has every type that its text can be.
bool type_fits(Form form, const YamlNode& node) {
  PlainType type = node.plain || node.filled ? plain_type(node.text) : PlainType::text;
  if (type == PlainType::ambiguous_word || type == PlainType::ambiguous_number || type == PlainType::null) {
    type = PlainType::text;
  }
  switch (form) {
    case Form::boolean:
      return type == PlainType::boolean;
    case Form::integer:
    case Form::version:
      return type == PlainType::integer;
    case Form::host_address:
      return node.filled || type == PlainType::integer || type == PlainType::text;
    case Form::scalar:
    case Form::secret:
      return true;
    case Form::processors:
    case Form::text:
    case Form::word:
    case Form::reference:
      return node.filled || type != PlainType::boolean;
    default:
      return node.filled || type == PlainType::text;
  }
}

/// What a block is called in a message: "segment 'lan'", "flow 'F-001'", "the topology".
std::string called(const Shape& shape, const YamlNode& node, std::string_view what) {
  if (shape.title == "topology" || shape.title == what) {
    const YamlNode* id = node.find("id");
    id = id == nullptr ? node.find("name") : id;
    return shape.title == "topology"          ? "the topology"
           : id != nullptr && id->is_scalar() ? fmt::format("{} '{}'", what, id->text)
                                              : fmt::format("the {}", what);
  }
  std::string title(shape.title.substr(0, shape.title.find('_')));
  return title.empty() || title == what ? fmt::format("'{}'", what) : fmt::format("{} '{}'", title, what);
}

class Check {
 public:
  Check(Notes& notes, const CheckOptions& options) : notes_(notes), options_(options) {}

  bool run(const Shape& shape, const YamlNode& node, std::string_view what) {
    if (node.kind == Kind::dropped) {
      return true;
    }
    if (node.checked && !node.templated) {
      return true;
    }
    const bool good = visit(shape, node, what);
    node.checked = good;
    return good;
  }

 private:
  bool visit(const Shape& shape, const YamlNode& node, std::string_view what) {
    if (node.kind == Kind::null) {
      notes_.add(
          {.code = "CL1109",
           .summary = fmt::format("'{}' has no value", what),
           .detail = fmt::format("It must be {}.", describe(shape)),
           .hint = fmt::format("give it a value, or remove the line; null removes keys in files laid over with -f")},
          node);
      return false;
    }
    switch (shape.form) {
      case Form::block:
        return block(shape, node, what);
      case Form::table:
        return table(shape, node, what);
      case Form::list:
        return node.is_list() ? items(shape, node, what) : wrong_type(shape, node, what);
      case Form::one_or_list:
        return node.is_list() ? items(shape, node, what)
                              : run(*shape.item, node, what) && count_fits(shape, node, 1, what);
      case Form::either:
        return either(shape, node, what);
      default:
        return scalar(shape, node, what);
    }
  }

  /// Never one of the two for a word that may have meant the other.
  static std::string boolean_hint(std::string_view text, std::string_view what) {
    constexpr std::array<std::string_view, 7> k_yes{"true", "yes", "y", "on", "oui", "vrai", "1"};
    constexpr std::array<std::string_view, 7> k_no{"false", "no", "n", "off", "non", "faux", "0"};
    const std::string word = lowered(text);
    const auto is_in = [&word](const auto& words) {
      return std::find(words.begin(), words.end(), word) != words.end();
    };
    if (is_in(k_yes)) return fmt::format("write {}: true", what);
    if (is_in(k_no)) return fmt::format("write {}: false", what);
    return fmt::format("write either {0}: true or {0}: false", what);
  }

  /// "50-199" and "a, b" written where a list belongs.
  static std::string list_hint(const Shape& shape, std::string_view text, std::string_view what) {
    const bool numbers = shape.item->form == Form::integer;
    std::vector<std::string> items;
    for (const auto part : split(text, numbers && text.find(',') == std::string_view::npos ? '-' : ',')) {
      const auto item = trimmed(part);
      if (item.empty() || (numbers && !integer_of(item)))
        return fmt::format("write for example {}: {}", what, example_of(shape));
      items.emplace_back(item);
    }
    const bool fits = items.size() >= shape.least_items && items.size() <= shape.most_items;
    return fits ? fmt::format("write {}: [{}]", what, join(items, ", "))
                : fmt::format("write for example {}: {}", what, example_of(shape));
  }

  bool wrong_type(const Shape& shape, const YamlNode& node, std::string_view what) {
    std::string hint;
    const auto number = shape.form == Form::integer && node.is_scalar() ? integer_of(node.text) : std::nullopt;
    if (number && *number >= shape.least && *number <= shape.most) {
      hint = fmt::format("write {}: {} without quotes", what, *number);
    } else if (shape.form == Form::table && shape.plural && node.is_list()) {
      hint = fmt::format("write {}: {{name-1: {{…}}}}, each entry under its name", what);
    } else if (shape.form == Form::list && node.is_scalar() && shape.item != nullptr && is_scalar(shape.item->form)) {
      hint = list_hint(shape, node.text, what);
    } else if (shape.form == Form::boolean && node.is_scalar()) {
      hint = boolean_hint(node.text, what);
    } else if (node.is_scalar() && is_scalar(shape.form) && shape.form != Form::integer &&
               shape.form != Form::version) {
      hint = fmt::format("write {}: \"{}\" in quotes", what, node.text);
    } else {
      hint = fmt::format("write for example {}: {}", what, example_of(shape));
    }
    notes_.add({.code = "CL1102",
                .summary = fmt::format("'{}' is {}", what, kind_name(node)),
                .detail = fmt::format("It must be {}.", describe(shape)),
                .hint = std::move(hint)},
               node);
    return false;
  }

  bool scalar(const Shape& shape, const YamlNode& node, std::string_view what) {
    if (!node.is_scalar()) {
      return wrong_type(shape, node, what);
    }
    if (options_.templates && node.text.find("{{") != std::string_view::npos) {
      return true;
    }
    if (!type_fits(shape.form, node)) {
      // Quotes mend it only where the text would do.
      const bool quotable = shape.form != Form::integer && shape.form != Form::version && shape.form != Form::boolean;
      return (!quotable || check_content(shape, node, what, notes_)) && wrong_type(shape, node, what);
    }
    if (shape.form != Form::secret && node.text.find("PRIVATE KEY-----") != std::string_view::npos) {
      static const Shape secret{.form = Form::secret};
      return check_content(secret, node, what, notes_);
    }
    return check_content(shape, node, what, notes_);
  }

  bool either(const Shape& shape, const YamlNode& node, std::string_view what) {
    for (const Shape* one : shape.alternatives) {
      const bool fits = is_scalar(one->form)                                   ? node.is_scalar()
                        : one->form == Form::block || one->form == Form::table ? node.is_map()
                                                                               : node.is_list();
      if (fits) {
        return run(*one, node, what);
      }
    }
    return wrong_type(shape, node, what);
  }

  bool count_fits(const Shape& shape, const YamlNode& node, std::size_t count, std::string_view what) {
    if (count >= shape.least_items && count <= shape.most_items) {
      return true;
    }
    const std::string wanted = shape.least_items == shape.most_items ? std::to_string(shape.least_items)
                               : shape.most_items == UINT32_MAX
                                   ? fmt::format("{} or more", shape.least_items)
                                   : fmt::format("{} to {}", shape.least_items, shape.most_items);
    std::vector<std::string> example(shape.least_items == 0 ? 1 : shape.least_items, example_of(*shape.item));
    notes_.add({.code = "CL1108",
                .summary = fmt::format("'{}' has {}", what, counted(count, "item")),
                .detail = fmt::format("It must have {}: {}.", wanted, describe(*shape.item)),
                .hint = fmt::format("write for example {}: [{}]", what, join(example, ", "))},
               node);
    return false;
  }

  bool items(const Shape& shape, const YamlNode& node, std::string_view what) {
    const auto there = std::count_if(node.entries().begin(), node.entries().end(), [](const YamlEntry& item) {
      return item.value->kind != Kind::dropped;  // an empty cell drops its item
    });
    bool good = count_fits(shape, node, static_cast<std::size_t>(there), what);
    for (const YamlEntry& item : node.entries()) {
      good = run(*shape.item, *item.value, what) && good;
    }
    return good;
  }

  bool block(const Shape& shape, const YamlNode& node, std::string_view what) {
    if (!node.is_map()) {
      return wrong_type(shape, node, what);
    }
    bool good = true;
    for (const YamlEntry& entry : node.entries()) {
      const Key* key = shape.key(entry.key);
      if (key == nullptr && shape.family && entry.key == "for_each") {
        continue;  // checked where it is expanded
      }
      if (key == nullptr) {
        good = unknown(shape, node, entry, what);
        continue;
      }
      good = run(*key->shape, *entry.value, key->name) && good;
    }
    return says_something(shape, node, what) && required(shape, node, what) && exactly_one(shape, node, what) && good;
  }

  bool says_something(const Shape& shape, const YamlNode& node, std::string_view what) {
    const auto there = std::count_if(node.entries().begin(), node.entries().end(),
                                     [](const YamlEntry& entry) { return entry.value->kind != Kind::dropped; });
    if (static_cast<std::size_t>(there) >= shape.least_items) {
      return true;
    }
    std::vector<std::string> keys;
    for (const Key& key : shape.keys) {
      keys.emplace_back(key.name);
    }
    notes_.add({.code = "CL1105",
                .summary = fmt::format("{} says nothing", called(shape, node, what)),
                .detail = fmt::format("It must have one of {}, or more.", join(keys, ", ")),
                .hint = fmt::format("write for example {}: {{{}: {}}}", what, keys.front(),
                                    example_of(*shape.keys.front().shape))},
               node);
    return false;
  }

  bool unknown(const Shape& shape, const YamlNode& node, const YamlEntry& entry, std::string_view what) {
    std::vector<std::string> known;
    for (const Key& key : shape.keys) {
      known.emplace_back(key.name);
    }
    Note note{.code = "CL1101",
              .summary = fmt::format("'{}' is no key of {}", entry.key, called(shape, node, what)),
              .detail = fmt::format("Its keys are {}.", join(known, ", ")),
              .hint = did_you_mean(entry.key, known)};
    if (entry.key == "for_each") {
      note.detail = "for_each stands on an entry of sites, or on a plural block (vpcs, segments, hosts, …).";
      note.hint = "move for_each one level up, beside the entries that it makes";
    } else if (note.hint.starts_with("known")) {
      note.hint = "remove it, or use one of the keys above";
    }
    notes_.add_key(std::move(note), entry);
    return false;
  }

  /// Whether a key that is unknown here was meant for this one: then that is all there is to say.
  static bool is_misspelt_here(const Shape& shape, const YamlNode& node, std::string_view name) {
    std::vector<std::string> known;
    for (const Key& key : shape.keys) known.emplace_back(key.name);
    for (const YamlEntry& entry : node.entries()) {
      if (shape.key(entry.key) != nullptr) continue;
      const auto near = suggestions(entry.key, known);
      if (!near.empty() && near.front() == name) return true;
    }
    return false;
  }

  bool required(const Shape& shape, const YamlNode& node, std::string_view what) {
    bool good = true;
    for (const Key& key : shape.keys) {
      if (!key.required || !options_.required) {
        continue;
      }
      const YamlEntry* entry = node.entry(key.name);
      if (entry != nullptr && entry->value->kind != Kind::dropped) {
        continue;
      }
      good = false;
      if (entry == nullptr && is_misspelt_here(shape, node, key.name)) {
        continue;
      }
      const std::string example = key.example.empty() ? example_of(*key.shape) : std::string(key.example);
      Note note{.code = "CL1104",
                .summary = fmt::format("{} lacks '{}'", called(shape, node, what), key.name),
                .detail = fmt::format("{}: {}.", key.name, key.doc),
                .hint = fmt::format("add {}: {}", key.name, example)};
      if (entry != nullptr) {
        note.summary += ": its cell is empty";
        note.hint = fmt::format("fill in the cell, for example {}", example);
        notes_.add(std::move(note), *entry->value);
      } else {
        notes_.add(std::move(note), node);
      }
    }
    return good;
  }

  bool exactly_one(const Shape& shape, const YamlNode& node, std::string_view what) {
    if (shape.exactly_one.empty()) {
      return true;
    }
    std::vector<const YamlEntry*> given;
    for (const std::string_view key : shape.exactly_one) {
      if (node.find(key) != nullptr) {
        given.push_back(node.entry(key));
      }
    }
    if (given.size() == 1) {
      return true;
    }
    if (given.empty() && std::any_of(shape.exactly_one.begin(), shape.exactly_one.end(),
                                     [&](std::string_view name) { return is_misspelt_here(shape, node, name); })) {
      return false;
    }
    const Key* first = shape.key(shape.exactly_one.front());
    Note note{
        .code = "CL1105",
        .summary = given.empty() ? fmt::format("{} says nothing", called(shape, node, what))
                                 : fmt::format("{} says {} things", called(shape, node, what), given.size()),
        .detail = fmt::format("It must have exactly one of {}.", fmt::join(shape.exactly_one, ", ")),
        .hint = given.empty()
                    ? fmt::format("add for example {}: {}", first->name,
                                  first->example.empty() ? example_of(*first->shape) : std::string(first->example))
                    : fmt::format("keep '{}' and move the others into entries of their own", given.front()->key)};
    if (given.empty()) {
      notes_.add(std::move(note), node);
    } else {
      for (std::size_t i = 0; i + 1 < given.size(); ++i) {
        note.related.emplace_back(notes_.span(*given[i]), "and here");
      }
      notes_.add_key(std::move(note), *given.back());
    }
    return false;
  }

  bool table(const Shape& shape, const YamlNode& node, std::string_view what) {
    if (!node.is_map()) {
      return wrong_type(shape, node, what);
    }
    bool good = true;
    for (const YamlEntry& entry : node.entries()) {
      if (shape.plural && entry.key == "for_each") {
        continue;
      }
      if (shape.named && !is_name(entry.key)) {
        good = bad_name(entry, what);
      }
      static const Shape secret{.form = Form::secret};
      const bool hidden = !shape.named && is_secret_key(entry.key) && entry.value->is_scalar();
      good = run(hidden ? secret : *shape.item, *entry.value, entry.key) && good;
    }
    return good;
  }

  bool bad_name(const YamlEntry& entry, std::string_view what) {
    const std::string proposed = proposed_name(entry.key);
    notes_.add_key(
        {.code = "CL1107",
         .summary = fmt::format("'{}' is no name", entry.key),
         .detail = fmt::format("Names under '{}' have a-z, 0-9 and '-', at most 63, no '-' first or last.", what),
         .hint = proposed.empty()
                     ? "write a name such as app-1"
                     : fmt::format("write {}: and keep what people read in title: \"{}\"", proposed, entry.key)},
        entry);
    return false;
  }

  Notes& notes_;
  const CheckOptions& options_;
};

}  // namespace

bool check_shape(const Shape& shape, const YamlNode& node, std::string_view what, Notes& notes,
                 const CheckOptions& options) {
  return Check(notes, options).run(shape, node, what);
}

}  // namespace cloison::topology
