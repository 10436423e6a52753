#pragma once
// Keys, tunnels, peers, underlays and routing as they are on a node. Part of `objects_of`; hostile input.

#include <map>
#include <set>
#include <string>

#include "core/model/schema.h"
#include "providers/node/report.h"
#include "providers/node/routing.h"

namespace cloison::node {

class LiveLinks {
 public:
  explicit LiveLinks(const Report& report);

  /// A resource's settings, as its files tell them: every one must be known before `live` is asked.
  void declare(std::string_view kind, const Value& settings);
  /// The attributes with what runs in place of what was asked.
  [[nodiscard]] Value live(std::string_view kind, Value attributes) const;

 private:
  struct Peer {
    std::string endpoint{};
    std::vector<std::string> allowed{};
    int64_t keepalive = 0;
  };
  struct Tunnel {
    std::string public_key{};
    int64_t port = 0, mark = 0, mtu = 0;
    std::vector<std::string> addresses{};
    std::map<std::string, Peer, std::less<>> peers{};  // by public key
  };
  struct Underlay {
    int64_t mark = 0;
    bool rules = false, routes = false;
  };

  void read_tunnels(const Report& report);
  void read_interfaces(const Report& report);
  void live_key(const KindSchema& schema, Value& attributes) const;
  void live_tunnel(const KindSchema& schema, Value& attributes) const;
  void live_peer(const KindSchema& schema, Value& attributes) const;
  void live_underlay(const KindSchema& schema, Value& attributes) const;
  void live_routing(const KindSchema& schema, Value& attributes) const;

  std::map<std::string, std::string, std::less<>> keys_{};  // name -> public key
  std::map<std::string, Tunnel, std::less<>> tunnels_{};
  std::map<std::string, Underlay, std::less<>> underlays_{};
  std::map<std::string, std::set<std::string>, std::less<>> declared_{};  // tunnel -> public keys of its peers
  RunningRouting routing_{};
};

}  // namespace cloison::node
