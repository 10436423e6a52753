#pragma once
// Devices of remote-access links: who serves them, their keys, their dates.

#include "core/topology/paths.h"

namespace cloison::topology {

void check_peers(Work& work, const Paths& paths);

}  // namespace cloison::topology
