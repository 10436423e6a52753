#pragma once
// Guarantees in the words of the language.

#include <string>

#include "core/verify/proof.h"

namespace cloison::cli {

/// "isolated among lab", "unreachable from internet to {zone: data}".
[[nodiscard]] std::string guarantee_text(const verify::Guarantee& guarantee);
/// "flows I-dns, I-ntp", "lab".
[[nodiscard]] std::string exemption_text(const verify::Exemption& exemption);

}  // namespace cloison::cli
