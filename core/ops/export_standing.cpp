#include "core/ops/export_standing.h"

#include <algorithm>

namespace cloison::ops {

namespace {

std::string_view annotation(const manifests::PodSet& pods, std::string_view key) {
  const auto found = pods.annotations.find(key);
  return found == pods.annotations.end() ? std::string_view() : std::string_view(found->second);
}

}  // namespace

Standing::Standing(const ExportGround& ground, manifests::Manifests& manifests)
    : ground_(ground), manifests_(manifests) {
  std::map<std::tuple<std::string_view, std::string_view, std::string_view>, const containers::Workload*> known;
  std::map<uint32_t, std::size_t> exported;
  for (const auto& one : ground.workloads.all) {
    ++exported[one.host];
    if (!ground.selection.has(one)) {
      left_aside_.insert(one.name_space);
      continue;
    }
    known[{one.name_space, one.service_name, ground.resolved->hosts[one.host].path}] = &one;
    name_spaces_.insert(one.name_space);
  }
  for (const auto& [host, count] : exported)
    if (count == ground.resolved->hosts[host].services.size())
      for_each_address(host, [&](const IpAddress& address) { gone_.insert(address); });
  std::set<const containers::Workload*> found;
  for (std::size_t i = 0; i < manifests.pods.size(); ++i) {
    const auto& pods = manifests.pods[i];
    const auto at =
        known.find({pods.name_space, annotation(pods, "cloison/service"), annotation(pods, "cloison/host")});
    workloads_.push_back(at == known.end() ? nullptr : at->second);
    give_addresses(i);
    if (workloads_[i] == nullptr) continue;
    found.insert(workloads_[i]);
    for_each_address(workloads_[i]->host, [&](const IpAddress& address) { pods_of_[address].push_back(i); });
  }
  for (const auto& [key, workload] : known)
    if (!found.contains(workload)) missing_.push_back(workload);
  add_strangers();
}

bool Standing::is_judged(std::size_t pods) const {
  return name_spaces_.contains(manifests_.pods[pods].name_space);
}

bool Standing::is_left_aside(std::string_view object) const {
  return left_aside_.contains(object.substr(0, object.find('/')));
}

Standing::End Standing::end_of(Family family, const Interval<uint128>& range) const {
  End end;
  // A whole segment stays what it is; a machine is gone once its pods are all that there is of it.
  if (range.first != range.last || !gone_.contains({family, range.first})) end.addresses.push_back(range);
  std::set<std::size_t> inside;
  for (auto at = pods_of_.lower_bound({family, range.first}); at != pods_of_.end(); ++at) {
    if (at->first.family != family || at->first.bits > range.last) break;
    inside.insert(at->second.begin(), at->second.end());
  }
  end.pods.assign(inside.begin(), inside.end());
  return end;
}

Interval<uint128> Standing::address(std::size_t pods, Family family) const {
  for (const auto& one : manifests_.pods[pods].addresses)
    if (one.family == family) return {one.bits, one.bits};
  return {};
}

std::string Standing::name(const IpAddress& address) const {
  for (const auto& pods : manifests_.pods)
    if (std::find(pods.addresses.begin(), pods.addresses.end(), address) != pods.addresses.end()) return pods.path();
  return address.text();
}

template <class Use>
void Standing::for_each_address(uint32_t host, const Use& use) const {
  const auto& on = ground_.resolved->hosts[host];
  const auto machine = [&](const topology::Machine& one) {
    for (const auto& address : {one.ipv4, one.ipv6})
      if (address) use(*address);
  };
  for (const auto& one : on.machines) machine(one);
  if (on.virtual_address) machine(*on.virtual_address);
}

/// In 0.0.0.0/8 and 100::/64, which are nobody's; in both families, since a cluster may give its pods either.
void Standing::give_addresses(std::size_t number) {
  for (const auto family : {Family::ipv4, Family::ipv6}) {
    const auto base = family == Family::ipv4 ? uint128{0} : IpPrefix::parse("100::/64")->address.bits;
    manifests_.pods[number].addresses.push_back({family, base + number + 1});
  }
}

void Standing::add_strangers() {
  const auto add = [&](std::string name_space, std::string name) {
    manifests_.pods.push_back({.name_space = std::move(name_space), .name = std::move(name)});
    workloads_.push_back(nullptr);
    give_addresses(manifests_.pods.size() - 1);
  };
  for (const auto& name_space : name_spaces_) add(name_space, "any-other-pod");
  add("another-namespace", "any-pod");
}

}  // namespace cloison::ops
