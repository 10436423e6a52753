// Network policies as filters, as the documentation of Kubernetes has them: a side of a pod that some policy isolates
// is let what any of its policies' rules lets; answers always pass.

#include <algorithm>

#include <fmt/format.h>

#include "core/manifests/manifests.h"

namespace cloison::manifests {

namespace {

struct Service {
  uint8_t protocol = 0;
  Interval<uint16_t> ports{0, 65535};
};

constexpr std::string_view k_name_label = "kubernetes.io/metadata.name";

class Filtering {
 public:
  explicit Filtering(const Manifests& manifests) : manifests_(manifests) {
    made_.unknown = manifests.unknown;
    for (const auto& [name, labels] : manifests.namespaces) spaces_[name] = labels;
    for (const auto& pods : manifests.pods) spaces_.try_emplace(pods.name_space);
    for (auto& [name, labels] : spaces_) labels[std::string(k_name_label)] = name;
  }

  Forwarding run() {
    for (const auto& pods : manifests_.pods) {
      MachinePort port{.name = pods.path(), .network = "pods", .addresses = pods.addresses, .address = pods.path()};
      FilterChain out{.name = "egress", .rules = {answers()}}, in{.name = "ingress", .rules = {answers()}};
      bool keeps_in = false, keeps_out = false;
      for (const auto& policy : manifests_.policies) {
        if (policy.name_space != pods.name_space || !policy.pods.matches(pods.labels)) continue;
        keeps_in = keeps_in || policy.ingress;
        keeps_out = keeps_out || policy.egress;
        if (policy.ingress) add(policy, policy.in, pods, true, in);
        if (policy.egress) add(policy, policy.out, pods, false, out);
      }
      if (keeps_in) port.in = std::move(in);
      if (keeps_out) port.out = std::move(out);
      made_.ports.push_back(std::move(port));
    }
    unmet();
    return std::move(made_);
  }

 private:
  static FilterRule answers() {
    FilterRule rule{.match = {.fresh = false, .implicit = true, .text = "answers"}};
    for (const auto family : {Family::ipv4, Family::ipv6}) rule.match.packets.push_back(PacketBox::all(family));
    return rule;
  }

  void add(const NetworkPolicy& policy, const std::vector<PolicyRule>& rules, const PodSet& pods, bool inward,
           FilterChain& chain) {
    for (std::size_t i = 0; i < rules.size(); ++i) {
      FilterRule made{.match = {.established = false,
                                .text = fmt::format("{}/{}, {} rule {}", policy.name_space, policy.name,
                                                    inward ? "ingress" : "egress", i + 1),
                                .label = policy.name}};
      for (const auto& own : pods.addresses) boxes_of(policy, rules[i], pods, own, inward, made.match.packets);
      chain.rules.push_back(std::move(made));
    }
  }

  /// The packets of a rule between one address of the pods and whomever it names.
  void boxes_of(const NetworkPolicy& policy, const PolicyRule& rule, const PodSet& pods, const IpAddress& own,
                bool inward, std::vector<PacketBox>& into) {
    const auto add = [&](const Interval<uint128>& far, const PodSet* far_pods) {
      for (const auto& service : services_of(rule.ports, inward ? &pods : far_pods)) {
        auto box = PacketBox::all(own.family);
        box.protocol = {service.protocol, service.protocol};
        box.service = service.ports;
        (inward ? box.destination : box.source) = {own.bits, own.bits};
        (inward ? box.source : box.destination) = far;
        into.push_back(box);
      }
    };
    if (rule.peers.empty()) {
      add(PacketBox::all(own.family).source, nullptr);
      // a port's name means another number at each set of pods
      for (const auto& far : manifests_.pods) each_address(far, own.family, add);
    }
    for (const auto& peer : rule.peers) {
      if (peer.block) {
        if (peer.block->family() == own.family) each_part(peer, add);
        continue;
      }
      for (const auto& far : manifests_.pods)
        if (means(policy, peer, far)) each_address(far, own.family, add);
    }
  }

  template <class Add>
  static void each_address(const PodSet& pods, Family family, const Add& add) {
    for (const auto& address : pods.addresses)
      if (address.family == family) add(Interval<uint128>{address.bits, address.bits}, &pods);
  }

  /// The block without its exceptions.
  template <class Add>
  static void each_part(const PolicyPeer& peer, const Add& add) {
    std::vector<Interval<uint128>> gone;
    for (const auto& except : peer.except) gone.push_back(interval_of(except));
    auto left = interval_of(*peer.block);
    for (const auto& one : merged(std::move(gone))) {
      if (one.first > left.first) add(Interval<uint128>{left.first, one.first - 1}, nullptr);
      if (one.last >= left.last) return;
      left.first = one.last + 1;
    }
    add(left, nullptr);
  }

  bool means(const NetworkPolicy& policy, const PolicyPeer& peer, const PodSet& far) const {
    const bool there =
        peer.namespaces ? peer.namespaces->matches(spaces_.at(far.name_space)) : far.name_space == policy.name_space;
    return there && (!peer.pods || peer.pods->matches(far.labels));
  }

  /// `pods`: whose ports are meant; nullptr: those of somebody who is no pod, whose ports have no names.
  static std::vector<Service> services_of(const std::vector<PolicyPort>& ports, const PodSet* pods) {
    std::vector<Service> all;
    if (ports.empty())
      for (const auto protocol : {protocol::k_tcp, protocol::k_udp, protocol::k_sctp}) all.push_back({protocol});
    for (const auto& port : ports) {
      Service service{.protocol = port.protocol};
      if (const auto* number = std::get_if<uint16_t>(&port.port)) {
        service.ports = {*number, port.last.value_or(*number)};
      } else if (const auto* name = std::get_if<std::string>(&port.port)) {
        const auto named =
            pods == nullptr ? decltype(pods->ports)::const_iterator{} : pods->ports.find({port.protocol, *name});
        if (pods == nullptr || named == pods->ports.end()) continue;
        service.ports = {named->second, named->second};
      }
      all.push_back(service);
    }
    return all;
  }

  /// Peers that nobody here is: who they are meant for is not known.
  void unmet() {
    for (const auto& policy : manifests_.policies)
      for (const auto* rules : {&policy.in, &policy.out})
        for (const auto& rule : *rules)
          for (const auto& peer : rule.peers)
            if (!peer.block && std::none_of(manifests_.pods.begin(), manifests_.pods.end(),
                                            [&](const PodSet& far) { return means(policy, peer, far); }))
              made_.unknown.push_back({policy.name_space + '/' + policy.name, "a peer whose labels no pods here have"});
  }

  const Manifests& manifests_;
  std::map<std::string, Labels> spaces_{};
  Forwarding made_{};
};

}  // namespace

Forwarding forwarding_of(const Manifests& manifests) {
  return Filtering(manifests).run();
}

}  // namespace cloison::manifests
