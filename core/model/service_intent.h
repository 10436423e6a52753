#pragma once
// What runs on a machine that is reached over SSH: one service's part of it, for its provider to lower.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/ip.h"
#include "core/model/resource.h"

namespace cloison {

/// What is installed, and how it is known to be what was meant.
struct ArtifactIntent {
  std::string source{};                             // "file:dist/gateway", from the topology's folder on; "https://…"
  std::string sha256{};                             // of the file, 64 hexadecimal digits
  std::map<std::string, std::string> references{};  // signature, public_key, username, password, token
  std::string version{};                            // for people: "1.1"
  std::string executable{};                         // in an archive, what is started; "": the file itself
};

/// "1.1-0123456789ab": how a release is called on the machine.
[[nodiscard]] inline std::string release_id(const ArtifactIntent& artifact) {
  constexpr std::size_t k_digits = 12;  // of the digest
  const auto digest = artifact.sha256.substr(0, k_digits);
  return artifact.version.empty() ? digest : artifact.version + '-' + digest;
}

/// "gateway" of "gateway@1": several on one machine share what is installed.
[[nodiscard]] inline std::string service_of_instance(std::string_view name) {
  return std::string(name.substr(0, name.find('@')));
}

/// When a service counts as well: all that is asked for holds.
struct HealthIntent {
  std::string http{};                  // path at `port` that answers with 2xx, or ""
  uint16_t port = 0;                   // TCP: it accepts; 0: nothing is asked of the network
  std::vector<std::string> command{};  // a program of the release and its arguments, that ends with 0
  std::chrono::seconds interval{2};    // between two probes
  std::chrono::seconds timeout{2};     // of one
  uint32_t retries = 15;               // probes until a start has failed
  std::chrono::seconds watch{10};      // after the first good one, none may fail
};

/// Where it stands among all machines of its service when a new release comes: those of one lane one after the other.
struct TurnIntent {
  std::string lane{};   // "gateway 0"
  uint32_t number = 0;  // within its lane
};

/// One port of a load balancer, and the service that answers behind it.
struct BalancedIntent {
  std::string service{};  // "gateway"
  uint16_t listen = 0;    // TCP: the balancer's own
  uint16_t port = 0;      // TCP: of the service's machines, of the first on each
  bool http = false;      // else packets are passed on as they come
  struct Server {
    IpAddress address{};
    uint16_t port = 0, probed = 0;  // TCP; probed 0: no port is asked
  };
  std::map<std::string, Server> servers{};
  HealthIntent health{};
};

/// How a load balancer shows who it is. References.
struct TlsIntent {
  std::string least{};                // "1.3", or "1.2" where asked
  std::string certificate{}, key{};   // "": it speaks without
  std::string authority{}, client{};  // of clients' certificates, and whether they are asked for: optional, required
};

/// A balancer of a service, at which one machine is taken out while it changes.
struct DrainedIntent {
  std::string balancer{};  // machine: "edge-1"
  std::string service{};   // the balancer's: "edge"
  std::string backend{};   // "gateway_3000"
};

struct ServiceIntent {
  std::string name{};   // "gateway", or of several on one machine "gateway@1"
  std::string title{};  // for people, or its name
  ArtifactIntent artifact{};
  std::vector<std::string> arguments{};
  std::map<std::string, std::string> variables{};    // environment
  std::map<std::string, std::string> hidden{};       // environment: name -> reference to its value
  std::map<std::string, std::string> credentials{};  // files that systemd gives to it: name -> reference
  std::map<std::string, std::string> files{};        // its configuration: name -> content
  std::string user{};                                // "": one of its own
  std::optional<double> cpu{};                       // processors
  std::optional<uint64_t> memory{};                  // bytes
  std::string restart = "always";                    // "on-failure", "never"
  bool makes_code = false;                           // its runtime writes code while it runs (a JIT)
  std::vector<TransportMatch> listen{};
  HealthIntent health{};
  std::vector<std::string> after{};  // services that start first, where they are on this machine too
  std::string schedule{};            // a systemd calendar expression: it runs then, and ends; "": it goes on
  std::optional<std::chrono::seconds> deadline{};
  uint32_t keep = 3;  // former releases that stay
  TurnIntent turn{};
  bool exclusive = false;                  // no two releases of it run side by side, not even for an update
  bool stopped = false;                    // it is there for updates alone: one more meanwhile
  std::vector<BalancedIntent> balances{};  // a load balancer's
  TlsIntent tls{};
  std::string server{};  // what balancers call this machine
  std::vector<DrainedIntent> drained{};
  std::chrono::seconds drain{30};  // until what is still open is ended
  std::chrono::seconds pause{0};   // before the next machine follows
  std::vector<Origin> origins{};
};

}  // namespace cloison
