#pragma once
// An evidence pack: one archive with everything that a report was made of, which an auditor can check alone
// (docs/evidence-pack.md).

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/report/manifest.h"
#include "core/report/sign.h"
#include "core/report/timestamp.h"

namespace cloison::report {

/// What more an archive is refused for, by whoever makes it and by whoever checks it.
constexpr std::size_t k_most_packed_bytes = std::size_t{1} << 30U;  // with headers, unpacked
constexpr std::size_t k_most_packed_files = 20'000;
constexpr std::size_t k_longest_packed_path = 200;

struct PackEntry {
  std::string path{};  // "reports/rules.csv": see `path_problem`
  std::string bytes{};
  std::string what{};  // "rules, as CSV": for manifest.json
};

struct PackRequest {
  std::string network{};
  std::string made_by{};  // "cloison 0.6.0"
  Instant as_of{};        // also the date of every file in it
  std::vector<PackEntry> entries{};
  std::optional<PackLink> previous{};  // none: the first of a chain
};

/// The bytes of a .tar.gz: the same for the same request and signature. `entries` and the pack's own files, signed;
/// with a timestamp of the signature where there is a `stamp`. Errors: CL7104 for entries that a pack cannot hold;
/// those of `signer` (CL7103) and of `stamp` (CL7105).
[[nodiscard]] Result<std::string> make_pack(const PackRequest& request, const Signer& signer,
                                            const Timestamper& stamp = {});

/// "": a path that packs may hold: letters and digits of ASCII and ._-+=@, in parts joined by '/', none of which begins
/// with '-' or ends with '.'. Else what is wrong with it, after its name: "leads out of the archive".
[[nodiscard]] std::string path_problem(std::string_view path);
/// Any path as one that packs may hold: what may not be there becomes '_', and a part of its digest is added to tell it
/// from others.
[[nodiscard]] std::string packable(std::string_view path);

}  // namespace cloison::report
