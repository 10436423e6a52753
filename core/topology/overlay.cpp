#include "core/topology/overlay.h"

#include <unordered_map>

#include <fmt/format.h>

#include "core/base/strings.h"

namespace cloison::topology {

namespace {

using Entries = std::vector<YamlEntry>;

std::unordered_map<std::string_view, std::size_t> positions(const Entries& entries) {
  std::unordered_map<std::string_view, std::size_t> result;
  result.reserve(entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    result.emplace(entries[i].key, i);
  }
  return result;
}

const YamlNode* with_entries(const YamlNode& like, const Entries& entries, Tree& tree) {
  YamlNode made = like;
  made.templated = made.checked = false;
  for (const YamlEntry& entry : entries) {
    made.templated = made.templated || entry.value->templated || entry.key == "for_each";
  }
  tree.give(made, entries);
  return tree.make(made);
}

Entries entries_of(const YamlNode& node) {
  return {node.entries().begin(), node.entries().end()};
}

/// Two files give the same key: blocks and lists of the top level join, all else is there twice.
const YamlNode* join_value(const YamlEntry& first, const YamlEntry& second, int depth, Tree& tree, Notes& notes) {
  const YamlNode& a = *first.value;
  const YamlNode& b = *second.value;
  if (depth == 0 && a.is_list() && b.is_list()) {
    Entries items = entries_of(a);
    items.insert(items.end(), b.entries().begin(), b.entries().end());
    return with_entries(a, items, tree);
  }
  if (depth == 0 && a.is_map() && b.is_map()) {
    Entries entries = entries_of(a);
    auto known = positions(entries);
    for (const YamlEntry& entry : b.entries()) {
      if (const auto [found, is_new] = known.emplace(entry.key, entries.size()); is_new) {
        entries.push_back(entry);
      } else {
        entries[found->second].value = join_value(entries[found->second], entry, depth + 1, tree, notes);
      }
    }
    return with_entries(a, entries, tree);
  }
  const SpanId there = notes.span(first);
  notes.add_key(
      {.code = "CL1014",
       .summary = fmt::format("'{}' is given in two files", second.key),
       .detail = fmt::format("It is also at {}. Files of one folder are joined, so each key stands in one of them.",
                             notes.location(there)),
       .hint = "remove one of the two, or lay the second file over the topology with -f",
       .related = {{there, "also given here"}}},
      second);
  return first.value;
}

std::string_view id_of(const YamlNode& item) {
  const YamlNode* id = item.find("id");
  return id != nullptr && id->is_scalar() ? id->text : std::string_view{};
}

bool all_have_ids(const YamlNode& list) {
  for (const YamlEntry& item : list.entries()) {
    if (id_of(*item.value).empty()) {
      return false;
    }
  }
  return list.count != 0;
}

const YamlNode* merge_by_id(const YamlNode& base, const YamlNode& over, Tree& tree, Notes& notes) {
  Entries items = entries_of(base);
  std::unordered_map<std::string_view, std::size_t> known;
  for (std::size_t i = 0; i < items.size(); ++i) {
    known.emplace(id_of(*items[i].value), i);
  }
  for (const YamlEntry& item : over.entries()) {
    if (const auto found = known.find(id_of(*item.value)); found != known.end()) {
      items[found->second].value = lay_over(*items[found->second].value, *item.value, tree, notes);
    } else {
      items.push_back(
          {.place = item.place, .value = lay_over(YamlNode{.kind = YamlNode::Kind::null}, *item.value, tree, notes)});
    }
  }
  return with_entries(base, items, tree);
}

const YamlNode* merge_maps(const YamlNode& base, const YamlNode& over, Tree& tree, Notes& notes) {
  Entries entries = entries_of(base);
  const auto known = positions(entries);
  for (const YamlEntry& entry : over.entries()) {
    const auto found = known.find(entry.key);
    const bool removes = entry.value->kind == YamlNode::Kind::null;
    if (found == known.end() && removes) {
      std::vector<std::string> below;
      for (const YamlEntry& one : base.entries()) {
        below.emplace_back(one.key);
      }
      const auto near = suggestions(entry.key, below);
      notes.add_key({.code = "CL1015",
                     .summary = fmt::format("'{}' is not there to be removed", entry.key),
                     .detail = "null in a file laid over with -f removes a key of the files below it.",
                     .hint = near.empty() ? "remove this line" : did_you_mean(entry.key, below),
                     .severity = Diagnostic::Severity::warning},
                    entry);
    } else if (found == known.end()) {
      YamlEntry added = entry;
      added.value = lay_over(YamlNode{.kind = YamlNode::Kind::null}, *entry.value, tree, notes);
      entries.push_back(added);
    } else if (removes) {
      entries[found->second].value = nullptr;
    } else {
      YamlEntry& below = entries[found->second];
      // the key's place is where its value now comes from, unless the block goes on below
      const bool merged = below.value != nullptr && below.value->is_map() && entry.value->is_map();
      const YamlNode nothing{.kind = YamlNode::Kind::null};
      const YamlNode* value = lay_over(below.value == nullptr ? nothing : *below.value, *entry.value, tree, notes);
      if (!merged) {
        below = entry;
      }
      below.value = value;
    }
  }
  std::erase_if(entries, [](const YamlEntry& entry) { return entry.value == nullptr; });
  return with_entries(base.is_map() ? base : over, entries, tree);
}

}  // namespace

const YamlNode* join_files(const std::vector<const YamlNode*>& files, Tree& tree, Notes& notes) {
  Entries all;
  std::unordered_map<std::string_view, std::size_t> known;
  for (const YamlNode* file : files) {
    for (const YamlEntry& entry : file->entries()) {
      if (const auto [found, is_new] = known.emplace(entry.key, all.size()); is_new) {
        all.push_back(entry);
      } else {
        all[found->second].value = join_value(all[found->second], entry, 0, tree, notes);
      }
    }
  }
  return with_entries(*files.front(), all, tree);
}

const YamlNode* lay_over(const YamlNode& base, const YamlNode& over, Tree& tree, Notes& notes) {
  if (over.is_map() && (base.is_map() || base.kind == YamlNode::Kind::null)) {
    return merge_maps(base, over, tree, notes);
  }
  if (over.is_list() && base.is_list() && all_have_ids(base) && all_have_ids(over)) {
    return merge_by_id(base, over, tree, notes);
  }
  return tree.make(over);
}

}  // namespace cloison::topology
