#pragma once
// Services as containers: what of a resolved topology can be exported, under which names, and what flows permit to each
// (docs/containers.md). Values alone; kubernetes.h and compose.h write them.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/topology/resolved.h"

namespace cloison::containers {

struct Port {
  uint8_t protocol = protocol::k_tcp;
  uint16_t number = 0;
  auto operator<=>(const Port&) const = default;
};

struct Probe {
  std::string path{};  // asked by HTTP; "": that the port accepts will do
  uint16_t port = 0;
  bool tls = false;
  int64_t interval = 10, timeout = 2, retries = 3;  // seconds, but for the last
};

/// A file that a secret becomes.
struct SecretFile {
  std::string key{};  // "tls-key"
  topology::SecretReference reference{};
};

/// What a service says of how it runs.
struct Settings {
  std::string image{}, version{}, user{};
  std::vector<std::string> arguments{};
  std::map<std::string, std::string> variables{};
  std::map<std::string, topology::SecretReference> secret_variables{};
  std::vector<SecretFile> files{};
  bool registry_login = false;
  std::vector<Port> ports{};  // that it listens on, sorted
  bool is_public = false;
  std::optional<Probe> probe{};
  int64_t max_surge = 1, max_unavailable = 0, pause = 0;  // pause: seconds
  bool together = true;                                   // whether two versions may run side by side
  int64_t millicores = 0, memory = 0;                     // limits; 0: none
};

/// Whom a permit lets in or lets ask: the pods of a workload, or addresses.
struct Peer {
  std::optional<std::size_t> workload{};  // into Workloads::all
  IpPrefix block{};
  std::vector<IpPrefix> except{};  // of the block
  auto operator<=>(const Peer&) const = default;
};

/// What one flow permits to and from a workload.
struct Permit {
  uint32_t flow = 0;                      // into Resolved::flows
  std::vector<Peer> from{}, to{};         // sorted; empty: nothing in that direction
  std::vector<TransportMatch> matches{};  // TCP, UDP and SCTP, or any
};

/// A service on one host: as many containers as the host has machines.
struct Workload {
  std::string name_space{};  // "paris-production-dmz", of the segment
  std::string name{};        // "gateway"
  std::string service_name{};
  uint32_t service = 0, host = 0, segment = 0;
  std::string environment{};
  Settings settings{};
  std::size_t replicas = 1;
  bool over_zones = false, over_nodes = false;
  std::vector<IpAddress> nameservers{};  // that flows let it ask, when none of them is a workload itself
  std::vector<Permit> permits{};         // in order of flow
};

/// What is not exported, with why: a service, or something that it says.
struct LeftOut {
  std::string service{};
  std::string host{};  // path; "": wherever it runs
  std::string what{};  // "": all of it; else a key ("schedule") or a flow ("flow F-011")
  std::string reason{};
  SpanId where = 0;
  auto operator<=>(const LeftOut&) const = default;
};

struct Workloads {
  std::vector<Workload> all{};  // in order of namespace, then name
  std::vector<LeftOut> left_out{};
};

/// Everything that can be exported. What one workload is called and permitted does not depend on what else is chosen.
[[nodiscard]] Workloads workloads_of(const topology::Resolved& resolved);

/// Which of them are wanted; empty: all.
struct Selection {
  std::vector<std::string> services{}, environments{};
  [[nodiscard]] bool has(const Workload& workload) const;
};

/// A file that was written: its name below the folder, and its content.
struct Document {
  std::string file{};
  std::string text{};
};

// --- Steps of workloads_of
// ---------------------------------------------------------------------------------------------

/// What the service says of itself. What containers do not take over is added to `left_out`.
[[nodiscard]] Settings settings_of(const topology::Service& service, const topology::Topology& topology,
                                   std::vector<LeftOut>& left_out);
/// What the flows permit to each, and whom it asks for names.
void add_permits(const topology::Resolved& resolved, Workloads& workloads);

}  // namespace cloison::containers
