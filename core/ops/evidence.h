#pragma once
// Evidence packs as files: checked by whoever has one and a public key; topology and state are not asked.

#include <filesystem>

#include "core/ops/context.h"
#include "core/report/check_pack.h"

namespace cloison::ops {

struct PackFiles {
  std::filesystem::path pack{};
  std::filesystem::path key{};          // PEM: of the public key, or of a private one
  std::filesystem::path previous{};     // "": the chain is not followed
  std::filesystem::path authorities{};  // PEM; "": nobody's timestamps are trusted
};

struct PackVerdict {
  Ending ending = Ending::done;  // policy: the pack is not good; refused: it was not checked
  Diagnostics notes{};
  bool checked = false;
  report::PackCheck check{};
  report::Fingerprint key{};
};
[[nodiscard]] PackVerdict check_pack_file(const PackFiles& files);

/// The public key in a file, or that of the private key in it. Errors: CL7101, CL7102.
[[nodiscard]] Result<report::PublicKey> public_key_in(const std::filesystem::path& file);

}  // namespace cloison::ops
