#pragma once
// Several files become one tree: a folder's are joined, those of `-f` laid over.

#include <vector>

#include "core/topology/load_notes.h"
#include "core/topology/yaml_tree.h"

namespace cloison::topology {

/// Joins the files of a folder: blocks by key, lists end to end; any other key given twice is an error (CL1014).
[[nodiscard]] const YamlNode* join_files(const std::vector<const YamlNode*>& files, Tree& tree, Notes& notes);

/// Lays `over` over `base`: maps merge, lists whose items have an id merge by id, scalars and other lists replace, null
/// removes.
[[nodiscard]] const YamlNode* lay_over(const YamlNode& base, const YamlNode& over, Tree& tree, Notes& notes);

}  // namespace cloison::topology
