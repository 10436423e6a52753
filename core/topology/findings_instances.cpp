// One mistake in a template shows up in every instance: told once, with the instances that have it.
#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>

#include "core/base/ip.h"
#include "core/base/strings.h"
#include "core/topology/resolve_findings.h"

namespace cloison::topology {

namespace {

bool in_word(char c) {
  return is_letter_or_digit(c) || c == '-' || c == '_';
}

/// The places of an instance at which findings point.
class InstancePlaces {
 public:
  explicit InstancePlaces(const Topology& topology) {
    for (const Site& site : topology.sites) {
      const std::string path = site.instance.family.empty() ? std::string{} : site.path;
      add(path, {site.span, site.provider.span});
      for (const Node& node : site.nodes) {
        add(path, {node.span, node.address.span});
      }
      for (const Underlay& one : site.underlays) {
        add(path, {one.span, one.public_span});
      }
      for (const Gateway& one : site.gateways) {
        add(path, {one.span, one.replicas_span});
      }
      for (const Vpc& vpc : site.vpcs) {
        const std::string inner = path.empty() && !vpc.instance.key.empty() ? site.path + "." + vpc.name : path;
        add(inner, {vpc.span, vpc.environment.span, vpc.cidr.span, vpc.cidr.ipv4.span, vpc.cidr.ipv6.span});
        segments(inner, vpc.segments);
      }
      segments(path, site.segments);
    }
  }
  [[nodiscard]] std::string of(SpanId span) const {
    const auto at = names_.find(span);
    return at == names_.end() ? std::string{} : at->second;
  }

 private:
  void add(const std::string& path, std::initializer_list<SpanId> spans) {
    for (const SpanId span : spans) {
      if (const auto [at, added] = names_.try_emplace(span, path); !added && at->second != path) {
        at->second.clear();  // instances share what holds no variable
      }
    }
  }
  void segments(const std::string& path, const std::vector<Segment>& list) {
    for (const Segment& one : list) {
      add(path, {one.span, one.zone.span, one.cidr.span, one.cidr.ipv4.span, one.cidr.ipv6.span, one.intra_span});
      add(path, {one.vlan ? one.vlan->span : 0, one.dhcp ? one.dhcp->span : 0, one.real ? one.real->span : 0,
                 one.egress ? one.egress->span : 0, one.pool ? one.pool->span : 0});
      for (const Host& host : one.hosts) {
        add(path,
            {host.span, host.replicas_span, host.zone ? host.zone->span : 0, host.spread ? host.spread->span : 0});
        for (const AddressRequest& address : host.addresses) {
          add(path, {address.span});
        }
      }
    }
  }
  std::unordered_map<SpanId, std::string> names_{};
};

}  // namespace

void Findings::group_by_place(const SourceMap& sources, const Topology& topology) {
  sources_ = &sources;
  topology_ = &topology;
}

/// Once there is a finding: most topologies have none.
void Findings::learn_instances() {
  if (topology_ == nullptr || instances_known_) {
    return;
  }
  instances_known_ = true;
  for (const Site& site : topology_->sites) {
    if (!site.instance.family.empty()) {
      keys_.insert(site.instance.key);
      paths_.insert(site.path);
    }
    for (const Vpc& vpc : site.vpcs) {
      if (!vpc.instance.key.empty()) {
        keys_.insert(vpc.instance.key);
        paths_.insert(site.path + "." + vpc.name);
      }
    }
  }
}

/// `text` with the keys of instances and with addresses and numbers left out: what the findings of a template share.
std::string Findings::without_instances(std::string_view text) const {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && in_word(text[end])) {
      ++end;
    }
    if (end == at) {
      result += text[at++];
      continue;
    }
    std::size_t wide = end;
    while (wide < text.size() && (in_word(text[wide]) || text[wide] == '.' || text[wide] == ':' || text[wide] == '/')) {
      ++wide;
    }
    const std::string_view word = text.substr(at, end - at);
    const bool number = word.find_first_not_of("0123456789") == std::string_view::npos;
    if (IpPrefix::parse_loose(text.substr(at, wide - at))) {
      result += '#';
      at = wide;
      continue;
    }
    // "lyon-03-1" is named after lyon-03
    std::string_view stem = word;
    while (!stem.empty() && !keys_.contains(stem)) {
      stem = stem.substr(0, stem.rfind('-') == std::string_view::npos ? 0 : stem.rfind('-'));
    }
    result += stem.empty() && !number ? word : "#";
    at = end;
  }
  return result;
}

/// The instance whose path the text names.
std::string Findings::instance_in(std::string_view text) const {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!in_word(text[at])) {
      continue;
    }
    std::size_t end = at;
    std::string found;
    while (end < text.size() && (in_word(text[end]) || text[end] == '/' || text[end] == '.')) {
      ++end;
      if ((end == text.size() || !in_word(text[end])) && paths_.contains(text.substr(at, end - at))) {
        found = text.substr(at, end - at);
      }
    }
    if (!found.empty()) {
      return found;
    }
    at = end;
  }
  return {};
}

void Findings::tell_instances() {
  std::optional<InstancePlaces> places;
  for (const auto& [key, group] : groups_) {
    if (group.members.size() < 2 || group.index >= notes_.size()) {
      continue;
    }
    if (!places) {
      places.emplace(*topology_);
    }
    std::set<std::string> named;
    for (const auto& [where, in_text] : group.members) {
      if (std::string name = in_text.empty() ? places->of(where) : in_text; !name.empty()) {
        named.insert(std::move(name));
      }
    }
    constexpr std::size_t k_shown = 3;
    std::vector<std::string> first;
    for (const std::string& name : named) {
      if (first.size() < k_shown) {
        first.push_back(name);
      }
    }
    notes_[group.index].context.push_back(
        named.size() < 2 ? fmt::format("and {} more like it at this place", group.members.size() - 1)
                         : fmt::format("at {}: {}{}", counted(named.size(), "instance"), join(first, ", "),
                                       named.size() > k_shown ? ", …" : ""));
  }
}

}  // namespace cloison::topology
