#pragma once
// The one form in which attributes of every kind are compared, stored and shown (engine decisions 12 and 14).

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
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

/// A typed tree without floats; immutable and shared: equal trees should be one pointer, and compare so. Three words,
/// since records hold many of them and most are empty: what is larger stands behind a shared pointer.
class Value {
 public:
  Value() = default;  // null
  [[nodiscard]] static Value null() { return {}; }
  [[nodiscard]] static Value ref(std::string address, std::string attribute = {});
  [[nodiscard]] static Value boolean(bool value);
  [[nodiscard]] static Value integer(int64_t value);
  [[nodiscard]] static Value text(std::string value);
  /// The keyed digest of a secret, never the secret. It reads as a text.
  [[nodiscard]] static Value secret(std::string digest);
  [[nodiscard]] static Value prefix(IpPrefix value);
  [[nodiscard]] static Value list(std::vector<Value> items);
  [[nodiscard]] static Value slots(std::vector<Value> items);
  /// A list of texts.
  [[nodiscard]] static Value texts(const std::vector<std::string>& items);

  [[nodiscard]] bool is_null() const { return std::holds_alternative<std::monostate>(data_); }
  [[nodiscard]] bool is_secret() const { return std::holds_alternative<Secret>(data_); }
  [[nodiscard]] const Ref* as_ref() const { return at<RefPointer>(); }
  [[nodiscard]] const bool* as_boolean() const { return std::get_if<bool>(&data_); }
  [[nodiscard]] const int64_t* as_integer() const { return std::get_if<int64_t>(&data_); }
  [[nodiscard]] const std::string* as_text() const {
    if (const auto* secret = std::get_if<Secret>(&data_)) return secret->digest.get();
    return at<TextPointer>();
  }
  [[nodiscard]] const IpPrefix* as_prefix() const { return at<PrefixPointer>(); }
  /// nullptr when it is no list (or no record).
  [[nodiscard]] const std::vector<Value>* as_list() const {
    const auto* list = at<ListPointer>();
    return list ? &list->items : nullptr;
  }
  [[nodiscard]] const std::vector<Value>* as_slots() const {
    const auto* slots = at<SlotsPointer>();
    return slots ? &slots->items : nullptr;
  }
  /// The items of a list or a record, or nullptr.
  [[nodiscard]] const std::vector<Value>* items() const {
    const auto* list = as_list();
    return list ? list : as_slots();
  }
  /// The text, or "" when it is none: for code that has checked the type by the schema.
  [[nodiscard]] const std::string& text_or_empty() const;
  /// Whether both are of one type, a secret being none of the texts.
  [[nodiscard]] bool same_type(const Value& other) const { return data_.index() == other.data_.index(); }

  /// Deep; one pointer comparison where trees are shared.
  friend bool operator==(const Value& a, const Value& b);
  friend bool operator<(const Value& a, const Value& b);

 private:
  struct List {
    std::vector<Value> items;
  };
  /// A record: values in the order of its schema's attributes or fields.
  struct Slots {
    std::vector<Value> items;
  };
  using RefPointer = std::shared_ptr<const Ref>;
  using TextPointer = std::shared_ptr<const std::string>;
  using PrefixPointer = std::shared_ptr<const IpPrefix>;
  using ListPointer = std::shared_ptr<const List>;
  using SlotsPointer = std::shared_ptr<const Slots>;
  struct Secret {
    TextPointer digest;
  };
  using Data = std::variant<std::monostate, RefPointer, bool, int64_t, TextPointer, PrefixPointer, ListPointer,
                            SlotsPointer, Secret>;

  explicit Value(Data data) : data_(std::move(data)) {}
  template <class Pointer>
  [[nodiscard]] auto at() const -> decltype(std::declval<const Pointer&>().get()) {
    const auto* pointer = std::get_if<Pointer>(&data_);
    return pointer ? pointer->get() : nullptr;
  }

  Data data_{};
};

[[nodiscard]] bool operator==(const Value& a, const Value& b);
[[nodiscard]] bool operator<(const Value& a, const Value& b);

/// Calls `visit` for every reference in the tree, depth first.
template <class Visit>
void for_each_reference(const Value& value, const Visit& visit) {
  if (const auto* ref = value.as_ref()) visit(*ref);
  if (const auto* items = value.items())
    for (const auto& item : *items) for_each_reference(item, visit);
}
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
