#pragma once
// What a provider declares about each kind of resource. The engine works from this alone.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/model/value.h"

namespace cloison {

enum class Type : uint8_t { boolean, integer, text, prefix, list, record };

struct AttributeSchema {
  std::string name{};
  Type type = Type::text;
  bool required = false;
  bool computed = false;  // the platform decides; never desired, not compared unless it is also set
  bool rewritten =
      false;  // the platform answers it in words of its own: what it answered is what drift is held against
  bool sensitive = false;
  bool forces_replace = false;  // cannot be changed in place
  bool unordered = false;       // list: order and duplicates do not count
  bool write_only = false;      // asked for, never shown: null in what is observed says nothing
  bool derived = false;         // follows from the others, as a digest of them: decides nothing of its own
  bool initial = false;         // counts when the object is made; a later difference is no change
  std::string doc{};
  std::vector<AttributeSchema> fields{};  // record: its fields; list: one entry, the element

  // What the platform refuses, as data: the sandbox refuses by it, and whoever plans may warn from it.

  /// Text, or list of texts: the remote id of an object of this kind.
  std::string refers_to{};
  /// What removing the object that is referred to does while this one refers to it.
  enum class OnRemoval : uint8_t {
    refused,   // the platform answers "in use"
    cascades,  // this object goes with it
    clears,    // this attribute becomes null (an element leaves its list)
  };
  OnRemoval on_removal = OnRemoval::refused;
  /// Text: must be known to the account as a fact of this family ("image": key `image/VALUE`, or the value of such a
  /// key). Beside `refers_to`: an object or such a fact.
  /// Integer: "flavor:1" asks that one such fact, a row of numbers, reaches every number asked, this one in its word 1.
  std::string fact{};
  std::vector<std::string> one_of{};            // text: the only values accepted
  std::optional<int64_t> minimum{}, maximum{};  // integer: its value; text and list: its length
  /// Computed, nothing asked for: what the simulator answers. A constant ("ACTIVE", "7", "true", "10.0.0.0/8"), or
  /// "mac", "address PREFIX_PATH" (next free one, see `KindSchema::inside`), "address 203.0.113.0/24".
  std::string simulated{};
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
  /// Its steps are calls of their own even where a provider changes things together: others need it in effect before,
  /// or its failure must not be theirs.
  bool alone = false;
  /// How many creates one create_many call may carry.
  unsigned bulk = 1;

  // Refusals that concern more than one value. A path is an attribute, or leads through references, lists and records
  // with dots: "subnet.cidr", "fixed_ips.address".

  struct Disjoint {
    std::string within;  // objects compared: those equal here ("router")
    std::string prefix;  // path of the prefix that must not overlap another's ("subnet.cidr")
  };
  std::vector<Disjoint> disjoint{};
  struct Inside {
    std::string address;  // path of an address, a prefix, or a list of them
    std::string prefix;   // path of the prefix it must lie in
  };
  std::vector<Inside> inside{};
  /// Pairs of integer attributes of which the first is never greater than the second ("port_min", "port_max").
  std::vector<std::pair<std::string, std::string>> ordered{};
  /// Attribute whose referred object may be referred to by one object of this kind only ("port" of a floating IP).
  std::vector<std::string> sole{};
  /// Computed integer that grows with each change; an update that believes an older one is refused. Or "".
  std::string revision{};

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
