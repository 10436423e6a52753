#pragma once
// Whether a pack is what its maker signed, by nothing but itself and a public key.

#include <optional>
#include <string>
#include <string_view>

#include "core/base/diagnostic.h"
#include "core/report/key.h"
#include "core/report/manifest.h"
#include "core/report/timestamp.h"

namespace cloison::report {

struct CheckWith {
  /// The pack before this one, whole; its own files are not checked.
  std::optional<std::string_view> previous{};
  /// PEM of the time-stamping authorities that are trusted; "": only the token itself is checked. Where it is given, a
  /// pack without a timestamp is a finding: nothing else shows that one was taken away.
  std::string authorities{};
};

struct PackCheck {
  /// Everything that is wrong, each with the file that it is about as `address`; empty: the pack is good.
  Diagnostics findings{};
  std::optional<Manifest> about{};  // what it says of itself: to be believed only without findings
  std::optional<PackLink> link{};   // as the next pack names it
  std::size_t files = 0;
  uint64_t bytes = 0;  // of all files
  std::optional<Timestamp> timestamp{};
  bool follows_previous = false;  // it was given, and this one is next
  [[nodiscard]] bool is_good() const { return findings.empty() && about.has_value(); }
};

/// `archive`: the bytes of a .tar.gz, of hostile origin. Nothing is written anywhere.
/// Findings: CL7110 it cannot be read to its end; CL7111 what packs never hold; CL7112 the signature; CL7113 a changed
/// file; CL7114 a missing or added one; CL7115 the two lists; CL7116 the chain; CL7117 the timestamp; CL7118 a later
/// version.
[[nodiscard]] PackCheck check_pack(std::string_view archive, const PublicKey& key, const CheckWith& with = {});

/// What a file of it holds, as far as the archive can be read; unchecked.
[[nodiscard]] std::optional<std::string> file_in_pack(std::string_view archive, std::string_view path);

}  // namespace cloison::report
