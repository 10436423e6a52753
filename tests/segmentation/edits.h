#pragma once
// What can be wrong with one value of a resource: drawn from its schema and from the words that it is written in.

#include <functional>
#include <string>
#include <vector>

#include "core/model/schema.h"

namespace cloison::test {

/// One thing done to a value. `operation` is what is counted; `spoilt`: nobody can read it any more.
struct Edit {
  std::string operation{};
  std::string what{};  ///< for people: which word became which
  std::function<Value()> make{};
  bool spoilt = false;
};

/// What of the network around may come into a value by mistake.
struct Around {
  std::vector<IpPrefix> segments{};       ///< prefixes of segments: a neighbour's, a whole zone for a machine
  std::vector<std::string> interfaces{};  ///< of the same node
  std::vector<Value> others{};            ///< what the attribute is in other resources of its kind
};

[[nodiscard]] std::vector<Edit> edits_of(const AttributeSchema& schema, const Value& value, const Around& around);

/// Of a text in words: a rule of nftables, "PREFIX ADDRESS", "ADDRESS:PORT".
struct TextEdit {
  std::string operation{};
  std::string text{};
  bool spoilt = false;
};
[[nodiscard]] std::vector<TextEdit> edits_of_rule(const std::string& rule, const Around& around);
[[nodiscard]] std::vector<TextEdit> edits_of_words(const std::string& text, const Around& around);

/// A word that is an address or a prefix: another one in its place. Nothing where it is none.
struct WordEdit {
  std::string operation{};
  std::string word{};
};
[[nodiscard]] std::vector<WordEdit> edits_of_address(const std::string& word, const Around& around);

}  // namespace cloison::test
