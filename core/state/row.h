#pragma once
// A row as stores keep it: columns of text and numbers, values as JSON. Its digest is taken over these.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/digest.h"
#include "core/base/result.h"
#include "core/model/resource.h"
#include "core/model/value_reader.h"

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

/// The same without a copy of any text: as it stands in the store's own memory, until its cursor moves on.
struct RowView {
  std::string_view address;
  uint32_t generation = 1;
  std::string_view provider, kind, remote_id;
  uint32_t schema_version = 1;
  uint64_t revision = 0;
  bool deposed = false;
  std::string_view applied;
  std::optional<std::string_view> observed;
  std::string_view provider_config, depends_on, origins;
};
[[nodiscard]] RowView view_of(const StoredRow& row);
[[nodiscard]] StoredRow owned(const RowView& row);

/// ErrorKind::internal for a value that could not be read back: host bits in a prefix, depth over 32.
[[nodiscard]] Result<void> check_storable(const ResourceState& row);
[[nodiscard]] StoredRow stored(const ResourceState& row);
/// Reads rows back. `observed` is shared with `applied` when they are equal, and what many rows name is shared too.
class RowReader {
 public:
  explicit RowReader(std::size_t places = SharedLeaves::k_places) : values_(places) {}
  [[nodiscard]] Result<ResourceState> restored(const RowView& row);

 private:
  ValueReader values_;
};
[[nodiscard]] inline Result<ResourceState> restored(const StoredRow& row) {
  return RowReader(1).restored(view_of(row));
}
[[nodiscard]] Digest digest_of(const RowView& row);
[[nodiscard]] inline Digest digest_of(const StoredRow& row) {
  return digest_of(view_of(row));
}
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
