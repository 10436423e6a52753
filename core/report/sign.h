#pragma once
// Who signs a pack: a private key in a file, or a program that has one (a token, an HSM, an agent).

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/scrubber.h"
#include "core/report/key.h"
#include "core/report/program.h"

namespace cloison::report {

struct Signer {
  PublicKey key;
  /// 64 bytes. Errors (CL7103).
  std::function<Result<std::string>(std::string_view bytes)> sign;
};

/// A private key in PEM, not encrypted, that its owner alone may read. Errors: CL7101, CL7102.
[[nodiscard]] Result<Signer> signer_of_file(const std::filesystem::path& file);
/// `words`: the program and its arguments. It gets the bytes on standard input and answers 64 bytes, or base64 of
/// them. What it says on standard error is a part of what is said when it fails, after `scrubber`.
[[nodiscard]] Signer signer_of_command(std::vector<std::string> words, const PublicKey& key, ProgramLimits limits,
                                       std::shared_ptr<const Scrubber> scrubber);

/// Has it signed, and believes nothing: the signature must be good by the public key. Errors (CL7103).
[[nodiscard]] Result<std::string> signature_by(const Signer& signer, std::string_view bytes);

}  // namespace cloison::report
