#pragma once
// Machines as files: a domain of libvirt (https://libvirt.org/formatdomain.html), what cloud-init reads at their first
// boot (NoCloud, network configuration version 2), and a line for the agent. Pure.

#include <string_view>
#include <vector>

#include "providers/node/render.h"
#include "providers/node/settings.h"

namespace cloison::node {

/// Of the file that says who may log in: a line that is read when it is written (core/net/cloud_config.h).
constexpr std::string_view k_first_boot_suffix = ".user-data";

[[nodiscard]] std::vector<NodeFile> disk_files(const Settings& settings);
[[nodiscard]] std::vector<NodeFile> guest_files(const Settings& settings);

}  // namespace cloison::node
