#pragma once
// Random topologies that are valid by construction and have every block of the language, the edits that people make to
// them, and the same text in another order.

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace cloison::test {

/// What varies from draw to draw and from edit to edit; all else of the topology follows.
struct DrawnTopology {
  enum class Family : uint8_t { list, csv };
  bool ipv6 = false;      // environments own an IPv6 space as well
  bool instances = true;  // VPCs for each environment, instead of one that is named
  Family labs_from = Family::list;
  int environments = 1;     // 1 to 3
  int portal_replicas = 1;  // 1 to 3, spread over zones when more than one
  bool services = true, tablets = true, backup_link = true;
  std::vector<std::string> labs{};                           // instances of the family
  std::vector<std::string> segments{};                       // more segments of the cloud
  std::vector<std::pair<std::string, std::string>> hosts{};  // segment and name, more hosts of the cloud
  std::vector<std::pair<std::string, std::string>> flows{};  // more flows between segments of the cloud
  std::vector<std::string> partners{};                       // more external sites
  int named = 0;                                             // names given so far
};

[[nodiscard]] DrawnTopology draw_written_topology(uint64_t seed);
/// Something is added or removed: a flow, a host, a segment, a laboratory, an external site, a replica.
[[nodiscard]] DrawnTopology edited(DrawnTopology drawn, uint64_t seed);
/// File names and contents. Another `order` gives the same topology with keys and lists that mean no order turned
/// around, and split into files another way; 0 is the order in which people write.
[[nodiscard]] std::map<std::string, std::string> files_of(const DrawnTopology& drawn, uint64_t order = 0);

}  // namespace cloison::test
