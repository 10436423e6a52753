#pragma once
// The providers' kinds, looked up once per plan: which slots name a container, an identity, a unique tuple.

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/provider.h"

namespace cloison::plan {

struct KindInfo {
  const KindSchema* schema = nullptr;
  const Provider* provider = nullptr;
  std::optional<std::size_t> container{};
  std::vector<std::size_t> natural{};
  /// Slots whose values together may exist once at a time; natural identity counts as such a tuple.
  std::vector<std::vector<std::size_t>> unique{};
  /// Whether any list of the kind is unordered, so that values must be normalised before they are compared.
  bool unordered = false;

  [[nodiscard]] bool is_natural() const { return schema->identity == KindSchema::Identity::natural; }
  /// Natural identity says who the object is only inside a container; without one the marker alone does.
  [[nodiscard]] bool matched_by_marker() const { return !is_natural() || !container; }
};

class KindTable {
 public:
  explicit KindTable(const Providers& providers);
  /// nullptr when the provider entry or its kind is unknown.
  [[nodiscard]] const KindInfo* find(std::string_view provider, std::string_view kind) const;

 private:
  std::map<std::string, std::map<std::string, KindInfo, std::less<>>, std::less<>> kinds_;
};

/// The slot's value, null when the record is shorter than its schema (an older row, a hostile answer).
[[nodiscard]] const Value& slot_value(const Value& attributes, std::size_t slot);
/// `attributes` normalised when the kind needs it, else the same shared tree.
[[nodiscard]] Value comparable(const KindInfo& kind, const Value& attributes);

/// Key of an object's natural identity; nullopt while a part of it is an unresolved reference.
[[nodiscard]] std::optional<std::string> natural_identity(const KindInfo& kind, std::string_view container_id,
                                                          const Value& attributes);
/// Keys of all unique tuples whose values are known.
[[nodiscard]] std::vector<std::string> unique_keys(const KindInfo& kind, std::string_view provider,
                                                   const Value& attributes);

}  // namespace cloison::plan
