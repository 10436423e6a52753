#pragma once
// Machines that a node runs, as resources. Pure.

#include "core/model/intent.h"
#include "providers/node/lower_links.h"

namespace cloison::node {

/// Where images of machines lie on a node, NAME.qcow2 or NAME.raw, and the machines' disks beside them.
constexpr std::string_view k_images_folder = "/var/lib/libvirt/images";

/// "app_lims-1": what a node calls the machine of a host. No name has an underscore of its own.
[[nodiscard]] std::string guest_name(const std::string& segment, const std::string& host);

/// "02:…", locally administered (IEEE 802, 8.2.2), and the same whenever and wherever it is made. `path`: of what has
/// it.
[[nodiscard]] std::string hardware_address(const std::string& path);

/// Whether a machine of this node is made: its image is there, or it is.
[[nodiscard]] bool is_made(const NodeSegmentIntent& segment, const EndpointIntent& guest, const Facts& facts);

/// Where the machine stands; nullptr: nothing here is to be made of it.
[[nodiscard]] const NodeSegmentIntent* segment_of(const NodeIntent& node, const EndpointIntent& guest);

/// One whose image is not there is not made, and told in `not_applied`; one that is there stays whatever its image
/// does.
void add_guests(const NodeIntent& node, const Facts& facts, const AddResource& add,
                std::vector<NotApplied>& not_applied);

}  // namespace cloison::node
