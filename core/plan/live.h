#pragma once
// What the platforms hold, by identity: which object belongs to which row, which one could be adopted, which ones are
// ours and known to nobody (engine decisions 2, 3 and 16).

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/base/hash_index.h"
#include "core/model/resource.h"
#include "core/plan/kinds.h"

namespace cloison::plan {

class LiveIndex {
 public:
  using ObservedByProvider = std::map<std::string, std::vector<Observed>>;
  LiveIndex(const ObservedByProvider& observed, const KindTable& kinds, std::string lineage);

  /// False: the provider was not read, and its rows are taken as they are believed.
  [[nodiscard]] bool was_read(std::string_view provider) const { return providers_.contains(provider); }
  /// The object with that id, which from now on belongs to the caller's row. nullptr: it is not there.
  const Observed* claim(std::string_view provider, std::string_view kind, std::string_view remote_id);

  /// To be called once, after all rows have claimed theirs.
  void index_unclaimed();
  /// Claims the newest object that bears this address in a marker of our lineage.
  const Observed* claim_by_marker(std::string_view provider, const KindInfo& kind, std::string_view address);
  /// Claims the object with this natural identity. The container must be ours: that is the caller's to check.
  const Observed* claim_by_nature(std::string_view provider, const std::string& identity);

  struct Unclaimed {
    std::string_view provider;
    const Observed* object = nullptr;
    const KindInfo* kind = nullptr;
    bool marked = false;  // with our lineage
  };
  /// What nobody claimed and might be ours: marked objects and content of closed kinds. Sorted by provider, kind, id.
  [[nodiscard]] std::vector<Unclaimed> unclaimed() const;

 private:
  struct ObjectKey {
    std::string_view kind, id;
    bool operator==(const ObjectKey&) const = default;
  };
  struct ObjectKeyHash {
    std::size_t operator()(const ObjectKey& key) const {
      return std::hash<std::string_view>{}(key.id) * 31 + std::hash<std::string_view>{}(key.kind);
    }
  };
  struct PerProvider {
    const std::vector<Observed>* objects = nullptr;
    std::vector<bool> claimed{};
    HashIndex by_id{};
    std::unordered_map<ObjectKey, std::vector<std::size_t>, ObjectKeyHash> by_marker{};  // key: kind, address
    std::unordered_map<std::string, std::size_t> by_nature{};
    bool digest_markers = false;
  };

  [[nodiscard]] bool marked(const Observed& object) const {
    return object.marker && object.marker->lineage == lineage_;
  }
  void index_one(PerProvider& entry, std::string_view provider, std::size_t index);

  const KindTable* kinds_;
  std::string lineage_;
  std::map<std::string, PerProvider, std::less<>> providers_{};
};

}  // namespace cloison::plan
