#pragma once
// Resources as they are wanted (Resource), believed (ResourceState) and seen (Observed).

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/source_map.h"
#include "core/model/value.h"

namespace cloison {

/// The declared path, then the kind: "cloud.production.data.network",
/// "cloud.production.data.postgres.group.rule/in-ipv4-tcp-5432-10.0.20.0_24". Keys are names, never positions.
struct ResourceAddress {
  std::string text{};
  auto operator<=>(const ResourceAddress&) const = default;
};

/// Why a resource exists: the declaration (`declared_by`: "flow F-002/production", "segment cloud.production.data") and
/// where it stands.
struct Origin {
  std::string declared_by{};
  SpanId span = 0;
  bool operator==(const Origin&) const = default;
};
/// An origin as stored: the place as text, since state and plan outlive the files.
struct StoredOrigin {
  std::string declared_by{};
  std::string file{};
  uint32_t line = 0;
  uint32_t column = 0;
  bool operator==(const StoredOrigin&) const = default;
};

struct Resource {
  ResourceAddress address;
  std::string provider{};  // name of the provider entry
  std::string kind{};
  Value attributes{};  // a record in the kind's slot order; references allowed
  std::vector<Origin> origins{};
  /// Addresses that must be there first although no attribute refers to them.
  std::vector<std::string> after{};
  /// Of those in one lane that change, one is changed after the other, in order of `turn`; one that fails stops those
  /// that would follow. "": whenever.
  std::string lane{};
  uint32_t turn = 0;
  /// What changes as one at many places: where a change of it fails, none of it is begun any more, and what was changed
  /// before goes back. "": each by itself.
  std::string rollout{};
};

/// Written into the platform's object by create itself: `cloison LINEAGE GENERATION ADDRESS`.
struct Marker {
  std::string lineage{};
  uint32_t generation = 1;
  std::string address{};  // or, when the text would be too long, "sha256:" and the address's digest
  bool operator==(const Marker&) const = default;
  /// At most `k_marker_limit` bytes.
  [[nodiscard]] std::string text() const;
  [[nodiscard]] static std::optional<Marker> parse(std::string_view text);
  /// Whether this marker names that address (also by digest).
  [[nodiscard]] bool names(std::string_view lineage, std::string_view address) const;
};
constexpr std::size_t k_marker_limit = 180;

/// A row's key: rows of one address differ by generation while a replacement is under way (engine decision 5).
struct RowKey {
  std::string address{};
  uint32_t generation = 1;
  auto operator<=>(const RowKey&) const = default;
};

struct ResourceState {
  RowKey key{};
  std::string provider{};
  std::string kind{};
  std::string remote_id{};
  uint32_t schema_version = 1;
  uint64_t revision = 0;          // set by the store at each commit that touches the row
  bool deposed = false;           // replaced; waits for its removal
  bool upgraded = false;          // not stored: read in an older layout, and brought up to date in memory
  Value applied{};                // what was asked, references resolved
  Value observed{};               // what the platform answered right after; shared with `applied` when equal
  std::string provider_config{};  // key into Snapshot::provider_configs
  std::vector<std::string> depends_on{};
  std::vector<StoredOrigin> origins{};
};

struct Observed {
  std::string kind{};
  std::string remote_id{};
  Value attributes{};  // canonical; identifiers instead of references
  std::optional<Marker> marker{};
  std::string container_id{};  // remote id of the container, for kinds that have one
};

/// What is known of a platform beside our objects: extensions, images, flavors, zones, sticky choices. Sorted, textual.
using Facts = std::map<std::string, std::string>;

/// A provider entry as stored, so that removal needs nothing but state (engine decision 10). No secrets: references
/// only.
struct StoredProvider {
  std::string name{};
  std::string kind{};
  std::map<std::string, std::string> settings{};
  bool operator==(const StoredProvider&) const = default;
};

struct Snapshot {
  std::string lineage{};
  uint64_t serial = 0;
  bool sandbox = false;
  std::map<RowKey, ResourceState> rows{};
  std::map<std::string, StoredProvider> provider_configs{};  // by digest of their content
  std::map<std::string, Facts> facts{};                      // by provider name
  std::map<std::string, std::string> allocations{};          // last written lock file entries: key -> value

  /// The current (not deposed) row of an address, or nullptr.
  [[nodiscard]] const ResourceState* current(std::string_view address) const;
};

}  // namespace cloison
