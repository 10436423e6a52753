#pragma once
// What the parts of lower share.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/base/hash_index.h"
#include "core/base/result.h"
#include "core/model/intent.h"
#include "core/model/schema.h"
#include "core/model/value_reader.h"

namespace cloison::openstack {

/// Which of the resources has an address; no address is kept twice.
class AddressIndex {
 public:
  explicit AddressIndex(const std::vector<Resource>* resources) : resources_(resources) {}
  void reserve(std::size_t count) { known_.reserve(count); }
  [[nodiscard]] std::optional<uint32_t> find(std::string_view address) const {
    return known_.find(std::hash<std::string_view>{}(address),
                       [&](uint32_t index) { return (*resources_)[index].address.text == address; });
  }
  void add(uint32_t index) { known_.add(std::hash<std::string_view>{}((*resources_)[index].address.text), index); }

 private:
  const std::vector<Resource>* resources_;
  HashIndex known_{};
};

struct Lowering {
  const Intent& intent;
  const Facts& facts;
  Lowered out{};
  Diagnostics notes{};
  std::unordered_map<std::string, const SegmentIntent*> segments{};  // by path
  AddressIndex by_address{&out.resources};
  SharedLeaves leaves{};  // what many resources name: groups, networks, words

  [[nodiscard]] std::string setting(const std::string& key) const;
  [[nodiscard]] bool has_facts() const { return !facts.empty(); }
  /// Adds a resource; of one address twice the origins are joined (rules permitted by several flows).
  Resource& add(std::string address, std::string_view kind, std::vector<std::pair<std::string_view, Value>> attributes,
                const std::vector<Origin>& origins, std::vector<std::string> after = {});
  void complain(Diagnostic note, const std::string& address, const std::vector<Origin>& origins);
  /// Identifier of the external network; "external" when nothing is known.
  [[nodiscard]] std::string external_network(const std::string& address, const std::vector<Origin>& origins);
};

[[nodiscard]] std::string network_address(const std::string& segment);
[[nodiscard]] std::string subnet_address(const std::string& segment, Family family);
[[nodiscard]] std::string router_address(const std::string& domain);
[[nodiscard]] std::string interface_address(const SegmentIntent& segment, Family family);
/// A path as an object's name: cut, with a digest, where it exceeds 255 bytes.
[[nodiscard]] std::string object_name(const std::string& path);

void lower_networks(Lowering& lowering);
void lower_rules(Lowering& lowering);
void lower_machines(Lowering& lowering);

}  // namespace cloison::openstack
