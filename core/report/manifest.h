#pragma once
// The two lists of a pack: MANIFEST.sha256, which `sha256sum -c` reads, and manifest.json, which says what is what.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

namespace cloison::report {

constexpr std::string_view k_manifest = "MANIFEST.sha256", k_signature = "MANIFEST.sha256.sig",
                           k_timestamp = "MANIFEST.sha256.tsr", k_about = "manifest.json", k_readme = "README.txt",
                           k_lisezmoi = "LISEZMOI.txt";
constexpr int64_t k_pack_version = 1;

/// A pack as the next one names it.
struct PackLink {
  uint64_t number = 0;            // from 1
  std::string manifest_sha256{};  // hexadecimal, of its MANIFEST.sha256
  bool operator==(const PackLink&) const = default;
};

struct ListedFile {
  std::string path{};
  uint64_t size = 0;
  std::string sha256{};  // hexadecimal
  std::string what{};    // "rules, as CSV"
  bool operator==(const ListedFile&) const = default;
};

/// What manifest.json says.
struct Manifest {
  int64_t version = k_pack_version;
  std::string network{};
  std::string as_of{};      // RFC 3339, UTC
  std::string made_by{};    // "cloison 0.6.0"
  std::string signed_by{};  // "SHA256:…", fingerprint of the key
  uint64_t number = 1;
  std::optional<PackLink> previous{};
  std::vector<ListedFile> files{};  // all but MANIFEST.sha256* and itself, by path
  bool operator==(const Manifest&) const = default;
};

/// One member a line, one file a line.
[[nodiscard]] std::string manifest_json(const Manifest& manifest);
/// Errors are texts. A later version is read as far as this one knows it; unknown members are passed over.
[[nodiscard]] tl::expected<Manifest, std::string> read_manifest_json(std::string_view text);

struct DigestLine {
  std::string sha256{}, path{};
};
/// "DIGEST  PATH\n" each, as `sha256sum` writes them.
[[nodiscard]] std::string digest_lines(const std::vector<DigestLine>& lines);
/// Errors are texts: anything but such lines in ascending order of their paths.
[[nodiscard]] tl::expected<std::vector<DigestLine>, std::string> read_digest_lines(std::string_view text);

}  // namespace cloison::report
