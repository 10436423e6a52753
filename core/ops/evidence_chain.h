#pragma once
// Which pack comes before the one that is made, and whether there is one of its number already.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/ops/evidence_log.h"
#include "core/report/key.h"

namespace cloison::ops {

struct PackBefore {
  std::string archive{};
  report::PackLink link{};
  std::string network{};
  std::optional<LogMark> mark{};  // none: it says nothing of a log
  Diagnostics findings{};         // what `report check` finds by the key that signs now
};
/// Errors: it cannot be read, or is no pack.
[[nodiscard]] Result<PackBefore> read_pack_before(const std::filesystem::path& file, const report::PublicKey& key);

/// Why none can follow it. `packs`: what the log tells of. Where the log knows it, it may be signed by a former key.
[[nodiscard]] Diagnostics against_following(const PackBefore& before, const std::string& network,
                                            const std::vector<state::RecordedPack>& packs);

struct Numbering {
  uint64_t number = 1;
  bool has_previous = false, again = false;
};
/// Whether the log tells of this very pack.
[[nodiscard]] bool is_known(const std::vector<state::RecordedPack>& packs, uint64_t number,
                            const std::string& manifest);
/// Why no pack of this number and manifest is made. CL7120: the log knows packs, and none was named as the one before;
/// CL7121: another one has the number.
[[nodiscard]] std::optional<Diagnostic> against_making(const Numbering& numbering, const std::string& manifest,
                                                       const std::vector<state::RecordedPack>& packs);

}  // namespace cloison::ops
