#pragma once
// A service's machine out of its balancers' service while it changes.

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/model/provider.h"
#include "core/net/ssh.h"

namespace cloison::node {

/// A place at which a server is taken out: "edge-1 edge gateway_3000 gateway-1".
struct DrainedServer {
  std::string balancer{}, service{}, backend{}, server{};
  int64_t seconds = 0;  // until what is still open is ended
  bool served = true;   // before the change
  bool serves = true;   // after it
};

/// Of the services that these changes stop and start again, or remove.
[[nodiscard]] std::vector<DrainedServer> drained_by(std::span<const ChangeRequest> changes);

/// Asks one agent: words, and whether it changes anything there.
using AskBalancer =
    std::function<Result<std::string>(const std::string& balancer, const std::vector<std::string>& words)>;

/// At all of them at once; how many sessions were ended because they outlived the time. CL5436: a balancer cannot be
/// told, and those that were are told to send packets again.
[[nodiscard]] Result<int64_t> take_out(const std::vector<DrainedServer>& servers, const AskBalancer& ask);
/// Those of them that serve, with the change or without it.
[[nodiscard]] std::vector<DrainedServer> coming_back(std::vector<DrainedServer> servers, bool changed);
/// "3 sessions were ended, open after 30 s"; "": none was.
[[nodiscard]] std::string ended_text(int64_t sessions, const std::vector<DrainedServer>& servers);
/// Each until its balancer finds it well. CL5436.
[[nodiscard]] Result<void> put_in(const std::vector<DrainedServer>& servers, const AskBalancer& ask);

}  // namespace cloison::node
