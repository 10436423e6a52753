#pragma once
// The network as people name it, and what the selectors of guarantees mean in it. Filled from the topology's own names
// and addresses by whoever asks; which places a selector means is decided here a second time, apart from the compiler,
// so that a mistake in one of them does not hide in the other (docs/proof.md).

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/ip.h"
#include "core/base/source_map.h"
#include "core/model/packet.h"

namespace cloison::verify {

using AddressIntervals = std::vector<std::pair<Family, Interval<uint128>>>;

/// A segment, a machine on one, a person's device, a node.
struct Place {
  enum class Kind : uint8_t { segment, host, user, node };
  Kind kind = Kind::segment;
  std::string path{};  // "cloud.production.data.postgres-2", "lab/lyon-03.node/lyon-03-1"
  // Its names, the outermost first; "" where it has none.
  std::string family{}, key{};                      // site "lab", "lyon-03"
  std::string vpc{}, segment{}, host{}, replica{};  // replica: "postgres-2"
  std::string environment{}, zone{}, data{};
  std::string availability_zone{};
  std::map<std::string, std::string> labels{};        // the innermost of each key
  std::vector<std::string> services{};                // that run on it
  std::vector<IpPrefix> prefixes{};                   // as flows know it
  std::vector<std::pair<IpPrefix, IpPrefix>> real{};  // as its own segment knows it, and as all others do
  std::vector<IpPrefix> outer{};                      // as the outside knows it
  AddressIntervals machines{};                        // of a segment: addresses that a machine may have
  bool external = false;                              // of a site that is not ours
  bool applied = true;                                // false: of a site that this version puts nothing into effect at
  bool gateway = false;                               // in a VPC: chosen by name alone
  bool shared = false;                                // an address by which the replicas of a host are known outside
  bool intra_allowed = false;                         // a segment of which the machines reach each other
  bool holds = false;                                 // a thing that holds data of its own: a segment or a host
  std::string country{}, tier{};
  std::vector<std::string> certifications{};  // that its site has today
  std::vector<std::string> copies{}, logs{};  // classes of data of which it keeps copies, or gets logs
  SpanId span = 0;

  [[nodiscard]] std::string site() const { return key.empty() ? family : family + '/' + key; }
  /// The same without the site's key and a person's device: "lab.lan", "lab.nodes". What is alike is told once.
  [[nodiscard]] std::string alike() const;
};

/// One term of a selector: a path, or a map of which all entries match.
struct PlaceTerm {
  std::string path{};
  std::map<std::string, std::vector<std::string>> match{};
};
struct PlaceSelector {
  std::vector<PlaceTerm> terms{};
};

/// A group by its name: of places, or of addresses.
struct PlaceGroup {
  PlaceSelector hosts{};
  std::vector<IpPrefix> prefixes{};
};

class PlaceNames {
 public:
  explicit PlaceNames(std::map<std::string, PlaceGroup, std::less<>> groups) : groups_(std::move(groups)) {}

  /// Whether a place is what a selector means, or in it. `other`: the place at the other end, for `same-site`.
  [[nodiscard]] bool means(const PlaceSelector& selector, const Place& place, const Place* other = nullptr) const;
  /// Whether it means the world outside as well.
  [[nodiscard]] bool means_outside(const PlaceSelector& selector) const;
  /// Of which member of `isolated: {among}` a place is one: its environment, its site, its VPC, its segment or itself,
  /// at the size at which the selector names it; "" of none.
  [[nodiscard]] std::string member(const PlaceSelector& selector, const Place& place) const;
  /// Whether it depends on the place at the other end.
  [[nodiscard]] bool relative(const PlaceSelector& selector) const;

 private:
  enum class Size : uint8_t { none, environment, site, vpc, segment, host };
  [[nodiscard]] Size match(const PlaceTerm& term, const Place& place, const Place* other, unsigned depth) const;
  [[nodiscard]] Size match_path(std::string_view path, const Place& place, const Place* other, unsigned depth) const;
  [[nodiscard]] Size match_group(const PlaceGroup& group, const Place& place, const Place* other, unsigned depth) const;
  [[nodiscard]] static Size match_map(const PlaceTerm& term, const Place& place);
  [[nodiscard]] static Size match_site(const std::vector<std::string_view>& words, const Place& place);

  std::map<std::string, PlaceGroup, std::less<>> groups_;
};

}  // namespace cloison::verify
