// Keys in files, programs that sign, authorities that stamp: what is believed of them, and what is said of them.

#include "core/report/sign.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "core/base/digest.h"
#include "core/report/timestamp.h"
#include "tests/unit/report/packs.h"

namespace cloison::report {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class Signing : public ::testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder_); }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path write(const std::string& name, const std::string& text, fs::perms mode) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    fs::permissions(folder_ / name, mode);
    return folder_ / name;
  }
  [[nodiscard]] Result<std::string> by(const std::string& script, std::chrono::milliseconds time) const {
    const auto program = write("sign", "#!/bin/sh\n" + script + "\n", fs::perms::owner_all);
    return signature_by(signer_of_command({program.string()}, ours_.key, {.time = time}, scrubber_), "the list");
  }
  /// What is said when a program does this.
  [[nodiscard]] std::string refusal(const std::string& script,
                                    std::chrono::milliseconds time = std::chrono::seconds(20)) const {
    const auto signature = by(script, time);
    if (signature) return "signed";
    EXPECT_EQ(signature.error().code, "CL7103");
    EXPECT_NE(signature.error().hint, "");
    return signature.error().summary + ": " + signature.error().detail;
  }

  fs::path folder_ = fs::temp_directory_path() / ("cloison-sign-" + random_hex(6));
  Signer ours_ = signer_named("ours");
  std::shared_ptr<Scrubber> scrubber_ = std::make_shared<Scrubber>();
};

/// In PEM, of a fixed seed; encrypted where there is a passphrase.
std::string private_pem(int kind, const char* passphrase = nullptr) {
  const auto seed = sha256("ours");
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      EVP_PKEY_new_raw_private_key(kind, nullptr, seed.data(), seed.size()), &EVP_PKEY_free);
  const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), &BIO_free);
  std::string pass = passphrase == nullptr ? "" : passphrase;
  EXPECT_EQ(PEM_write_bio_PKCS8PrivateKey(out.get(), key.get(), passphrase == nullptr ? nullptr : EVP_aes_256_cbc(),
                                          pass.empty() ? nullptr : pass.data(), static_cast<int>(pass.size()), nullptr,
                                          nullptr),
            1);
  char* text = nullptr;
  const auto size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

TEST_F(Signing, TakesAPrivateKeyThatNobodyElseCanRead) {
  const auto file = write("key.pem", private_pem(EVP_PKEY_ED25519), fs::perms::owner_read);
  const auto signer = signer_of_file(file);
  ASSERT_TRUE(signer);
  EXPECT_EQ(signer->key, ours_.key);
  EXPECT_EQ(*signature_by(*signer, "the list"), *ours_.sign("the list")) << "Ed25519 has one signature only";
  for (const auto more : {fs::perms::group_read, fs::perms::others_read, fs::perms::group_write}) {
    fs::permissions(file, fs::perms::owner_read | more);
    const auto refused = signer_of_file(file);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "CL7102");
    EXPECT_THAT(refused.error().hint, HasSubstr("chmod 600"));
  }
}

