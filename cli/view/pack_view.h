#pragma once
// What a check of an evidence pack came to, and a key as it is handed over on paper.

#include <string>

#include "cli/view/json_line.h"
#include "core/ops/evidence.h"
#include "core/ops/evidence_pack.h"

namespace cloison::cli {

/// What a good pack is; "" for one that is not.
[[nodiscard]] std::string pack_text(const ops::PackVerdict& verdict);
[[nodiscard]] JsonLine pack_json(const ops::PackVerdict& verdict);

/// What was made.
[[nodiscard]] std::string evidence_text(const ops::EvidenceMade& made, const std::string& file);
[[nodiscard]] JsonLine evidence_json(const ops::EvidenceMade& made, const std::string& file);

[[nodiscard]] std::string key_text(const report::PublicKey& key);
[[nodiscard]] JsonLine key_json(const report::PublicKey& key);

}  // namespace cloison::cli
