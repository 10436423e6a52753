#pragma once
// What manifests of Kubernetes say of who may talk with whom, read back from their text: pods, namespaces, network
// policies. It knows neither the topology nor what wrote the manifests (docs/containers.md, The proof).

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/ip.h"
#include "core/base/result.h"
#include "core/model/forwarding.h"

namespace cloison::manifests {

using Labels = std::map<std::string, std::string, std::less<>>;

struct LabelRequirement {
  enum class Operator : uint8_t { in, not_in, exists, does_not_exist };
  std::string key{};
  Operator how = Operator::in;
  std::vector<std::string> values{};
};
/// All must match; none: everything does.
struct LabelSelector {
  std::vector<LabelRequirement> requirements{};
  [[nodiscard]] bool matches(const Labels& labels) const;
};

struct PolicyPort {
  uint8_t protocol = protocol::k_tcp;
  std::variant<std::monostate, uint16_t, std::string> port{};  // every one; a number; the name of a container's port
  std::optional<uint16_t> last{};                              // of a range
};

/// Either a block of addresses, or pods by their labels.
struct PolicyPeer {
  std::optional<IpPrefix> block{};
  std::vector<IpPrefix> except{};
  std::optional<LabelSelector> pods{}, namespaces{};  // no namespaces: the policy's own
};

/// No peers: everybody. No ports: every one.
struct PolicyRule {
  std::vector<PolicyPeer> peers{};
  std::vector<PolicyPort> ports{};
};

struct NetworkPolicy {
  std::string name_space{}, name{};
  LabelSelector pods{};
  bool ingress = true, egress = false;  // which directions of its pods it isolates
  std::vector<PolicyRule> in{}, out{};
};

/// Pods that are alike: those of a Deployment, or of another kind that makes pods.
struct PodSet {
  std::string name_space{}, kind{}, name{};
  Labels labels{}, annotations{};
  std::map<std::pair<uint8_t, std::string>, uint16_t> ports{};  // of its containers, by protocol and name
  std::vector<IpAddress> addresses{};                           // given by who asks; at most one a family
  [[nodiscard]] std::string path() const { return name_space + '/' + name; }
};

struct Manifests {
  std::map<std::string, Labels> namespaces{};  // those that are declared; each also has its name as a label
  std::vector<PodSet> pods{};
  std::vector<NetworkPolicy> policies{};
  std::vector<Unmodelled> unknown{};  // what bears on who may talk and is not understood
  std::size_t objects = 0;
};

/// Adds what a file of YAML or JSON documents holds. Other kinds of objects are passed over, but for those that decide
/// about packets too, which are unknown.
[[nodiscard]] Result<void> read(const std::string& file, const std::string& text, Manifests& into);

/// Each set of pods as one port with what its policies let out and in. A side that no policy isolates has no filter.
/// Blocks of addresses mean what has these addresses; pods are met by selectors alone.
[[nodiscard]] Forwarding forwarding_of(const Manifests& manifests);

}  // namespace cloison::manifests
