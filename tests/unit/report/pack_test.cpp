// Evidence packs: the same bytes each time, what goes into none, and every way to change one, found by its name.

#include "core/report/pack.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/digest.h"
#include "core/report/gzip.h"
#include "core/report/tar.h"
#include "tests/unit/report/packs.h"

namespace cloison::report {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

class Packs : public ::testing::Test {
 protected:
  Signer signer_ = signer_named("ours");
  std::string pack_ = made(clinic_request(), signer_);
  Parts parts_ = parts_of(pack_);

  [[nodiscard]] PackCheck check(const std::string& archive, const CheckWith& with = {}) const {
    return check_pack(archive, signer_.key, with);
  }
  [[nodiscard]] std::vector<std::string> found(const std::string& archive) const { return told(check(archive)); }
  [[nodiscard]] std::vector<std::string> found(const Parts& parts) const { return found(archive_of_parts(parts)); }
  [[nodiscard]] std::string second(const std::string& first) const {
    auto request = clinic_request();
    request.previous = check(first).link;
    request.entries.front().bytes += "# later\n";
    return made(request, signer_);
  }
};

TEST_F(Packs, AreTheSameBytesEachTime) {
  EXPECT_EQ(pack_, made(clinic_request(), signer_));
  auto turned = clinic_request();
  std::reverse(turned.entries.begin(), turned.entries.end());
  EXPECT_EQ(pack_, made(turned, signer_));
  EXPECT_EQ(pack_, archive_of_parts(parts_)) << "the tests' own writer must make the same";
}

TEST_F(Packs, AreGoodAndSayWhatTheyAre) {
  const auto good = check(pack_);
  EXPECT_THAT(told(good), IsEmpty());
  ASSERT_TRUE(good.about);
  EXPECT_EQ(good.about->network, "clinic");
  EXPECT_EQ(good.about->number, 1U);
  EXPECT_EQ(good.about->as_of, "2026-11-22T10:00:00Z");
  EXPECT_EQ(good.about->signed_by, signer_.key.fingerprint().base64);
  EXPECT_EQ(good.files, 9U);
  std::vector<std::string> paths;
  for (const auto& one : parts_) paths.push_back(one.path);
  EXPECT_THAT(paths,
              ElementsAre("LISEZMOI.txt", "MANIFEST.sha256", "MANIFEST.sha256.sig", "README.txt", "live/empty.json",
                          "live/ovh.json", "manifest.json", "reports/rules.csv", "topology/topology.yaml"));
}

TEST_F(Packs, ThatCannotBeMadeAreRefused) {
  for (const auto* const path :
       {"", "/etc/passwd", "../x", "a/../b", "a//b", "./a", "a\nb", "a b", "r\xc3\xa9seau", "-rf", "a/-x", "a.", "a\\b",
        "README.txt", "Manifest.JSON", "MANIFEST.sha256.tsr", "reports/RULES.csv", "a/"}) {
    auto request = clinic_request();
    request.entries.push_back({path, "x", ""});
    const auto pack = make_pack(request, signer_);
    ASSERT_FALSE(pack) << path;
    EXPECT_EQ(pack.error().code, "CL7104") << path;
  }
  auto request = clinic_request();
  request.entries.push_back({std::string(k_longest_packed_path + 1, 'a'), "x", ""});
  EXPECT_FALSE(make_pack(request, signer_));
  request = clinic_request();
  request.as_of = *parse_rfc3339("1969-12-31");
  EXPECT_FALSE(make_pack(request, signer_));
  request.entries.resize(k_most_packed_files, {"x", "", ""});
  EXPECT_FALSE(make_pack(request, signer_));
}

TEST_F(Packs, HoldAnyPathByAnotherName) {
  EXPECT_EQ(packable("sites/lyon-03.yaml"), "sites/lyon-03.yaml");
  EXPECT_THAT(packable("r\xc3\xa9seau \xc3\xa9tendu.yaml"), StartsWith("r__seau___tendu_"));
  EXPECT_NE(packable("a b"), packable("a_b"));
  EXPECT_NE(packable("a b"), packable("a\tb"));
  for (const std::string& path :
       {std::string("../../etc/x"), std::string(""), std::string("/"), std::string(500, 'x'), std::string("-a/-b"),
        std::string("a./b."), std::string(300, '/') + "y", std::string("a\0b", 3)})
    EXPECT_EQ(path_problem(packable(path)), "") << packable(path);
}

TEST_F(Packs, WithLongPathsKeepThem) {
  auto request = clinic_request();
  const auto path = std::string(60, 'a') + "/" + std::string(60, 'b') + "/" + std::string(50, 'c');
  request.entries.push_back({path, "x", ""});
  const auto good = check(made(request, signer_));
  EXPECT_THAT(told(good), IsEmpty());
  EXPECT_EQ(good.about->files[2].path, path);
}

TEST_F(Packs, ChangedInAnyByteOfAnyFileNameIt) {
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    const auto size = parts_[i].bytes.size();
    if (size == 0) continue;
    for (const auto at : {std::size_t{0}, size / 3, size / 2, size - 1}) {
      auto parts = parts_;
      parts[i].bytes[at] = static_cast<char>(parts[i].bytes[at] ^ 1);
      const auto findings = found(parts);
      ASSERT_THAT(findings, Not(IsEmpty())) << parts[i].path << " " << at;
      const bool list = parts[i].path.starts_with(k_manifest);
      EXPECT_THAT(findings, Contains(list ? "CL7112 MANIFEST.sha256.sig" : "CL7113 " + parts[i].path)) << at;
    }
  }
}

