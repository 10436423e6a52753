#pragma once
// The language's shape as one declarative table: which keys a block has, their types, words and bounds, what is
// required. The shape check, the JSON Schema and the documentation are all made from it.

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "core/topology/load_notes.h"
#include "core/topology/yaml_tree.h"

namespace cloison::topology {

enum class Form : uint8_t {
  // scalars
  text,        // any string or number, as written
  word,        // one of `words`
  name,        // [a-z0-9-], a declaration
  identifier,  // ids of flows and guarantees
  boolean,
  integer,          // least to most
  prefix,           // 10.0.0.0/24
  cidr,             // auto/24, a prefix, none
  address,          // 192.0.2.1
  endpoint,         // an address or host name
  host_address,     // 20 (the 20th of the segment), or an address
  underlay_public,  // an address, dynamic, none
  duration,         // 30s
  size,             // 4G
  processors,       // 2, 0.5
  date,             // 2026-12-03, 2026-12-03T18:00
  port,             // tcp/443, https, any
  path,             // a selector's path
  secret,           // env:NAME file:PATH command:LINE, nothing else
  reference,        // text, or such a reference
  fqdn,
  image,          // registry.example/gateway@sha256:…
  schedule,       // a systemd calendar expression, continuous
  bastion,        // user@host:port
  wireguard_key,  // 32 bytes in base64
  country,        // FR
  version,        // the language's version
  scalar,         // anything that is one value
  // composed
  block,        // `keys`
  table,        // names (or other keys) -> item
  list,         // items
  one_or_list,  // an item may stand for a list of one
  either,       // the first of `alternatives` that takes this kind of node
};

struct Shape;

struct Key {
  std::string_view name{};
  const Shape* shape = nullptr;
  std::string_view doc{};
  bool required = false;
  std::string_view example{};  // of the value, for hints; "" = the form's
};

struct Shape {
  Form form = Form::text;
  std::string_view title{};  // of blocks: its name in the schema and the documentation
  std::vector<std::string_view> words{};
  int64_t least = 0, most = 0;
  uint32_t least_items = 0, most_items = UINT32_MAX;  // list, one_or_list; block: least number of keys
  std::vector<Key> keys{};
  const Shape* item = nullptr;
  std::vector<const Shape*> alternatives{};
  std::vector<std::string_view> exactly_one{};  // of these keys
  bool named = true;                            // table: keys are names
  bool plural = false;                          // table: for_each may make its entries
  bool family = false;                          // block: for_each may make entry/key of it

  [[nodiscard]] const Key* key(std::string_view name) const;
};

[[nodiscard]] inline bool is_scalar(Form form) {
  return form < Form::block;
}

/// The table.
class Language {
 public:
  [[nodiscard]] static const Language& instance();
  [[nodiscard]] const Shape& top() const { return *top_; }
  /// A top-level block's shape, or an entry's: "sites" is a table, its item a block.
  [[nodiscard]] const Shape& block(std::string_view top_key) const { return *top_->key(top_key)->shape; }
  [[nodiscard]] const Shape& for_each() const { return *for_each_; }

 private:
  friend class LanguageWriter;
  Language() = default;
  std::deque<Shape> shapes_{};
  const Shape* top_ = nullptr;
  const Shape* for_each_ = nullptr;
};

/// What a form is called in a message: "a whole number", "a prefix such as 10.0.0.0/24".
[[nodiscard]] std::string describe(const Shape& shape);
/// A value of the form that can be pasted.
[[nodiscard]] std::string example_of(const Shape& shape);

/// How the check treats values.
struct CheckOptions {
  bool templates = false;  // {{…}} may still stand in scalars: a template that no row fills in
  bool required = true;    // false: a part of a whole (one file of a folder)
};

/// Adds a note for all that is wrong with `node` as a `shape`; `what` names it ("vlan"). True when nothing is.
bool check_shape(const Shape& shape, const YamlNode& node, std::string_view what, Notes& notes,
                 const CheckOptions& options = {});

/// The check of a scalar's content; its type is right already. True when good.
bool check_content(const Shape& shape, const YamlNode& node, std::string_view what, Notes& notes);

/// Keys whose values are secrets wherever they stand: psk, password, secret, token, private_key….
[[nodiscard]] bool is_secret_key(std::string_view key);
/// 32 bytes in base64.
[[nodiscard]] bool is_wireguard_key(std::string_view text);
/// env:NAME, file:PATH, command:LINE.
[[nodiscard]] bool is_reference(std::string_view text);

}  // namespace cloison::topology
