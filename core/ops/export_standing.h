#pragma once
// Which pods of manifests stand for which machines of the topology.

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/manifests/manifests.h"
#include "core/model/packet.h"
#include "core/ops/export.h"

namespace cloison::ops {

/// Pods are told by their annotations, and have addresses of their own here, which nobody else has. Beside those of the
/// manifests there is a pod without labels in each namespace of ours, and one elsewhere: whoever may come.
class Standing {
 public:
  /// Gives the pods of `manifests` their addresses, and adds those whoever may come.
  Standing(const ExportGround& ground, manifests::Manifests& manifests);

  /// Workloads for which no pods stand.
  [[nodiscard]] const std::vector<const containers::Workload*>& missing() const { return missing_; }
  /// Whether the pods are in a namespace of ours, so that what they may is ours to say.
  [[nodiscard]] bool is_judged(std::size_t pods) const;
  /// Whether an object ("paris-production-dmz/gateway") is in a namespace of workloads that are not asked about.
  [[nodiscard]] bool is_left_aside(std::string_view object) const;
  [[nodiscard]] bool is_known(std::size_t pods) const { return workloads_[pods] != nullptr; }
  [[nodiscard]] bool is_hypothetical(std::size_t pods) const { return manifests_.pods[pods].kind.empty(); }

  /// One end of a flow as it is here: the addresses that stay, and the pods in it.
  struct End {
    std::vector<Interval<uint128>> addresses{};
    std::vector<std::size_t> pods{};
  };
  [[nodiscard]] End end_of(Family family, const Interval<uint128>& range) const;
  [[nodiscard]] Interval<uint128> address(std::size_t pods, Family family) const;
  /// "paris-production-dmz/gateway", or the address.
  [[nodiscard]] std::string name(const IpAddress& address) const;

 private:
  template <class Use>
  void for_each_address(uint32_t host, const Use& use) const;
  void give_addresses(std::size_t number);
  void add_strangers();

  const ExportGround& ground_;
  manifests::Manifests& manifests_;
  std::set<std::string, std::less<>> name_spaces_{}, left_aside_{};
  std::vector<const containers::Workload*> workloads_{};  // beside the pods; nullptr: none of ours
  std::vector<const containers::Workload*> missing_{};
  std::map<IpAddress, std::vector<std::size_t>> pods_of_{};
  std::set<IpAddress> gone_{};  // of machines of which nothing but workloads is left
};

}  // namespace cloison::ops