TEST_F(Signing, RefusesKeysThatItCannotUseAndShowsNothingOfThem) {
  const auto refusal_of = [&](const std::string& text) {
    const auto signer = signer_of_file(write("key.pem", text, fs::perms::owner_read | fs::perms::owner_write));
    if (signer) return std::string("taken");
    EXPECT_EQ(signer.error().code, "CL7101");
    const auto said = signer.error().summary + signer.error().detail + signer.error().hint;
    if (text.size() > 100) {
      EXPECT_THAT(said, Not(HasSubstr(text.substr(40, 20))));
    }
    return said;
  };
  EXPECT_THAT(refusal_of(private_pem(EVP_PKEY_ED25519, "a passphrase")), HasSubstr("It is encrypted"));
  EXPECT_THAT(refusal_of(private_pem(EVP_PKEY_X25519)), HasSubstr("kind X25519"));
  EXPECT_THAT(refusal_of(ours_.key.pem()), HasSubstr("holds no key"));
  EXPECT_THAT(refusal_of("nonsense"), HasSubstr("holds no key"));
  EXPECT_THAT(refusal_of(std::string(100'000, 'x')), HasSubstr("longer than any key"));
  EXPECT_EQ(signer_of_file(folder_ / "none").error().code, "CL7101");
}

TEST_F(Signing, PrintsFingerprintsAsOpensslComputesThem) {
  const auto print = ours_.key.fingerprint();
  EXPECT_EQ(print.hex, sha256_hex(ours_.key.der()));
  EXPECT_EQ(print.grouped().size(), 79U);
  EXPECT_EQ(print.base64.size(), 50U);
  const auto again = public_key_of(Secret(ours_.key.pem()), "public.pem");
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, ours_.key);
}

TEST_F(Signing, HasAProgramSignThatAnswersBytesOrBase64) {
  write("signature", *ours_.sign("the list"), fs::perms::owner_all);
  const auto file = (folder_ / "signature").string();
  EXPECT_EQ(refusal("cat " + file), "signed");
  EXPECT_EQ(refusal("base64 " + file), "signed");
  EXPECT_EQ(refusal("base64 -w 0 " + file + "; exit 0"), "signed");
  EXPECT_EQ(refusal("test \"$(cat)\" = 'the list' && cat " + file), "signed") << "it gets what is to be signed";
  EXPECT_EQ(refusal("test \"$(wc -c </dev/stdin)\" = 8 && cat " + file), "signed") << "as a file that has a size";
}

TEST_F(Signing, BelievesNoProgram) {
  write("signature", *ours_.sign("another list"), fs::perms::owner_all);
  EXPECT_THAT(refusal("cat " + (folder_ / "signature").string()), HasSubstr("not by the key that is named"));
  EXPECT_THAT(refusal("echo nonsense"), HasSubstr("It answered 9 bytes"));
  EXPECT_THAT(refusal("echo the token is locked >&2; exit 3"), HasSubstr("status 3. It said: the token is locked"));
  EXPECT_THAT(refusal("exec yes"), HasSubstr("without end"));
  EXPECT_THAT(refusal("exec sleep 60", std::chrono::milliseconds(200)), HasSubstr("had not answered"));
  EXPECT_THAT(refusal("kill -9 $$"), HasSubstr("status 137"));
  const auto none = signature_by(signer_of_command({"/nowhere/sign"}, ours_.key, {}, nullptr), "x");
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().detail, HasSubstr("cannot be started"));
}

TEST_F(Signing, ShowsNoSecretOfWhatAProgramSays) {
  scrubber_->add(Secret("pin-123456"));
  EXPECT_THAT(refusal("printf 'pin-123456 is wrong\\033[2J' >&2; exit 1"),
              HasSubstr("It said: [secret] is wrong\\u001b[2J"));
}

TEST_F(Signing, SplitsWordsWithoutAShell) {
  EXPECT_THAT(*words_of_command("hsm --label 'audit key' \"x y\"z $HOME"),
              ElementsAre("hsm", "--label", "audit key", "x yz", "$HOME"));
  EXPECT_THAT(*words_of_command(" a '' "), ElementsAre("a", ""));
  EXPECT_FALSE(words_of_command("a 'b"));
  EXPECT_FALSE(words_of_command("  "));
}

/// Answers what it is told, whatever it is asked.
class Authority final : public net::Transport {
 public:
  explicit Authority(net::Answer answer) : answer_(std::move(answer)) {}
  Result<net::Answer> send(const net::Request& request, const net::Limits& /*limits*/) override {
    asked = request;
    return answer_;
  }
  net::Request asked{};

 private:
  net::Answer answer_;
};

TEST_F(Signing, TakesNoTimestampThatIsNone) {
  const auto refusal_of = [](net::Answer answer, const std::string& url = "https://tsa.example/") {
    Authority authority(std::move(answer));
    const auto stamp = request_timestamp(authority, url, "signature", {});
    if (stamp) return std::string("taken");
    EXPECT_EQ(stamp.error().code, "CL7105");
    return stamp.error().detail;
  };
  const std::vector<net::Header> reply{{"content-type", "application/timestamp-reply"}};
  EXPECT_THAT(refusal_of({.status = 200, .headers = reply, .body = "nonsense"}),
              HasSubstr("no answer of a time-stamping"));
  EXPECT_THAT(refusal_of({.status = 500, .headers = reply}), HasSubstr("HTTP status 500"));
  EXPECT_THAT(refusal_of({.status = 200, .headers = {{"content-type", "text/html"}}}), HasSubstr("is no application/"));
  // PKIStatusInfo { status rejection(2) }, without a token
  EXPECT_THAT(refusal_of({.status = 200, .headers = reply, .body = std::string("\x30\x05\x30\x03\x02\x01\x02", 7)}),
              HasSubstr("cannot be used"));
  EXPECT_THAT(refusal_of({}, "http://tsa.example/"), HasSubstr("https://"));
  Authority authority({.status = 404});
  EXPECT_FALSE(request_timestamp(authority, "https://tsa.example/", "signature", {}));
  EXPECT_EQ(authority.asked.method, "POST");
  EXPECT_EQ(authority.asked.headers[0].value, "application/timestamp-query");
}

}  // namespace
}  // namespace cloison::report
