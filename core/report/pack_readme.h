#pragma once
// README.txt and LISEZMOI.txt of a pack: how somebody checks it who has nothing but sha256sum and openssl.

#include <string>

#include "core/report/pack.h"
#include "core/report/term.h"

namespace cloison::report {

[[nodiscard]] std::string pack_readme(const PackRequest& request, Language language);

}  // namespace cloison::report
