#pragma once
// One Linux host at a site, reached by SSH: each node is a provider of its own, so that one that is off line defers
// itself alone (docs/providers/node.md).

#include <filesystem>
#include <functional>
#include <map>
#include <memory>

#include "core/base/secret.h"
#include "core/model/provider.h"
#include "core/net/access.h"
#include "core/net/ssh.h"
#include "providers/node/artifacts.h"

namespace cloison::node {

struct NodeSettings {
  /// "sudo": commands run by `sudo -n`; false where the account is root's.
  bool sudo = true;
  /// How long an unconfirmed change stays before the node goes back by itself.
  std::chrono::seconds restore_after{60};
  /// The secret behind a reference ("env:NAME", "file:PATH"); empty function: none can be read.
  std::function<Result<Secret>(const std::string& reference)> secret{};
  /// Machines of balancers at which this one's services are taken out while they change, by name.
  std::map<std::string, std::shared_ptr<net::Shell>, std::less<>> balancers{};
  /// What stands behind a reference to a service's secret; empty function: none can be read.
  std::function<Result<Secret>(const std::string& reference)> value{};
  /// The files of a folder of packages, by name; empty function: none can be read.
  std::function<Result<std::map<std::string, std::string>>(const std::string& from)> packages{};
  /// What is sent of an artifact; empty function: none can be read.
  std::function<Result<Parcel>(const Artifact& artifact, const net::Limits& limits)> artifact{};
  /// What a machine does at its first boot (core/net/cloud_config.h); empty function: nothing.
  std::function<Result<std::string>(const std::string& account, const std::vector<std::string>& keys)> cloud_config{};
};

/// As the entry says. No contact is made; what cannot be used of it is said at the first one.
[[nodiscard]] std::shared_ptr<Provider> make_node(StoredProvider entry, const net::Access& access);
/// `shell` reaches the node.
[[nodiscard]] std::shared_ptr<Provider> make_node(StoredProvider entry, std::shared_ptr<net::Shell> shell,
                                                  NodeSettings settings);

}  // namespace cloison::node
