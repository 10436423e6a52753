#include "core/report/sign.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/base64.h"
#include "core/base/strings.h"

namespace cloison::report {

namespace {

constexpr std::size_t k_longest_complaint = 600;

tl::unexpected<Diagnostic> not_signed(std::string summary, std::string detail, std::string hint,
                                      ErrorKind kind = ErrorKind::usage) {
  return fail({.kind = kind,
               .code = "CL7103",
               .summary = std::move(summary),
               .detail = std::move(detail),
               .hint = std::move(hint)});
}

/// 64 bytes out of an answer: as they are, or as base64, however its lines are broken; "": there are none.
std::string signature_in(std::string_view answer) {
  if (answer.size() == k_signature_bytes) return std::string(answer);
  return from_base64(answer, k_signature_bytes).value_or(std::string());
}

/// The end of what a program said on standard error: there is the cause.
std::string complaint_of(const std::string& errors, const Scrubber* scrubber) {
  const auto clean = scrubber == nullptr ? errors : scrubber->clean(errors);
  auto text = std::string(trimmed(clean));
  if (text.size() > k_longest_complaint) text = "…" + text.substr(text.size() - k_longest_complaint);
  return text.empty() ? "It said nothing on standard error." : "It said: " + printable(text);
}

Result<std::string> sign_by_program(const std::vector<std::string>& words, const ChildLimits& limits,
                                    const Scrubber* scrubber, std::string_view bytes) {
  const auto name = words.empty() ? std::string() : printable(words.front());
  constexpr const char* k_by_hand =
      "try it by hand: it gets MANIFEST.sha256 on standard input and answers 64 bytes, or base64 of them, on standard "
      "output";
  if (name.empty()) return not_signed("no program was named that signs", "", k_by_hand);
  const auto said = run_child({.words = words, .input = bytes, .takes_complaints = true}, limits);
  if (!said)
    return not_signed(fmt::format("the program '{}' has signed nothing", name), said.error().detail, k_by_hand,
                      said.error().kind);
  if (said->status != 0)
    return not_signed(fmt::format("the program '{}' has signed nothing", name),
                      fmt::format("It left with status {}. {}", said->status, complaint_of(said->complaints, scrubber)),
                      k_by_hand);
  auto signature = signature_in(said->output);
  if (signature.empty())
    return not_signed(fmt::format("the program '{}' answered no Ed25519 signature", name),
                      fmt::format("It answered {}; 64 bytes were expected, or base64 of them. {}",
                                  counted(said->output.size(), "byte"), complaint_of(said->complaints, scrubber)),
                      k_by_hand);
  return signature;
}

}  // namespace

std::optional<std::vector<std::string>> words_of_command(std::string_view text) {
  std::vector<std::string> words;
  char quote = '\0';
  bool in_word = false;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\t' || c == '\n';
    if (quote == '\0' && blank) {
      in_word = false;
      continue;
    }
    if (!in_word) words.emplace_back();
    in_word = true;
    if (quote == '\0' && (c == '\'' || c == '"'))
      quote = c;
    else if (quote != '\0' && c == quote)
      quote = '\0';
    else
      words.back() += c;
  }
  if (quote != '\0' || words.empty() || words.front().empty()) return std::nullopt;
  return words;
}

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

Signer signer_of_command(std::vector<std::string> words, const PublicKey& key, ChildLimits limits,
                         std::shared_ptr<const Scrubber> scrubber) {
  constexpr std::size_t k_longest_answer = std::size_t{64} << 10U;
  limits.output = std::min(limits.output, k_longest_answer);
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
