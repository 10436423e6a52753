#pragma once
// Making objects: in bulk where Neutron can, one by one elsewhere; never twice.

#include <functional>
#include <span>
#include <vector>

#include "core/model/provider.h"
#include "providers/openstack/client.h"

namespace cloison::openstack {

struct Maker {
  Client& client;
  const net::Access& access;
  /// Images, flavors and zones, read at most once a minute.
  std::function<Result<Facts>(const net::Limits&)> compute_facts;
};

/// One answer a request, in order.
[[nodiscard]] std::vector<Result<Applied>> create_all(const Maker& maker, std::span<const CreateRequest> requests,
                                                      const net::Limits& limits);

/// Boots a server and waits until it is active; in doubt when the time ends before that.
[[nodiscard]] Result<Applied> create_server(const Maker& maker, const CreateRequest& request,
                                            const net::Limits& limits);
/// Removes a server and waits until it is gone, so that its ports are free.
[[nodiscard]] Result<void> remove_server(Client& client, const std::string& id, const net::Limits& limits);

/// cloud-config (JSON is YAML) that makes the account with its keys; "" without account or keys. References `env:` and
/// `file:` are read now (CL5115).
[[nodiscard]] Result<std::string> user_data(const Value& server, const net::Access& access);

}  // namespace cloison::openstack
