#include "providers/node/certificates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

namespace cloison::node {
namespace {

using ::testing::HasSubstr;
constexpr std::chrono::sys_seconds k_today{std::chrono::seconds(1'795'000'000)};
constexpr int64_t k_day = 86'400;

/// Valid from so many days after now until so many.
std::string certificate(int64_t from, int64_t until) {
  auto* key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  auto* made = X509_new();
  const auto at = [](int64_t days) { return static_cast<time_t>(k_today.time_since_epoch().count() + days * k_day); };
  ASN1_TIME_set(X509_getm_notBefore(made), at(from));
  ASN1_TIME_set(X509_getm_notAfter(made), at(until));
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>("gateway.test"), -1, -1, 0);
  X509_set_pubkey(made, key);
  X509_sign(made, key, nullptr);
  auto* out = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(out, made);
  char* text = nullptr;
  const auto size = BIO_get_mem_data(out, &text);
  std::string pem(text, static_cast<std::size_t>(size));
  BIO_free(out), X509_free(made), EVP_PKEY_free(key);
  return pem;
}

TEST(Certificates, OneThatIsOverIsNeverServed) {
  EXPECT_TRUE(check_certificate("file:edge.pem", certificate(-1, 10), k_today));
  const auto over = check_certificate("file:edge.pem", certificate(-10, -1), k_today);
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error().code, "CL5438");
  EXPECT_THAT(over.error().detail, HasSubstr("CN=gateway.test ended on"));
  EXPECT_THAT(over.error().hint, HasSubstr("-in edge.pem"));
  EXPECT_THAT(check_certificate("file:edge.pem", certificate(1, 10), k_today).error().detail, HasSubstr("begins on"));
  EXPECT_EQ(check_certificate("file:edge.pem", "no certificate", k_today).error().code, "CL5438");
}

TEST(Certificates, OneThatEndsSoonIsSaid) {
  NodeIntent node{.path = "here.app.edge-1"};
  node.services.push_back({.name = "edge"});
  const auto notes_at = [&](int64_t days) {
    const auto facts = certificate_facts(
        {{"address", "10.0.0.1"}, {"certificate.edge", "file:edge.pem"}, {"certificate.gone", "file:gone.pem"}},
        [&](const std::string& reference) -> Result<Secret> {
          if (reference == "file:edge.pem") return Secret(certificate(-1, days));
          return fail({.code = "CL5434"});
        },
        k_today);
    Diagnostics notes;
    note_certificates(node, facts, notes);
    return notes;
  };
  EXPECT_TRUE(notes_at(31).empty());
  ASSERT_EQ(notes_at(12).size(), 1U);
  EXPECT_EQ(notes_at(12)[0].code, "CL5439");
  EXPECT_EQ(notes_at(12)[0].severity, Diagnostic::Severity::warning);
  EXPECT_THAT(notes_at(12)[0].summary, HasSubstr("ends in 12 days"));
  EXPECT_THAT(notes_at(-3)[0].summary, HasSubstr("is over"));
}

}  // namespace
}  // namespace cloison::node
