#pragma once
// A selector outside of a topology file: what stands behind `--target`.

#include <string_view>

#include "core/base/result.h"
#include "core/topology/topology.h"

namespace cloison::topology {

/// "cloud.app", "{zone: app}", "[cloud.app, {zone: data}]": read as the language reads a flow's end. Its findings have
/// no place, since no file holds the text.
[[nodiscard]] Checked<Selector> selector_of_text(std::string_view text);

}  // namespace cloison::topology
