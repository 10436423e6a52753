#pragma once
// What is deployed, on our side: found or fetched, and known by its digest and its signature before any of it leaves.

#include <filesystem>
#include <string>

#include "core/base/result.h"
#include "core/net/access.h"

namespace cloison::node {

struct Artifact {
  std::string source{};                   // "file:PATH", of a file or a folder; "https://…"
  std::string sha256{};                   // of the file; of a folder, of the archive that is made of it (packed_folder)
  std::string signature{}, public_key{};  // references; "" : none is asked for
  std::string username{};                 // of who fetches it, or a reference
  std::string password{}, token{};        // references
};

/// What is sent, and its own digest: another one than the artifact's where its form is another.
struct Parcel {
  std::filesystem::path path{};
  std::string sha256{};
};

/// Once in a run, however many machines want it. CL5432: it is not there, or cannot be unpacked. CL5433: it is another
/// one than the digest says. CL5437: its signature is not the key's.
[[nodiscard]] Result<Parcel> obtain(const Artifact& artifact, const net::Access& access, const net::Limits& limits);
[[nodiscard]] Diagnostic no_artifact(const std::string& source, std::string why);

// artifact_archive.cpp

/// Whether machines cannot unpack it themselves, by its name: .zip, .7z, .cpio, .deb.
[[nodiscard]] bool is_foreign_archive(const std::string& name);
/// The same as tar: regular files and folders, nothing else, and none that leads out of it. The error is a sentence.
/// `package`: a Debian package, of which what it installs counts (deb(5)); nothing of it is run.
[[nodiscard]] tl::expected<void, std::string> repack(const std::filesystem::path& archive, bool package,
                                                     const std::filesystem::path& tar);
/// A folder as tar, the same bytes wherever and whenever it is made: names in order, no dates, no owners.
[[nodiscard]] tl::expected<void, std::string> pack_folder(const std::filesystem::path& folder,
                                                          const std::filesystem::path& tar);

}  // namespace cloison::node
