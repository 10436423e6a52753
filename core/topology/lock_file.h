#pragma once
// cloison.lock: what was given once and never moves (engine decision 11). YAML, one sorted line per key and family.

#include <filesystem>
#include <map>
#include <set>
#include <string>

#include "core/base/result.h"
#include "core/base/source_map.h"

namespace cloison::topology {

/// Keys: "cidr ipv4 lab/lyon-03.lan", "address ipv4 cloud.production.data.postgres-2", "pin api.esante.fr" ->
/// "10.16.3.0/24", "10.0.30.11", "203.0.113.7 203.0.113.8". The lineage stands in a line of its own.
struct LockFile {
  std::string lineage{};
  std::map<std::string, std::string> entries{};
  std::map<std::string, SpanId> spans{};  // of entries read from a file
  /// Keys that the state had and the file had not: the file was lost, or the line deleted. They are kept where they fit
  /// and given anew where they do not, so that deleting a line is the way out of one that does not fit.
  std::set<std::string, std::less<>> remembered{};
};

/// A missing file is an empty LockFile. Errors: a key twice, a line that is none, conflict markers of a merge.
[[nodiscard]] Checked<LockFile> read_lock(const std::filesystem::path& file, SourceMap& sources);
[[nodiscard]] Checked<LockFile> parse_lock(std::string_view name, std::string_view text, SourceMap& sources);
[[nodiscard]] std::string to_text(const LockFile& lock);

}  // namespace cloison::topology
