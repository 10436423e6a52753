#pragma once
// Guarantees in the words of the language.

#include <string>

#include "core/verify/proof.h"

namespace cloison::verify {

/// "isolated among lab", "unreachable from internet to {zone: data}".
[[nodiscard]] std::string guarantee_text(const Guarantee& guarantee);
/// "flows I-dns, I-ntp", "lab".
[[nodiscard]] std::string exemption_text(const Exemption& exemption);

}  // namespace cloison::verify
