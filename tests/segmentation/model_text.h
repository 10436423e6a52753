#pragma once
// A forwarding model in words, all of it, with the flows that rules name, so that of equal
// texts everything asked is answered alike.

#include <string>

#include "core/model/forwarding.h"

namespace cloison::test {

[[nodiscard]] std::string model_text(const Forwarding& network);

/// The same rules as packets meet them that belong to a connection: those become what is asked of new ones.
[[nodiscard]] Forwarding for_connections(Forwarding network);
/// What passes for certain: what may be there lets nothing pass, and may refuse.
[[nodiscard]] Forwarding for_certain(Forwarding network);

}  // namespace cloison::test
