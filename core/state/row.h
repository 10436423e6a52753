#pragma once
// A row as stores keep it: columns of text and numbers, values as JSON. Its digest is taken over these.

#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/base/digest.h"
#include "core/base/result.h"
#include "core/model/resource.h"

namespace cloison::state {

struct StoredRow {
  RowKey key;
  std::string provider, kind, remote_id;
  uint32_t schema_version = 1;
  uint64_t revision = 0;
  bool deposed = false;
  std::string applied;                  // JSON of the value
  std::optional<std::string> observed;  // absent: equal to `applied`
  std::string provider_config;          // "" = none
  std::string depends_on;               // JSON: ["address", …]
  std::string origins;                  // JSON: [["declared by", "file", line, column], …]
};

/// ErrorKind::internal for a value that could not be read back: host bits in a prefix, depth over 32, a sensitive value
/// that is no text.
[[nodiscard]] Result<void> check_storable(const ResourceState& row);
[[nodiscard]] StoredRow stored(const ResourceState& row);
/// Reads rows back. `observed` is shared with `applied` when they are equal; dependencies and origins, which many rows
/// have in common, are parsed once.
class RowReader {
 public:
  [[nodiscard]] Result<ResourceState> restored(StoredRow row);

 private:
  std::unordered_map<std::string, std::vector<std::string>> depends_on_{};
  std::unordered_map<std::string, std::vector<StoredOrigin>> origins_{};
};
[[nodiscard]] inline Result<ResourceState> restored(StoredRow row) {
  return RowReader().restored(std::move(row));
}
[[nodiscard]] Digest digest_of(const StoredRow& row);
/// Lower-case hexadecimal; equal rows (revision included), equal digests.
[[nodiscard]] std::string row_digest(const ResourceState& row);

/// A map of texts as one JSON list, key and value in turn; the form in which settings and facts are stored.
[[nodiscard]] std::string flat_json(const std::map<std::string, std::string>& map);
[[nodiscard]] Result<std::map<std::string, std::string>> map_from_flat_json(std::string_view text);
/// The form that reading and writing again does not change, also for text that is not UTF-8.
[[nodiscard]] std::string stable_json(const Value& value);
[[nodiscard]] Value value_of(const std::vector<StoredOrigin>& origins);
[[nodiscard]] std::optional<std::vector<StoredOrigin>> origins_from(const Value& value);
[[nodiscard]] std::optional<std::vector<std::string>> texts_from(const Value& value);

}  // namespace cloison::state
