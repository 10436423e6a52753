#pragma once
// The one form in which attributes of every kind are compared, stored and shown (engine decisions 12 and 14).

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/ip.h"

namespace cloison {

/// Another resource's value, known once that one is applied. `attribute` empty: its remote id. Stands for a whole
/// value.
struct Ref {
  std::string address{};
  std::string attribute{};
  auto operator<=>(const Ref&) const = default;
};

/// A typed tree without floats; immutable and shared: equal trees should be one pointer, and compare so.
struct Value {
  struct List {
    std::vector<Value> items;
  };
  /// A record: values in the order of its schema's attributes or fields.
  struct Slots {
    std::vector<Value> items;
  };
  using ListPointer = std::shared_ptr<const List>;
  using SlotsPointer = std::shared_ptr<const Slots>;

  std::variant<std::monostate, Ref, bool, int64_t, std::string, IpPrefix, ListPointer, SlotsPointer> data{};
  /// True: `data` is a string that holds the keyed digest of a secret, never the secret.
  bool sensitive = false;

  [[nodiscard]] static Value null() { return {}; }
  [[nodiscard]] static Value ref(std::string address, std::string attribute = {});
  [[nodiscard]] static Value boolean(bool value);
  [[nodiscard]] static Value integer(int64_t value);
  [[nodiscard]] static Value text(std::string value);
  [[nodiscard]] static Value prefix(IpPrefix value);
  [[nodiscard]] static Value list(std::vector<Value> items);
  [[nodiscard]] static Value slots(std::vector<Value> items);
  /// A list of texts.
  [[nodiscard]] static Value texts(const std::vector<std::string>& items);

  [[nodiscard]] bool is_null() const { return std::holds_alternative<std::monostate>(data); }
  [[nodiscard]] const Ref* as_ref() const { return std::get_if<Ref>(&data); }
  [[nodiscard]] const bool* as_boolean() const { return std::get_if<bool>(&data); }
  [[nodiscard]] const int64_t* as_integer() const { return std::get_if<int64_t>(&data); }
  [[nodiscard]] const std::string* as_text() const { return std::get_if<std::string>(&data); }
  [[nodiscard]] const IpPrefix* as_prefix() const { return std::get_if<IpPrefix>(&data); }
  /// nullptr when it is no list (or no record).
  [[nodiscard]] const std::vector<Value>* as_list() const;
  [[nodiscard]] const std::vector<Value>* as_slots() const;
  /// The text, or "" when it is none: for code that has checked the type by the schema.
  [[nodiscard]] const std::string& text_or_empty() const;
};

/// Deep; one pointer comparison where trees are shared.
[[nodiscard]] bool operator==(const Value& a, const Value& b);
[[nodiscard]] bool operator<(const Value& a, const Value& b);

/// Calls `visit` for every reference in the tree, depth first.
void for_each_reference(const Value& value, const std::function<void(const Ref&)>& visit);
/// The tree with each reference replaced by what `resolve` answers; unchanged parts stay shared. A reference for which
/// `resolve` answers nullopt stays.
[[nodiscard]] Value with_references_resolved(const Value& value,
                                             const std::function<std::optional<Value>(const Ref&)>& resolve);
[[nodiscard]] bool has_references(const Value& value);

/// SHA-256 over an unambiguous encoding of the tree; equal trees, equal digests, on every machine.
[[nodiscard]] std::string value_digest(const Value& value);
/// For people: `[a, b]`, `10.0.0.0/8`, `"text"`, `-> address` for a reference, `(sensitive)`, `(none)`.
[[nodiscard]] std::string to_display(const Value& value);

}  // namespace cloison
