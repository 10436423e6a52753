#include "tests/segmentation/edits.h"

#include <algorithm>

#include <fmt/format.h>

namespace cloison::test {

namespace {

class ValueEdits {
 public:
  ValueEdits(const AttributeSchema& schema, const Value& value, const Around& around)
      : schema_(schema), value_(value), around_(around) {}

  std::vector<Edit> run() {
    if (!value_.is_null()) add("drop", "nothing", Value::null());
    if (schema_.type == Type::list)
      list();
    else if (schema_.type == Type::record)
      record();
    else
      single();
    if (!around_.others.empty()) {
      const auto other = std::find_if(around_.others.begin(), around_.others.end(),
                                      [&](const Value& one) { return !(one == value_) && !one.is_null(); });
      if (other != around_.others.end()) add("move", "another's " + to_display(*other), *other);
    }
    return std::move(edits_);
  }

 private:
  void add(std::string operation, std::string what, const Value& value, bool spoilt = false) {
    edits_.push_back({std::move(operation), std::move(what), [value] { return value; }, spoilt});
  }

  void single() {
    switch (schema_.type) {
      case Type::boolean:
        return boolean();
      case Type::integer:
        return integer();
      case Type::prefix:
        return prefix();
      default:
        return text();
    }
  }

  void boolean() {
    const auto* now = value_.as_boolean();
    add("flip", "flipped", Value::boolean(now == nullptr || !*now));
    if (now == nullptr) add("other value", "false", Value::boolean(false));
  }

  void integer() {
    const auto* now = value_.as_integer();
    if (now == nullptr) {
      add("add", "the least", Value::integer(schema_.minimum.value_or(1)));
      return;
    }
    if (!schema_.maximum || *now < *schema_.maximum) add("other value", "one more", Value::integer(*now + 1));
    if (!schema_.minimum || *now > *schema_.minimum) add("other value", "one less", Value::integer(*now - 1));
    if (schema_.maximum) add("spoil", "out of range", Value::integer(*schema_.maximum + 1), true);
  }

  void prefix() {
    const auto* now = value_.as_prefix();
    if (now == nullptr) {
      if (!around_.segments.empty()) add("add", "a neighbour's", Value::prefix(around_.segments.front()));
      return;
    }
    for (const auto& edit : edits_of_address(now->text(), around_))
      if (const auto other = IpPrefix::parse_loose(edit.word)) add(edit.operation, edit.word, Value::prefix(*other));
  }

  void text() {
    if (value_.as_ref() != nullptr || !schema_.refers_to.empty()) return;  // moved to another's, or dropped
    const auto& now = value_.text_or_empty();
    for (const auto& one : schema_.one_of)
      if (one != now) add("other value", one, Value::text(one));
    if (!schema_.one_of.empty()) add("spoil", "nonsense", Value::text("nonsense"), true);
    if (value_.is_null()) {
      if (schema_.one_of.empty()) add("add", "something", Value::text("something"));
      return;
    }
    const auto edits = edits_of_words(now, around_);
    for (const auto& edit : edits) add(edit.operation, edit.text, Value::text(edit.text), edit.spoilt);
    if (edits.empty() && schema_.one_of.empty()) add("other value", "something", Value::text("something"));
  }

  void record() {
    const auto* slots = value_.as_slots();
    if (slots == nullptr) return;
    for (std::size_t i = 0; i < slots->size() && i < schema_.fields.size(); ++i)
      for (auto& edit : ValueEdits(schema_.fields[i], (*slots)[i], around_).run()) inside(i, std::move(edit), true);
  }

  void list() {
    const auto* items = value_.as_list();
    const auto empty = std::vector<Value>{};
    if (items == nullptr) items = &empty;
    more(*items);
    for (std::size_t i = 0; i < items->size(); ++i) {
      edits_.push_back({"one too few", to_display((*items)[i]), [all = *items, i]() mutable {
                          all.erase(all.begin() + static_cast<std::ptrdiff_t>(i));
                          return Value::list(all);
                        }});
      element(*items, i);
      if (i + 1 < items->size())
        edits_.push_back({"reorder", fmt::format("{} after the next", i), [all = *items, i]() mutable {
                            std::swap(all[i], all[i + 1]);
                            return Value::list(all);
                          }});
    }
    if (items->size() > 2)
      edits_.push_back({"reorder", "the other way round", [all = *items]() mutable {
                          std::reverse(all.begin(), all.end());
                          return Value::list(all);
                        }});
  }

  /// One member too many: what the same list has elsewhere.
  void more(const std::vector<Value>& items) {
    for (const auto& other : around_.others) {
      const auto* theirs = other.as_list();
      if (theirs == nullptr) continue;
      const auto fresh = std::find_if(theirs->begin(), theirs->end(), [&](const Value& one) {
        return std::find(items.begin(), items.end(), one) == items.end();
      });
      if (fresh == theirs->end()) continue;
      auto longer = items;
      longer.push_back(*fresh);
      add("one too many", to_display(*fresh), Value::list(std::move(longer)));
      return;
    }
    if (schema_.fields.empty() || schema_.fields.front().type != Type::text || !items.empty()) return;
    add("add", "something", Value::texts({"something"}));
  }

  void element(const std::vector<Value>& items, std::size_t i) {
    if (schema_.fields.empty()) return;
    const auto& of = schema_.fields.front();
    auto around = around_;
    around.others.clear();
    if (schema_.rewritten && items[i].as_text() != nullptr) {
      const auto edits = edits_of_rule(items[i].text_or_empty(), around);
      for (const auto& edit : edits)
        inside(i, {edit.operation, edit.text, [text = edit.text] { return Value::text(text); }, edit.spoilt}, false);
      if (!edits.empty()) return;  // else it is no rule: a named set
    }
    for (auto& edit : ValueEdits(of, items[i], around).run())
      if (edit.operation != "drop" || of.type == Type::record) inside(i, std::move(edit), false);
  }

  /// The value with another one at `i`.
  void inside(std::size_t i, Edit edit, bool slots) {
    const auto* items = value_.items();
    edits_.push_back({edit.operation, edit.what,
                      [all = *items, i, make = std::move(edit.make), slots]() mutable {
                        all[i] = make();
                        return slots ? Value::slots(all) : Value::list(all);
                      },
                      edit.spoilt});
  }

  const AttributeSchema& schema_;
  const Value& value_;
  const Around& around_;
  std::vector<Edit> edits_{};
};

}  // namespace

std::vector<Edit> edits_of(const AttributeSchema& schema, const Value& value, const Around& around) {
  return ValueEdits(schema, value, around).run();
}

}  // namespace cloison::test
