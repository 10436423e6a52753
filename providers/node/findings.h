#pragma once
// What a node's own facts have against what is asked of it. Pure.

#include <map>
#include <string>
#include <vector>

#include "core/base/diagnostic.h"
#include "core/model/intent.h"

namespace cloison::node {

/// What the provider entry says of its nodes.
struct Platform {
  bool installs = false;      ///< missing packages come by a step of their own
  bool linux_bridge = false;  ///< instead of Open vSwitch
};
[[nodiscard]] Platform platform_of(const std::map<std::string, std::string>& settings);

/// What the node's resources run on, by what is asked of it: names of Debian's packages.
[[nodiscard]] std::vector<std::string> packages_for(const NodeIntent& node, const Facts& facts,
                                                    const Platform& platform);

/// CL5417 (warning): it went back to its
/// former configuration by itself. CL5418 (warning): packages are missing there. CL5422 (warning): its clock is off.
/// CL5419 (error): the rules would close the way by which cloison reaches it. CL5421 (error): a machine should begin
/// anew from an image that is not there. CL5423 (error): its kernel cannot switch as asked. CL5424
/// (warning): no test ran on its system; none of these where it was never read. CL5425 (warning): flows inside a
/// segment that it cannot pass on.
[[nodiscard]] Diagnostics findings(const NodeIntent& node, const std::vector<AddressSetIntent>& sets,
                                   const Facts& facts, const Platform& platform = {});

}  // namespace cloison::node
