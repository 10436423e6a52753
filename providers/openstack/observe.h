#pragma once
// Lists whole projects. What a filter lets through is looked at again: some services ignore filters, and an operator's
// account sees every project.

#include <span>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/model/provider.h"
#include "providers/openstack/client.h"

namespace cloison::openstack {

/// All objects of these kinds in the project, sorted by kind in the order asked and then by remote id.
[[nodiscard]] Result<std::vector<Observed>> observe_project(Client& client, std::span<const std::string> kinds,
                                                            const net::Limits& limits);

/// The lists that they are read from, as the services answered them: an object a line, by identifier. Not what machines
/// were given at their first boot.
[[nodiscard]] Result<std::vector<RawAnswer>> raw_project(Client& client, const net::Limits& limits);

/// Identifiers of the ports that a server has.
[[nodiscard]] Result<std::vector<std::string>> ports_of_server(Client& client, const std::string& server,
                                                               const net::Limits& limits);

/// Whether an object is the project's own. Objects that name no project are not.
[[nodiscard]] bool in_project(const net::Json& object, const std::string& project);

}  // namespace cloison::openstack
