#pragma once
// IPsec connections and conditions as they are on a node. Part of `objects_of`; hostile input.

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/schema.h"
#include "providers/node/report.h"

namespace cloison::node {

class LiveVpn {
 public:
  explicit LiveVpn(const Report& report);

  /// A resource's settings, as its files tell them: every one must be known before `live` is asked.
  void declare(std::string_view kind, const Value& settings);
  /// The attributes with what runs in place of what was asked.
  [[nodiscard]] Value live(std::string_view kind, Value attributes) const;

 private:
  /// As strongSwan has loaded it.
  struct Loaded {
    std::string remote_address{}, local_id{}, remote_id{};
    bool shared_key = false;
    std::vector<std::string> local{}, remote{};
  };

  void read_loaded(std::string_view line);
  void live_connection(const KindSchema& schema, Value& attributes) const;
  void live_ipsec(const KindSchema& schema, Value& attributes) const;

  std::map<std::string, Loaded, std::less<>> loaded_{};
  std::map<std::string, std::string, std::less<>> keys_{};  // of far ends, by connection
  std::set<std::string, std::less<>> right_{};              // what the agent has looked at and found in order
  bool rests_ = false;                                      // another node of its place serves
  std::set<std::string, std::less<>> declared_{};           // names that strongSwan may have
};

/// What the node's shared keys are, as only who knows them can tell: by connection, the SHA-256 of "SALT\nKEY\n", where
/// the salt is new each time.
struct SecretDigests {
  std::string salt{};
  std::map<std::string, std::string> by_connection{};
};
[[nodiscard]] SecretDigests secret_digests(const Report& report);
/// The same of one service: by "variable NAME" and "credential NAME".
struct ServiceDigests {
  std::string salt{};
  std::map<std::string, std::string, std::less<>> by_secret{};
};
[[nodiscard]] ServiceDigests service_digests(const Report& report, std::string_view service);

}  // namespace cloison::node
