#pragma once
// Selectors: text -> what it chooses. Indexed by first word and by path, so that one more site costs a flow of another
// nothing.

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/topology/resolve_findings.h"
#include "core/topology/resolved.h"

namespace cloison::topology {

/// Names of declared things, for suggestions.
template <class Container>
[[nodiscard]] std::vector<std::string> names_of(const Container& entries) {
  std::vector<std::string> names;
  names.reserve(entries.size());
  for (const auto& entry : entries) {
    names.push_back(entry.name);
  }
  return names;
}

/// Words that no VPC and no segment may have for a name.
[[nodiscard]] bool is_site_word(std::string_view word);
/// Words that stand for something built in, so that nothing may have them for a name.
[[nodiscard]] bool is_first_word(std::string_view word);

/// Finds declared things by the name or path that selectors write.
struct NameIndex {
  enum class Kind : uint8_t { site, link, group, service, cluster, scenario };
  struct Entry {
    Kind kind = Kind::site;
    SpanId span = 0;
    std::vector<uint32_t> items{};  // a family's instances; one for everything else
  };
  std::unordered_map<std::string, Entry> words{};
  std::unordered_map<std::string, uint32_t> sites{}, vpcs{}, segments{}, hosts{}, machines{}, nodes{};
  std::vector<std::vector<uint32_t>> site_vpcs{}, site_segments{}, site_nodes{}, site_gateways{};

  /// Links, groups, services … and sites by first word; the first of two with one name stands.
  void add_words(const Topology& topology);
  void add_segments(const Topology& topology, const Resolved& resolved);
  void add_hosts(const Topology& topology, const Resolved& resolved);
  [[nodiscard]] static std::string_view kind_name(Kind kind);
};

/// One thing that a term chooses, at the size at which it was named.
struct Chosen {
  enum class Kind : uint8_t {
    environment,
    site,
    vpc,
    segment,
    host,
    machine,  // one replica; `index` is its host
    node,
    underlay,           // of site `index`, named `name`
    availability_zone,  // of site `index`, named `name`
    link,
    group,
    primary,  // of service `index`
    internet,
    address,    // plain, where those are allowed
    same_site,  // `name` is what follows, "" for the whole site
    provider,   // the word, in backups
  };
  Kind kind = Kind::site;
  uint32_t index = k_none;
  std::string name{};
  std::optional<IpPrefix> prefix{};
  std::string set{};          // the for_each selector or group through which it was chosen
  bool any_instance = false;  // the site's for_each key was left open
  bool any_vpc = false;       // the VPC's for_each key or environment was left open
  SpanId span = 0;
};

class Selectors {
 public:
  Selectors(const Topology& topology, const Resolved& resolved, const NameIndex& index,
            const std::unordered_map<uint32_t, std::vector<uint32_t>>& service_hosts, Findings& findings)
      : topology_(topology), resolved_(resolved), index_(index), service_hosts_(service_hosts), findings_(findings) {}

  struct Allowed {
    bool addresses = false;  // plain addresses and prefixes
    bool provider = false;   // the word `provider`
    bool links = false;      // links are named where nothing is chosen, beside sites and groups
  };
  /// The union of its terms. What is not found or matches nothing is reported once, with what there is.
  [[nodiscard]] std::vector<Chosen> choose(const Selector& selector, Allowed allowed);
  [[nodiscard]] std::vector<Chosen> choose(const Selector& selector) { return choose(selector, Allowed{}); }
  [[nodiscard]] std::vector<Chosen> choose(const SelectorTerm& term, Allowed allowed);
  /// What `rest` ("lan.analyser") names at one site.
  [[nodiscard]] std::vector<Chosen> at_site(uint32_t site, const std::string& rest);

  /// Segments in the chosen place; namespaces of clusters only where they were named.
  [[nodiscard]] std::vector<uint32_t> segments_of(const Chosen& chosen) const;
  /// Hosts that are no gateways in the chosen place.
  [[nodiscard]] std::vector<uint32_t> hosts_of(const Chosen& chosen) const;
  /// "lab.lan" for people.
  [[nodiscard]] std::string text(const Chosen& chosen) const;

 private:
  [[nodiscard]] std::vector<Chosen> path(const SelectorTerm& term, Allowed allowed);
  [[nodiscard]] std::vector<Chosen> map(const SelectorTerm& term);
  [[nodiscard]] std::vector<Chosen> family(const NameIndex::Entry& entry, std::string_view key, const std::string& rest,
                                           const SelectorTerm& term);
  [[nodiscard]] std::vector<Chosen> word(const NameIndex::Entry& entry, const std::string& rest,
                                         const SelectorTerm& term);
  [[nodiscard]] std::vector<Chosen> cluster(const Cluster& cluster, std::string_view key, const std::string& rest,
                                            const SelectorTerm& term);
  void walk(uint32_t site, const std::string& rest, std::vector<Chosen>& found) const;
  bool reserved(uint32_t site, const std::vector<std::string_view>& words, std::vector<Chosen>& found) const;
  void below(const std::string& segment_path, const std::vector<std::string_view>& words, std::size_t at, Chosen base,
             std::vector<Chosen>& found) const;
  void nothing(const SelectorTerm& term, std::vector<std::string> candidates, std::string_view wrong_word);
  [[nodiscard]] std::vector<std::string> names_at(uint32_t site, const std::string& rest, std::string& wrong) const;
  void part_of_segment(const std::string& term, SpanId where, const ResolvedSegment& segment,
                       const ResolvedHost& other);
  [[nodiscard]] std::string map_hint(const SelectorTerm& term) const;
  [[nodiscard]] bool label_matches(const Names& wanted, const std::vector<const Labels*>& labels) const;

  const Topology& topology_;
  const Resolved& resolved_;
  const NameIndex& index_;
  const std::unordered_map<uint32_t, std::vector<uint32_t>>& service_hosts_;
  Findings& findings_;
  std::unordered_map<std::string, std::vector<Chosen>> known_{};  // by the term's text
};

}  // namespace cloison::topology
