#include "tests/unit/report/packs.h"

#include <algorithm>
#include <memory>

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include "core/base/digest.h"
#include "core/report/gzip.h"
#include "core/report/tar.h"

namespace cloison::report {

Signer signer_named(const std::string& name) {
  const auto seed = sha256(name);
  const std::shared_ptr<EVP_PKEY> key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()),
                                      &EVP_PKEY_free);
  PublicKey::Raw half{};
  std::size_t size = half.size();
  EXPECT_EQ(EVP_PKEY_get_raw_public_key(key.get(), half.data(), &size), 1);
  return {.key = PublicKey(half), .sign = [key](std::string_view bytes) -> Result<std::string> {
            const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
            std::string signature(k_signature_bytes, '\0');
            std::size_t length = signature.size();
            EXPECT_EQ(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()), 1);
            EXPECT_EQ(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &length,
                                     reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()),
                      1);
            return signature;
          }};
}

PackRequest clinic_request() {
  return {.network = "clinic",
          .made_by = "cloison 0.6.0",
          .as_of = *parse_rfc3339("2026-11-22T10:00:00Z"),
          .entries = {{"topology/topology.yaml", "cloison: 1\nname: clinic\n", "topology, as it was read"},
                      {"reports/rules.csv", "id;from;to\nF-1;app;data\n", "rules, as CSV"},
                      {"live/empty.json", "", "what is there"},
                      {"live/ovh.json", std::string(1500, '7'), "what is there"}},
          .previous = std::nullopt};
}

std::string made(const PackRequest& request, const Signer& signer) {
  auto pack = make_pack(request, signer);
  EXPECT_TRUE(pack) << (pack ? "" : pack.error().summary + pack.error().detail);
  return pack.value_or("");
}

Parts parts_of(const std::string& archive) {
  const auto tar = unpack_gzip(archive, k_most_packed_bytes);
  Parts parts;
  for (const auto& file : read_tar(tar.bytes, k_most_packed_files).files)
    parts.push_back({.path = file.path, .bytes = std::string(file.bytes), .mtime = file.mtime});
  return parts;
}

std::string tar_of(const Parts& parts) {
  std::string tar;
  for (const auto& one : parts) {
    auto header = tar_header(one.path, one.bytes.size(), one.mtime);
    const int more = one.type - header[156];
    header[156] = one.type;
    auto sum = std::stoi(header.substr(148, 6), nullptr, 8) + more;
    for (std::size_t i = 6; i-- > 0; sum /= 8) header[148 + i] = static_cast<char>('0' + sum % 8);
    tar += header + one.bytes + std::string(tar_padding(one.bytes.size()), '\0');
  }
  return tar + std::string(2 * k_tar_block, '\0');
}

std::string gzip_of(const std::string& bytes) {
  GzipWriter out;
  out.add(bytes);
  return out.finish();
}

TarPart& part(Parts& parts, std::string_view path) {
  const auto found = std::find_if(parts.begin(), parts.end(), [&](const TarPart& one) { return one.path == path; });
  EXPECT_NE(found, parts.end()) << path;
  return *found;
}

void list_and_sign(Parts& parts, const Signer& signer) {
  std::vector<DigestLine> lines;
  for (const auto& one : parts)
    if (!one.path.starts_with(k_manifest)) lines.push_back({sha256_hex(one.bytes), one.path});
  std::sort(lines.begin(), lines.end(), [](const DigestLine& a, const DigestLine& b) { return a.path < b.path; });
  part(parts, k_manifest).bytes = digest_lines(lines);
  part(parts, k_signature).bytes = *signer.sign(part(parts, k_manifest).bytes);
}

std::vector<std::string> told(const PackCheck& check) {
  std::vector<std::string> all;
  for (const auto& finding : check.findings) {
    EXPECT_NE(finding.hint, "") << finding.code;
    all.push_back(finding.code + (finding.address.empty() ? "" : " " + finding.address));
  }
  return all;
}

}  // namespace cloison::report
