#pragma once
// Services as files of a machine: releases, units of systemd, and what the agent reads of them. Pure.

#include <string_view>
#include <vector>

#include "providers/node/render.h"
#include "providers/node/settings.h"

namespace cloison::node {

[[nodiscard]] std::vector<NodeFile> release_files(const Settings& settings);
[[nodiscard]] std::vector<NodeFile> service_files(const Settings& settings);

}  // namespace cloison::node
