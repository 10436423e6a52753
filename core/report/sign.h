#pragma once
// Who signs a pack: a private key in a file, or a program that has one (a token, an HSM, an agent).

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/child_process.h"
#include "core/base/scrubber.h"
#include "core/report/key.h"

namespace cloison::report {

/// How long a program may take: a person may have to touch a token.
inline constexpr std::chrono::minutes k_signing_time{2};

struct Signer {
  PublicKey key;
  /// 64 bytes. Errors (CL7103).
  std::function<Result<std::string>(std::string_view bytes)> sign;
};

/// A private key in PEM, not encrypted, that its owner alone may read. Errors: CL7101, CL7102.
[[nodiscard]] Result<Signer> signer_of_file(const std::filesystem::path& file);
/// "hsm-sign --label 'audit key'" -> its three words. Blanks part words; within '…' and "…" they do not, and nothing
/// else means anything. nullopt: a quote is left open, or there is no word.
[[nodiscard]] std::optional<std::vector<std::string>> words_of_command(std::string_view text);
/// `words`: the program and its arguments. It gets the bytes on standard input and answers 64 bytes, or base64 of
/// them. What it says on standard error is a part of what is said when it fails, after `scrubber`.
[[nodiscard]] Signer signer_of_command(std::vector<std::string> words, const PublicKey& key, ChildLimits limits,
                                       std::shared_ptr<const Scrubber> scrubber);

/// Has it signed, and believes nothing: the signature must be good by the public key. Errors (CL7103).
[[nodiscard]] Result<std::string> signature_by(const Signer& signer, std::string_view bytes);

}  // namespace cloison::report
