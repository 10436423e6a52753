#include "providers/node/artifacts.h"

#include <fstream>

#include <archive.h>
#include <archive_entry.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "core/base/digest.h"

namespace cloison::node {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Member {
  std::string name{}, content{};
  bool program = false, link = false;
};

class Artifacts : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("cloison-artifacts-" + random_hex(4));
    fs::create_directories(folder_);
    access_.folder = folder_;
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& content) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary) << content;
    return sha256_hex(content);
  }
  static std::string read(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  /// An archive of that format with these members; its digest.
  std::string pack(const std::string& name, int (*format)(archive*), const std::vector<Member>& members) const {
    auto* out = archive_write_new();
    format(out);
    archive_write_open_filename(out, (folder_ / name).c_str());
    for (const auto& one : members) {
      auto* entry = archive_entry_new();
      archive_entry_set_pathname(entry, one.name.c_str());
      archive_entry_set_filetype(entry, one.link ? AE_IFLNK : AE_IFREG);
      if (one.link) archive_entry_set_symlink(entry, "/etc/passwd");
      archive_entry_set_perm(entry, one.program ? 0755 : 0640);
      archive_entry_set_size(entry, one.link ? 0 : static_cast<int64_t>(one.content.size()));
      archive_write_header(out, entry);
      if (!one.link) archive_write_data(out, one.content.data(), one.content.size());
      archive_entry_free(entry);
    }
    archive_write_free(out);
    return sha256_hex(read(folder_ / name));
  }
  /// "MODE NAME CONTENT" of each member.
  static std::vector<std::string> members_of(const fs::path& path) {
    std::vector<std::string> all;
    auto* in = archive_read_new();
    archive_read_support_format_tar(in);
    EXPECT_EQ(archive_read_open_filename(in, path.c_str(), 10240), ARCHIVE_OK);
    archive_entry* entry = nullptr;
    while (archive_read_next_header(in, &entry) == ARCHIVE_OK) {
      std::string content(static_cast<std::size_t>(archive_entry_size(entry)), '\0');
      archive_read_data(in, content.data(), content.size());
      EXPECT_EQ(archive_entry_mtime(entry), 0);
      EXPECT_EQ(archive_entry_uid(entry), 0);
      all.push_back((archive_entry_perm(entry) == 0755 ? "755 " : "644 ") + std::string(archive_entry_pathname(entry)) +
                    " " + content);
    }
    archive_read_free(in);
    return all;
  }
  Result<Parcel> obtained(const Artifact& artifact) const { return obtain(artifact, access_, {}); }
  std::string refused(const Artifact& artifact) const {
    const auto parcel = obtained(artifact);
    EXPECT_FALSE(parcel);
    return parcel ? "" : parcel.error().code + " " + parcel.error().detail;
  }

  fs::path folder_{};
  net::Access access_{};
};

TEST_F(Artifacts, AFileIsSentAsItIs) {
  const auto digest = write("gateway", "program");
  const auto parcel = obtained({.source = "file:gateway", .sha256 = digest});
  ASSERT_TRUE(parcel);
  EXPECT_EQ(parcel->path, folder_ / "gateway");
  EXPECT_EQ(parcel->sha256, digest);
  EXPECT_THAT(refused({.source = "file:other", .sha256 = digest}), HasSubstr("CL5432"));
  EXPECT_THAT(refused({.source = "file:gateway", .sha256 = std::string(64, '0')}), HasSubstr(digest));
}

TEST_F(Artifacts, AFolderIsTheSameArchiveWhereverItIsMade) {
  write("one/bin/gateway", "program"), write("one/etc/a.json", "{}"), write("two/etc/a.json", "{}");
  write("two/bin/gateway", "program");
  for (const auto* const one : {"one", "two"}) {
    fs::permissions(folder_ / one / "bin/gateway", fs::perms::owner_exec, fs::perm_options::add);
    fs::last_write_time(folder_ / one / "etc/a.json", fs::file_time_type::clock::now() - std::chrono::hours(one[0]));
  }
  // Who does not know the digest learns it.
  const auto said = refused({.source = "file:one", .sha256 = std::string(64, '0')});
  const auto digest = said.substr(said.find("SHA-256 is ") + 11, 64);
  const auto one = obtained({.source = "file:one", .sha256 = digest}),
             two = obtained({.source = "file:two", .sha256 = digest});
  ASSERT_TRUE(one && two);
  EXPECT_THAT(members_of(one->path),
              ElementsAre("755 bin/ ", "755 bin/gateway program", "755 etc/ ", "644 etc/a.json {}"));
  fs::create_symlink("/etc/passwd", folder_ / "two/link");
  EXPECT_THAT(refused({.source = "file:two", .sha256 = std::string(64, '1')}),
              HasSubstr("neither a file nor a folder"));
}

