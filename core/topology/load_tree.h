#pragma once
// From the joined tree to the topology: expansion, shape check and building, one entry after the other, so that only
// one instance's tree is in memory at a time.

#include "core/topology/csv_files.h"
#include "core/topology/topology.h"

namespace cloison::topology {

/// What is there of the topology; all that is wrong goes into `files.notes()`.
[[nodiscard]] Topology topology_from_tree(const YamlNode& root, CsvFiles& files, const ReadLimits& limits);

/// Blanks secrets that were written out in the texts of the source map, so that no source line shows them.
void blank_secrets(const YamlNode& root, SourceMap& sources);
void blank_secrets(const Csv& csv, SourceMap& sources);

}  // namespace cloison::topology
