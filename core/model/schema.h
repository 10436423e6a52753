#pragma once
// What a provider declares about each kind of resource. The engine works from this alone.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/value.h"

namespace cloison {

enum class Type : uint8_t { boolean, integer, text, prefix, list, record };

struct AttributeSchema {
  std::string name{};
  Type type = Type::text;
  bool required = false;
  bool computed = false;  // the platform decides; never desired, not compared unless it is also set
  bool sensitive = false;
  bool forces_replace = false;  // cannot be changed in place
  bool unordered = false;       // list: order and duplicates do not count
  std::string doc{};
  std::vector<AttributeSchema> fields{};  // record: its fields; list: one entry, the element
};

struct KindSchema {
  std::string kind{};    // "security_group_rule"
  std::string title{};   // for people: "security group rule"
  uint32_t version = 1;  // of the attributes' layout; rows of older versions are upgraded by the provider
  std::vector<AttributeSchema> attributes{};  // slot order

  /// How an object is recognised as ours (engine decision 2).
  enum class Identity : uint8_t { marker, natural, client_token };
  Identity identity = Identity::marker;
  std::string marker_attribute{};          // where create itself writes the marker; "" with natural identity
  std::vector<std::string> natural_key{};  // attributes that together name the object inside its container

  /// Attribute whose reference names the container ("group", "router"), or "".
  std::string container{};
  /// Unknown objects of this kind in a container of ours are not foreign: they are removed (engine decision 16).
  bool closed = false;
  /// Old and new of one address can exist side by side iff one of... each tuple differs (engine decision 5).
  std::vector<std::vector<std::string>> unique{};
  bool can_update = true;
  /// Time after an unanswered create until the object must be visible.
  std::chrono::seconds settle{2};
  std::map<std::string, int64_t> limits{};  // {"rules_per_group", 60}
  /// Attributes whose resolved values are held alone while a step of this kind runs ("router").
  std::vector<std::string> exclusive{};
  /// How many creates one create_many call may carry.
  unsigned bulk = 1;

  [[nodiscard]] std::optional<std::size_t> slot(std::string_view attribute) const;
};

/// The attribute's value in a record of this kind, or null.
[[nodiscard]] const Value& attribute(const KindSchema& schema, const Value& attributes, std::string_view name);
/// A record of this kind with the named attributes set and the others null. Unknown names are a bug (asserted).
[[nodiscard]] Value record(const KindSchema& schema, std::vector<std::pair<std::string_view, Value>> named);
/// The record with one attribute replaced.
[[nodiscard]] Value with_attribute(const KindSchema& schema, const Value& attributes, std::string_view name,
                                   Value value);
/// Lists that are unordered sorted and deduplicated, so that equal meanings are equal values.
[[nodiscard]] Value normalised(const KindSchema& schema, const Value& attributes);

}  // namespace cloison