TEST_F(Artifacts, OtherArchivesBecomeTar) {
  const std::vector<Member> members{{.name = "./bin/gateway", .content = "program", .program = true},
                                    {.name = "a.json", .content = "{}"}};
  for (const auto& [name, format] : {std::pair("g.zip", &archive_write_set_format_zip),
                                     {"g.7z", &archive_write_set_format_7zip},
                                     {"g.cpio", &archive_write_set_format_cpio_newc}}) {
    const auto digest = pack(name, format, members);
    const auto parcel = obtained({.source = std::string("file:") + name, .sha256 = digest});
    ASSERT_TRUE(parcel) << name << ": " << parcel.error().detail;
    EXPECT_NE(parcel->sha256, digest);
    EXPECT_EQ(parcel->sha256, sha256_hex(read(parcel->path)));
    EXPECT_THAT(members_of(parcel->path), ElementsAre("755 bin/gateway program", "644 a.json {}")) << name;
  }
}

TEST_F(Artifacts, ADebianPackageIsWhatItInstalls) {
  pack("data.tar", &archive_write_set_format_ustar,
       {{.name = "./usr/bin/gateway", .content = "program", .program = true}});
  const auto digest = pack("g.deb", &archive_write_set_format_ar_svr4,
                           {{.name = "debian-binary", .content = "2.0\n"},
                            {.name = "control.tar", .content = "whatever it would run"},
                            {.name = "data.tar", .content = read(folder_ / "data.tar")}});
  const auto parcel = obtained({.source = "file:g.deb", .sha256 = digest});
  ASSERT_TRUE(parcel) << parcel.error().detail;
  EXPECT_THAT(members_of(parcel->path), ElementsAre("755 usr/bin/gateway program"));
  const auto none =
      pack("none.deb", &archive_write_set_format_ar_svr4, {{.name = "debian-binary", .content = "2.0\n"}});
  EXPECT_THAT(refused({.source = "file:none.deb", .sha256 = none}), HasSubstr("no data.tar"));
}

TEST_F(Artifacts, NothingLeadsOutOfAnArchive) {
  for (const auto& bad : {Member{.name = "../gateway"}, Member{.name = "/etc/passwd"}, Member{.name = "a/../../b"},
                          Member{.name = "link", .link = true}}) {
    const auto digest = pack("bad.zip", &archive_write_set_format_zip, {{.name = "gateway", .content = "x"}, bad});
    EXPECT_THAT(refused({.source = "file:bad.zip", .sha256 = digest}), HasSubstr("CL5432")) << bad.name;
  }
  const auto digest = write("cut.zip", "PK\x03\x04 and then nothing");
  EXPECT_THAT(refused({.source = "file:cut.zip", .sha256 = digest}), HasSubstr("CL5432"));
  EXPECT_TRUE(fs::is_empty(folder_ / ".cloison/artifacts")) << "and nothing of it stays";
}

/// Ed25519 keys and signatures of OpenSSL.
class Signer {
 public:
  Signer() : key_(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), &EVP_PKEY_free) {}
  [[nodiscard]] std::string public_pem() const {
    auto* out = BIO_new(BIO_s_mem());
    PEM_write_bio_PUBKEY(out, key_.get());
    char* text = nullptr;
    const auto size = BIO_get_mem_data(out, &text);
    std::string pem(text, static_cast<std::size_t>(size));
    BIO_free(out);
    return pem;
  }
  [[nodiscard]] std::string sign(const std::string& content) const {
    auto* context = EVP_MD_CTX_new();
    EVP_DigestSignInit(context, nullptr, nullptr, nullptr, key_.get());
    std::string signature(64, '\0');
    auto size = signature.size();
    EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &size,
                   reinterpret_cast<const unsigned char*>(content.data()), content.size());
    EVP_MD_CTX_free(context);
    return signature;
  }

 private:
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
};

TEST_F(Artifacts, OnlyTheKeysOwnerCanVouchForThem) {
  const Signer ours, other;
  const auto digest = write("gateway", "program");
  write("ours.pem", ours.public_pem()), write("good.sig", ours.sign("program")),
      write("other.sig", other.sign("program"));
  write("old.sig", ours.sign("progra")), write("short.sig", "abc"), write("no.pem", "-----BEGIN PUBLIC KEY-----\nx\n");
  std::string base64(88, '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(base64.data()),
                  reinterpret_cast<const unsigned char*>(ours.sign("program").data()), 64);
  write("text.sig", base64 + "\n");
  const auto with = [&](const std::string& signature, const std::string& key) {
    return Artifact{.source = "file:gateway", .sha256 = digest, .signature = signature, .public_key = key};
  };
  EXPECT_TRUE(obtained(with("file:good.sig", "file:ours.pem")));
  EXPECT_TRUE(obtained(with("file:text.sig", "file:ours.pem")));
  EXPECT_THAT(refused(with("file:other.sig", "file:ours.pem")), HasSubstr("CL5437 Its signature is not one"));
  EXPECT_THAT(refused(with("file:old.sig", "file:ours.pem")), HasSubstr("CL5437 Its signature is not one"));
  EXPECT_THAT(refused(with("file:short.sig", "file:ours.pem")), HasSubstr("holds no Ed25519 signature"));
  EXPECT_THAT(refused(with("file:good.sig", "file:no.pem")), HasSubstr("holds no Ed25519 key"));
  EXPECT_THAT(refused(with("file:good.sig", "")), HasSubstr("belong together"));
  EXPECT_THAT(refused(with("file:away.sig", "file:ours.pem")), HasSubstr("CL5434"));
}

}  // namespace
}  // namespace cloison::node
