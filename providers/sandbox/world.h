#pragma once
// All objects of one account in memory, and the indices that refusals need. Knows schemas, refuses nothing itself.

#include <functional>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/model/schema.h"

namespace cloison::sandbox {

struct Object {
  std::string id{};
  const KindSchema* schema = nullptr;
  Value attributes{};     // normalised; identifiers instead of references
  std::string marker{};   // as create wrote it, or ""
  std::string project{};  // "" = ours
};

/// One reference that an object holds. `top` is the attribute in which it stands, at whatever depth.
struct Reference {
  const AttributeSchema* attribute;
  std::size_t top;
  std::string target;
};
[[nodiscard]] std::vector<Reference> references_of(const KindSchema& schema, const Value& attributes);

/// Objects that must differ share no key; `rule` is the attributes for people: "router, subnet".
struct UniqueKey {
  std::string key;
  std::string rule;
};

class World {
 public:
  explicit World(std::span<const KindSchema> kinds) : kinds_(kinds) {}

  [[nodiscard]] std::span<const KindSchema> kinds() const { return kinds_; }
  [[nodiscard]] const Object* find(std::string_view id) const;
  /// By id, so that answers do not depend on hashing.
  [[nodiscard]] std::vector<const Object*> all() const;
  [[nodiscard]] std::size_t size() const { return objects_.size(); }
  /// Sorted by id.
  [[nodiscard]] std::vector<const Object*> referring_to(const std::string& id);
  /// Another object than `self` that holds this key, or nullptr.
  [[nodiscard]] const Object* holder(const std::string& key, std::string_view self);
  /// How many objects share this key.
  [[nodiscard]] std::size_t count(const std::string& key, std::string_view self);
  [[nodiscard]] std::vector<const Object*> sharing(const std::string& key);

  void put(Object object);
  void erase(const std::string& id);

  /// The values at a path; references on the way are followed to objects that exist.
  void at_path(const KindSchema& schema, const Value& attributes, std::string_view path,
               const std::function<void(const Value&)>& visit) const;

  [[nodiscard]] std::vector<UniqueKey> unique_keys(const Object& object) const;
  /// Key by which a create that is sent twice finds its object, or "" where the kind has no such token.
  [[nodiscard]] static std::string token_key(const Object& object);
  /// Key of the objects compared under `schema->disjoint[rule]`, or "" when the object is under no comparison.
  [[nodiscard]] static std::string disjoint_key(const Object& object, std::size_t rule);
  /// Key of the objects that share a limit such as "rules_per_group", or "" when it is no limit of that form.
  [[nodiscard]] static std::string limit_key(const Object& object, const std::string& limit);

 private:
  void index(const Object& object, bool present);
  void ensure_index();
  [[nodiscard]] std::vector<std::string> keys(const Object& object) const;

  std::span<const KindSchema> kinds_;
  std::unordered_map<std::string, std::unique_ptr<Object>> objects_{};
  /// Made by the first write: who only reads a large account does not pay for it.
  bool indexed_ = false;
  std::unordered_map<std::string, std::set<const Object*>> index_{};
};

/// Attribute and record fields under one list, element by element: "fixed_ips.address" beside "fixed_ips.subnet.cidr".
struct PairedPaths {
  std::string head;           // the common list, or ""
  std::string first, second;  // what follows
};
[[nodiscard]] PairedPaths paired(const KindSchema& schema, const std::string& first, const std::string& second);

}  // namespace cloison::sandbox
