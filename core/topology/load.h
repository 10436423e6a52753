#pragma once
// Files -> typed topology. All that is wrong with shape is found in one go.

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/base/source_map.h"
#include "core/topology/topology.h"

namespace cloison::topology {

/// Which rows and names `for_each` is to have one more of: all that it takes, or those of these numbers in
/// Topology::further, which is filled in either case.
struct FurtherChoice {
  bool all = true;
  std::set<std::size_t> only{};
  [[nodiscard]] bool has(std::size_t number) const { return all || only.contains(number); }
};

struct LoadOptions {
  /// A file, or a folder whose *.yaml (but *.override.yaml and clouds.yaml) are joined.
  std::filesystem::path path = ".";
  /// Files laid over it, in order (`-f`).
  std::vector<std::filesystem::path> overlays{};
  /// Folder to which file names in messages are made relative; "" = the current one.
  std::filesystem::path shown_from{};
  /// What `for_each` makes is to be there once more than it is written.
  std::optional<FurtherChoice> further{};
};

/// Limits on hostile input; each has its own error.
struct ReadLimits {
  std::size_t file_bytes = 16U << 20U;  // one YAML file
  std::size_t csv_bytes = 256U << 20U;
  std::size_t depth = 32;
  std::size_t nodes = 2'000'000;      // YAML nodes over all files
  std::size_t instances = 1'000'000;  // entries that for_each may make
};

/// Reads, joins, overlays, checks the shape, expands. `sources` gets every file. A value beside errors is what could be
/// read, so that more can be found in one go (`resolve` it for its notes); never plan with it. No value: a file could
/// not be read or an expansion not be made, so further findings would mislead.
[[nodiscard]] Checked<Topology> load(const LoadOptions& options, SourceMap& sources, const ReadLimits& limits = {});
/// The same over texts in memory (tests, fuzzing): `files` are name and content; "*.csv" are found by for_each and
/// peers.
[[nodiscard]] Checked<Topology> load_texts(const std::vector<std::pair<std::string, std::string>>& files,
                                           const std::vector<std::pair<std::string, std::string>>& overlays,
                                           SourceMap& sources, const ReadLimits& limits = {},
                                           const std::optional<FurtherChoice>& further = {});

/// The first topology file's folder: where .cloison/ and cloison.lock stand.
[[nodiscard]] std::filesystem::path home_of(const LoadOptions& options);
/// All files that would be read (YAML), sorted.
[[nodiscard]] Result<std::vector<std::filesystem::path>> files_of(const LoadOptions& options);

/// JSON Schema (2020-12) of the language, from the same table that the loader checks with.
[[nodiscard]] std::string json_schema();

/// A block, key or enumeration of the language for docs and completion.
struct KeyDoc {
  std::string path{}, type{}, doc{};
  bool required = false;
};
[[nodiscard]] std::vector<KeyDoc> language_keys();

/// What `cloison init --template NAME` writes: file names and contents. The first is the default.
struct Starter {
  std::string name{}, doc{};
  std::vector<std::pair<std::string, std::string>> files{};
};
[[nodiscard]] std::vector<Starter> starters();

/// The table of well-known port names (docs/language-reference.md), "https" -> tcp/443.
[[nodiscard]] const std::map<std::string, std::vector<TransportMatch>, std::less<>>& known_ports();
/// What a port stands for: as written, by the topology's own name, or by the table's. Empty: nobody knows it.
[[nodiscard]] std::vector<TransportMatch> port_matches(const Topology& topology, const std::string& word);

}  // namespace cloison::topology