TEST_F(Packs, ChangedInAnyBitOfTheTarAreRefused) {
  const auto tar = tar_of(parts_);
  for (std::size_t at = 0; at < tar.size(); at += 7) {
    auto changed = tar;
    changed[at] = static_cast<char>(changed[at] ^ (1 << at % 8));
    EXPECT_THAT(found(gzip_of(changed)), Not(IsEmpty())) << at;
  }
}

TEST_F(Packs, WithoutAFileNameIt) {
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    auto parts = parts_;
    const auto path = parts[i].path;
    parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_THAT(found(parts), ElementsAre((path.starts_with(k_manifest) ? "CL7112 " : "CL7114 ") + path));
  }
}

TEST_F(Packs, WithAnotherFileNameIt) {
  auto parts = parts_;
  parts.push_back({.path = "zz/added.txt", .bytes = "x"});
  EXPECT_THAT(found(parts), ElementsAre("CL7114 zz/added.txt"));
  parts.back().path = "MANIFEST.sha256.old";
  std::swap(parts.back(), parts[2]);  // where it belongs, but for the signature
  EXPECT_THAT(found(parts), Contains("CL7114 MANIFEST.sha256.old"));
}

TEST_F(Packs, WithSwappedFilesNameBothAndWhatTheyHold) {
  auto parts = parts_;
  std::swap(part(parts, "reports/rules.csv").bytes, part(parts, "live/ovh.json").bytes);
  const auto findings = check(archive_of_parts(parts));
  EXPECT_THAT(told(findings), ElementsAre("CL7113 live/ovh.json", "CL7113 reports/rules.csv"));
  EXPECT_THAT(findings.findings[0].detail, HasSubstr("what belongs into 'reports/rules.csv'"));
  parts = parts_;
  std::swap(parts[4], parts[5]);  // only their places
  EXPECT_THAT(found(parts), ElementsAre("CL7111 live/empty.json"));
}

TEST_F(Packs, OfAnotherKeyAreNotBelieved) {
  const auto other = signer_named("theirs");
  const auto foreign = check(made(clinic_request(), other));
  EXPECT_THAT(told(foreign), ElementsAre("CL7112 MANIFEST.sha256.sig"));
  EXPECT_THAT(foreign.findings[0].detail, HasSubstr(other.key.fingerprint().base64));
  auto parts = parts_;
  part(parts, "reports/rules.csv").bytes += "F-2;internet;data\n";
  list_and_sign(parts, other);
  EXPECT_THAT(found(parts), UnorderedElementsAre("CL7112 MANIFEST.sha256.sig", "CL7115 reports/rules.csv"));
  parts = parts_;
  part(parts, k_signature).bytes += "x";
  EXPECT_THAT(found(parts), ElementsAre("CL7112 MANIFEST.sha256.sig"));
}

TEST_F(Packs, WhoseListsDisagreeAreRefusedAlsoWhenSigned) {
  auto parts = parts_;
  auto& about = part(parts, k_about).bytes;
  about.replace(about.find("\"size\":1500"), 11, "\"size\":1501");
  list_and_sign(parts, signer_);
  EXPECT_THAT(found(parts), ElementsAre("CL7115 live/ovh.json"));
  about = "{}";
  list_and_sign(parts, signer_);
  EXPECT_THAT(found(parts), ElementsAre("CL7115 manifest.json"));
  parts = parts_;
  part(parts, "reports/rules.csv").bytes = "other";
  list_and_sign(parts, signer_);
  EXPECT_THAT(found(parts), ElementsAre("CL7115 reports/rules.csv"));
  parts = parts_;
  auto& lines = part(parts, k_manifest).bytes;
  lines.insert(0, "\n");
  part(parts, k_signature).bytes = *signer_.sign(lines);
  EXPECT_THAT(found(parts), ElementsAre("CL7115 MANIFEST.sha256"));
}

