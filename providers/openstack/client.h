#pragma once
// Requests to the services of one cloud: login and its renewal, bounded repetition of what may be repeated, paging.

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/net/access.h"
#include "core/net/json.h"
#include "providers/openstack/session.h"

namespace cloison::openstack {

using Query = std::vector<std::pair<std::string, std::string>>;

/// Thread-safe.
class Client {
 public:
  Client(Settings settings, net::Access access) : settings_(std::move(settings)), access_(std::move(access)) {}

  /// What rows were written under: another URL, project or region than that is refused (CL5016). Before any call.
  void expect(const Settings& stored);

  /// A login that is still good, made when needed.
  [[nodiscard]] Result<std::shared_ptr<const Session>> session(const net::Limits& limits);

  [[nodiscard]] Result<net::Json> get(Service service, const std::string& path, const net::Limits& limits);
  /// All pages of `path`; `member` is the array's name in the answer. Only the query of a `next` link is taken, so that
  /// no answer can send the token to another host.
  [[nodiscard]] Result<std::vector<net::Json>> list(Service service, const std::string& path, Query query,
                                                    const std::string& member, const net::Limits& limits);
  /// Never sent again once it may have arrived. Null when the answer is empty.
  [[nodiscard]] Result<net::Json> create(Service service, const std::string& path, const net::Json& body,
                                         const net::Limits& limits);
  /// A PUT whose repetition does no harm. `revision` >= 0: If-Match (Neutron, "Revision numbers").
  [[nodiscard]] Result<net::Json> put(Service service, const std::string& path, const net::Json& body,
                                      const net::Limits& limits, int64_t revision = -1);
  /// Sleeps between two tries or two looks; false when stopped or out of time before.
  [[nodiscard]] bool pause(std::chrono::milliseconds time, const net::Limits& limits) const;
  /// Gone already is success. Repeated when in doubt.
  [[nodiscard]] Result<void> remove(Service service, const std::string& path, const net::Limits& limits);

 private:
  struct Task {
    Service service = Service::network;
    std::string method = "GET", path{}, body{};
    bool writes = false;     // the loss of an answer matters
    bool repeatable = true;  // also when it may have arrived
    int64_t revision = -1;
  };
  Result<net::Answer> answered(const Task& task, const net::Limits& limits);
  Result<net::Answer> attempt(const Task& task, const net::Limits& limits);
  Result<net::Json> parsed(const Task& task, const net::Limits& limits);
  Result<std::shared_ptr<const Session>> renewed(const std::shared_ptr<const Session>& refused,
                                                 const net::Limits& limits);
  Result<void> open();

  Settings settings_;
  std::string region_{};  // of the rows
  net::Access access_;
  std::mutex mutex_;
  std::shared_ptr<net::Transport> transport_{};
  std::shared_ptr<const Login> login_{};
  std::shared_ptr<const Session> session_{};
};

}  // namespace cloison::openstack
