#pragma once
// Resolved topology -> neutral intents, one per provider entry. Pure and deterministic.

#include <map>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/model/intent.h"
#include "core/model/provider.h"
#include "core/topology/resolved.h"

namespace cloison::compile {

/// What a device of a remote-access link must know to dial.
struct RemoteDevice {
  std::string path{};        // "lab/lyon-03.tablets.peers.tablet-1"
  std::string name{};        // "tablet-1"
  std::string public_key{};  // base64; its own
  std::vector<IpAddress> addresses{};
  bool expired = false;
  SpanId span = 0;
};

/// One segment of remote users, and the node that ends their tunnels.
struct RemoteAccess {
  std::string segment{};            // path: "lab/lyon-03.tablets"
  std::string link{};               // whose key the node has
  std::string node{};               // path
  IpAddress outer{};                // where it is dialled
  uint16_t port = 0;                // UDP
  int64_t mtu = 1420;               // bytes
  std::vector<IpAddress> dns{};     // resolvers that they may ask
  std::vector<IpPrefix> reached{};  // what they send through the tunnel
  std::vector<RemoteDevice> devices{};
};

struct Compiled {
  std::map<std::string, Intent> intents{};    // by provider entry, only those that a known provider applies
  std::vector<RemoteAccess> remote_access{};  // in order of link and segment
  /// How machines on which services run are reached, by provider: beside what their entry says.
  std::map<std::string, std::map<std::string, std::string>> machines{};
  std::vector<NotApplied> not_applied{};  // blocks and entries that nothing applies yet
};

/// Who may log in to a new machine. Without a name, the image's own account gets the keys.
struct FirstAccount {
  std::string name{};
  std::vector<std::string> keys{};  // references to public keys (file:, env:)
};

struct CompileOptions {
  /// Provider kinds that can apply ("openstack"); entries of other kinds are "not applied".
  std::vector<std::string> applied_kinds{};
  /// By provider entry: what cloud-init sets up on the machines that it makes; "" for an entry without one of its own.
  std::map<std::string, FirstAccount> first_accounts{};
  /// What files hold that services fill (`files:`), by reference.
  std::map<std::string, std::string> templates{};
};

/// Errors are those that only compiling finds, such as two rules of one address with different meaning (a bug) or an
/// address set too large.
[[nodiscard]] Checked<Compiled> compile(const topology::Resolved& resolved, const CompileOptions& options);

}  // namespace cloison::compile