TEST_F(Packs, FormAChain) {
  const auto after = second(pack_);
  const auto good = check(after, {.previous = pack_});
  EXPECT_THAT(told(good), IsEmpty());
  EXPECT_TRUE(good.follows_previous);
  EXPECT_EQ(good.about->number, 2U);
  const auto third = second(after);
  const auto broken = [&](const std::string& one, const std::string& previous) {
    const auto result = check(one, {.previous = previous});
    EXPECT_FALSE(result.follows_previous);
    EXPECT_THAT(told(result), ElementsAre("CL7116 manifest.json"));
    return result.findings.empty() ? std::string() : result.findings[0].summary + " " + result.findings[0].detail;
  };
  EXPECT_THAT(broken(third, pack_), HasSubstr("number 3 does not come after number 1"));
  EXPECT_THAT(broken(after, after), HasSubstr("They are the same pack"));
  EXPECT_THAT(broken(pack_, after), HasSubstr("does not come after"));
  auto request = clinic_request();
  request.entries.front().bytes += "# replaced\n";
  const auto replaced = made(request, signer_);
  EXPECT_THAT(broken(after, replaced), HasSubstr("does not follow this number 1"));
  EXPECT_THAT(broken(pack_, replaced), HasSubstr("two packs number 1 They are different"));
  EXPECT_THAT(broken(after, "nonsense"), HasSubstr("cannot be read"));
  request = clinic_request();
  request.network = "practice";
  EXPECT_THAT(told(check(after, {.previous = made(request, signer_)})),
              ElementsAre("CL7116 manifest.json", "CL7116 manifest.json"));
}

TEST_F(Packs, WhoseNumberIsNotTheirOwnAreRefused) {
  auto parts = parts_;
  auto& about = part(parts, k_about).bytes;
  about.replace(about.find("\"number\": 1"), 11, "\"number\": 7");
  list_and_sign(parts, signer_);
  EXPECT_THAT(found(parts), ElementsAre("CL7116 manifest.json"));
}

TEST_F(Packs, OfALaterVersionAreNotJudged) {
  auto parts = parts_;
  auto& about = part(parts, k_about).bytes;
  about.replace(about.find("\"version\": 1"), 12, "\"version\": 2");
  list_and_sign(parts, signer_);
  EXPECT_THAT(found(parts), ElementsAre("CL7118 manifest.json"));
}

TEST_F(Packs, CutAnywhereAreRefused) {
  for (std::size_t size = 0; size < pack_.size(); ++size)
    EXPECT_THAT(found(pack_.substr(0, size)), Contains("CL7110")) << size;
  const auto tar = tar_of(parts_);
  for (std::size_t size = 0; size < tar.size(); size += 64)
    EXPECT_THAT(found(gzip_of(tar.substr(0, size))), Contains(StartsWith("CL7110"))) << size;
  const auto within = tar.find("name: clinic\n") + 3;
  EXPECT_THAT(found(gzip_of(tar.substr(0, within))), ElementsAre("CL7110 topology/topology.yaml"));
}

TEST_F(Packs, WithAnythingBehindTheirEndAreRefused) {
  EXPECT_THAT(found(pack_ + "x"), ElementsAre("CL7110"));
  EXPECT_THAT(found(pack_ + pack_), ElementsAre("CL7110"));
  EXPECT_THAT(found(gzip_of(tar_of(parts_) + std::string(512, '\0'))), ElementsAre("CL7111"));
  EXPECT_THAT(found(gzip_of(tar_of(parts_) + tar_of({{.path = "x", .bytes = "hidden"}}))), ElementsAre("CL7111"));
}

TEST_F(Packs, WithAGzipHeaderThatCarriesSomethingAreRefused) {
  auto named = pack_;
  named[3] = 8;  // a file name follows
  named.insert(10, "secret", 7);
  EXPECT_THAT(found(named), ElementsAre("CL7110"));
  auto wrong_sum = pack_;
  wrong_sum[wrong_sum.size() - 8] = static_cast<char>(wrong_sum[wrong_sum.size() - 8] ^ 1);
  EXPECT_THAT(found(wrong_sum), ElementsAre("CL7110"));
}

