#include "core/ops/evidence.h"

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/ops/files.h"
#include "core/report/pack.h"

namespace cloison::ops {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t k_most_certificates_bytes = std::size_t{1} << 20U;

PackVerdict not_checked(Diagnostic why) {
  PackVerdict verdict{.notes = {std::move(why)}};
  verdict.ending = ending_of(verdict.notes);
  return verdict;
}

Result<std::string> authorities_in(const fs::path& file) {
  if (file.empty()) return std::string();
  auto pem = read_file(file, k_most_certificates_bytes);
  if (!pem) return pem;
  if (report::certificates_in(*pem) == 0)
    return fail({.kind = ErrorKind::usage,
                 .code = "CL7106",
                 .summary = fmt::format("{} holds no certificate", printable(file.string())),
                 .detail = "The certificates of time-stamping authorities stand there in PEM "
                           "(-----BEGIN CERTIFICATE-----).",
                 .hint = "where it is in DER: openssl x509 -inform DER -in FILE -out tsa-ca.pem"});
  return pem;
}

}  // namespace

PackVerdict check_pack_file(const PackFiles& files) {
  const auto key = public_key_in(files.key);
  if (!key) return not_checked(key.error());
  auto authorities = authorities_in(files.authorities);
  if (!authorities) return not_checked(authorities.error());
  // What is longer than this is not read at all: nothing can be packed into more than it was.
  const auto archive = read_file(files.pack, report::k_most_packed_bytes);
  if (!archive) return not_checked(archive.error());
  Result<std::string> previous;
  report::CheckWith with{.authorities = *std::move(authorities)};
  if (!files.previous.empty()) {
    previous = read_file(files.previous, report::k_most_packed_bytes);
    if (!previous) return not_checked(previous.error());
    with.previous = *previous;
  }
  PackVerdict verdict{.checked = true, .check = report::check_pack(*archive, *key, with), .key = key->fingerprint()};
  verdict.notes = verdict.check.findings;
  verdict.ending = ending_of(verdict.notes);
  return verdict;
}

Result<report::PublicKey> public_key_in(const fs::path& file) {
  const auto pem = report::read_key_file(file);
  if (!pem) return fail(pem.error());
  return report::public_key_of(*pem, file.string());
}

}  // namespace cloison::ops
