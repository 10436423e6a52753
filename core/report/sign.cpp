#include "core/report/sign.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include "core/base/strings.h"

namespace cloison::report {

namespace {

constexpr std::size_t k_longest_complaint = 600;

tl::unexpected<Diagnostic> not_signed(std::string summary, std::string detail, std::string hint) {
  return fail({.kind = ErrorKind::usage,
               .code = "CL7103",
               .summary = std::move(summary),
               .detail = std::move(detail),
               .hint = std::move(hint)});
}

/// 64 bytes out of an answer: as they are, or as base64, however its lines are broken; "": there are none.
std::string signature_in(std::string_view answer) {
  if (answer.size() == k_signature_bytes) return std::string(answer);
  std::string digits;
  for (const char c : answer)
    if (c != ' ' && c != '\n' && c != '\r' && c != '\t') digits += c;
  constexpr std::size_t k_digits = (k_signature_bytes + 2) / 3 * 4;
  if (digits.size() != k_digits || !digits.ends_with("==")) return {};
  std::string bytes(digits.size(), '\0');
  const int length =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                      reinterpret_cast<const unsigned char*>(digits.data()), static_cast<int>(digits.size()));
  if (length < static_cast<int>(k_signature_bytes)) return {};
  return bytes.substr(0, k_signature_bytes);
}

/// The end of what a program said on standard error: there is the cause.
std::string complaint_of(const std::string& errors, const Scrubber* scrubber) {
  const auto clean = scrubber == nullptr ? errors : scrubber->clean(errors);
  auto text = std::string(trimmed(clean));
  if (text.size() > k_longest_complaint) text = "…" + text.substr(text.size() - k_longest_complaint);
  return text.empty() ? "It said nothing on standard error." : "It said: " + printable(text);
}

Result<std::string> sign_by_program(const std::vector<std::string>& words, const ProgramLimits& limits,
                                    const Scrubber* scrubber, std::string_view bytes) {
  const auto said = run_program(words, bytes, limits);
  if (!said) return fail(said.error());
  const auto name = printable(words.front());
  constexpr const char* k_by_hand = "try it by hand, with any file on its standard input";
  if (said->status != 0)
    return not_signed(fmt::format("the program '{}' has signed nothing", name),
                      fmt::format("It left with status {}. {}", said->status, complaint_of(said->errors, scrubber)),
                      k_by_hand);
  auto signature = signature_in(said->output);
  if (signature.empty())
    return not_signed(fmt::format("the program '{}' answered no Ed25519 signature", name),
                      fmt::format("It answered {}; 64 bytes were expected, or base64 of them. {}",
                                  counted(said->output.size(), "byte"), complaint_of(said->errors, scrubber)),
                      k_by_hand);
  return signature;
}

}  // namespace

Result<Signer> signer_of_file(const std::filesystem::path& file) {
  const auto pem = read_key_file(file);
  if (!pem) return fail(pem.error());
  auto key = PrivateKey::of_pem(*pem, file.string());
  if (!key) return fail(key.error());
  const auto half = key->public_key();
  return Signer{.key = half, .sign = [key = *std::move(key)](std::string_view bytes) -> Result<std::string> {
                  return key.sign(bytes);
                }};
}

Signer signer_of_command(std::vector<std::string> words, const PublicKey& key, ProgramLimits limits,
                         std::shared_ptr<const Scrubber> scrubber) {
  return {.key = key,
          .sign = [words = std::move(words), limits = std::move(limits), scrubber = std::move(scrubber)](
                      std::string_view bytes) { return sign_by_program(words, limits, scrubber.get(), bytes); }};
}

Result<std::string> signature_by(const Signer& signer, std::string_view bytes) {
  auto signature = signer.sign(bytes);
  if (!signature) return signature;
  if (!signer.key.verifies(bytes, *signature))
    return not_signed("the signature is not by the key that is named",
                      fmt::format("The public key has the fingerprint {}.", signer.key.fingerprint().base64),
                      "name the public half of the key that signs");
  return signature;
}

}  // namespace cloison::report