TEST_F(Packs, ThatCouldHarmWhoeverUnpacksThemAreRefused) {
  for (const char type : {'1', '2', '3', '4', '5', '6', '7', 'x', 'g', 'L', 'K', 'S', '\0'}) {
    auto parts = parts_;
    parts.push_back({.path = "zz", .bytes = "", .type = type});
    EXPECT_THAT(found(parts), Contains("CL7111 zz")) << type;
  }
  for (const auto* const path : {"/etc/cron.d/x", "../x", "a/../../x", "zz\nx", "zz/", "-x", "\xc3\xa9"}) {
    auto parts = parts_;
    parts.push_back({.path = path, .bytes = "x"});
    EXPECT_THAT(found(parts), Contains(StartsWith("CL7111"))) << path;
  }
  auto parts = parts_;
  parts.push_back(parts.back());
  EXPECT_THAT(found(parts), ElementsAre("CL7111 topology/topology.yaml"));
  parts.back().path = "topology/topology.YAML";
  EXPECT_THAT(found(parts), Contains("CL7111 topology/topology.YAML"));
  parts = parts_;
  parts[3].mtime += 60;
  EXPECT_THAT(found(parts), ElementsAre("CL7111 README.txt"));
}

TEST_F(Packs, WithBytesHiddenBehindAFileAreRefused) {
  auto tar = tar_of(parts_);
  tar[tar.find("name: clinic\n") + 13] = 'x';
  EXPECT_THAT(found(gzip_of(tar)), ElementsAre("CL7111 topology/topology.yaml"));
}

TEST_F(Packs, WithoutEndAreGivenUp) {
  Parts parts(k_most_packed_files + 1, {.path = "x"});
  EXPECT_THAT(found(parts), Contains("CL7110"));
  std::string bomb(std::size_t{4} << 20U, '\0');
  EXPECT_THAT(unpack_gzip(gzip_of(bomb), std::size_t{1} << 20U).bytes.size(), std::size_t{1} << 20U);
  EXPECT_THAT(unpack_gzip(gzip_of(bomb), std::size_t{1} << 20U).problems,
              ElementsAre("holds more than 1 MiB unpacked"));
}

TEST_F(Packs, OfManyFindingsTellThemAll) {
  auto parts = parts_;
  part(parts, "reports/rules.csv").bytes += "x";
  part(parts, "live/ovh.json").bytes = "";
  parts.erase(parts.begin());  // LISEZMOI.txt
  part(parts, k_signature).bytes = std::string(64, 'x');
  parts.push_back({.path = "zz", .bytes = "", .type = '2'});
  EXPECT_THAT(found(parts),
              UnorderedElementsAre("CL7113 reports/rules.csv", "CL7113 live/ovh.json", "CL7112 MANIFEST.sha256.sig",
                                   "CL7114 LISEZMOI.txt", "CL7111 zz", "CL7114 zz"));
}

TEST_F(Packs, WithATimestampThatIsNoneAreRefused) {
  const auto stamped =
      make_pack(clinic_request(), signer_, [](std::string_view) -> Result<std::string> { return "nonsense"; });
  ASSERT_TRUE(stamped);
  EXPECT_THAT(found(*stamped), ElementsAre("CL7117 MANIFEST.sha256.tsr"));
  EXPECT_THAT(told(check(pack_, {.authorities = "-----BEGIN CERTIFICATE-----"})),
              ElementsAre("CL7117 MANIFEST.sha256.tsr"));
}

TEST_F(Packs, AreNotMadeWithoutATimestampThatWasAskedFor) {
  const auto none = make_pack(clinic_request(), signer_, [](std::string_view) -> Result<std::string> {
    return fail({.code = "CL7105", .summary = "no timestamp"});
  });
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, "CL7105");
}

TEST_F(Packs, SayHowToCheckThemByHand) {
  for (const auto* const name : {"README.txt", "LISEZMOI.txt"}) {
    const auto text = part(parts_, name).bytes;
    for (const auto* const command :
         {"sha256sum --check --strict MANIFEST.sha256\n",
          "openssl pkeyutl -verify -pubin -inkey ../key.pem -rawin -in MANIFEST.sha256 -sigfile MANIFEST.sha256.sig\n",
          "openssl pkey -pubin -in ../key.pem -outform DER | sha256sum\n",
          "openssl ts -verify -data MANIFEST.sha256.sig -in MANIFEST.sha256.tsr -CAfile ../tsa-ca.pem\n"})
      EXPECT_THAT(text, HasSubstr(command)) << name;
  }
}

}  // namespace
}  // namespace cloison::report
