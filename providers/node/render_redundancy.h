#pragma once
// Standing in for another node as files. Pure. Part of `files_of`.

#include <string>
#include <vector>

#include "providers/node/render.h"
#include "providers/node/settings.h"

namespace cloison::node {

[[nodiscard]] std::vector<NodeFile> redundancy_files(const Settings& settings);

}  // namespace cloison::node
