// What a device is given: its file, key pairs, the folder in which they are kept, and QR codes that another program
// reads.

#include "core/ops/enroll.h"

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/wireguard_key.h"
#include "core/ops/private_folder.h"
#include "core/ops/qr_code.h"

namespace cloison::ops {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* k_node_key = "o8ZhkPRVbRYVAq2CiW3c9Rm9zHZHb0Gn3nY0z5ryCVo=";

class Scratch {
 public:
  Scratch() {
    std::string name = (fs::temp_directory_path() / "cloison-enroll-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  [[nodiscard]] fs::path operator/(const std::string& name) const { return path_ / name; }

 private:
  fs::path path_;
};

std::string text_of(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

unsigned mode_of(const fs::path& path) {
  struct stat about{};
  return ::lstat(path.c_str(), &about) == 0 ? about.st_mode & 0777U : 0;
}

compile::RemoteAccess access() {
  return {.segment = "lab/lyon-03.tablets",
          .link = "tablets",
          .node = "lab/lyon-03.node/lyon-03-1",
          .outer = *IpAddress::parse("192.0.2.33"),
          .port = 51824,
          .mtu = 1420,
          .reached = {IpPrefix::any(Family::ipv4), IpPrefix::any(Family::ipv6)}};
}

compile::RemoteDevice device() {
  return {.path = "lab/lyon-03.tablets.peers.tablet-1",
          .name = "tablet-1",
          .addresses = {*IpAddress::parse("10.16.3.74"), *IpAddress::parse("fd12:0:3::a")}};
}

TEST(DeviceFile, HasAllThatWgQuickAsksFor) {
  EXPECT_EQ(device_file(access(), device(), k_node_key, Secret()).reveal(),
            "# tablet-1 of lab/lyon-03.tablets. With its private key, this file is the device's alone.\n"
            "[Interface]\n"
            "PrivateKey = PUT-THE-PRIVATE-KEY-OF-THIS-DEVICE-HERE\n"
            "Address = 10.16.3.74/32, fd12:0:3::a/128\n"
            "MTU = 1420\n"
            "\n"
            "[Peer]\n"
            "PublicKey = o8ZhkPRVbRYVAq2CiW3c9Rm9zHZHb0Gn3nY0z5ryCVo=\n"
            "Endpoint = 192.0.2.33:51824\n"
            "AllowedIPs = 0.0.0.0/0, ::/0\n"
            "PersistentKeepalive = 25\n");
}

TEST(DeviceFile, NamesResolversAndBracketsAnIpv6Endpoint) {
  auto six = access();
  six.outer = *IpAddress::parse("2001:db8::33");
  six.dns = {*IpAddress::parse("10.0.10.11"), *IpAddress::parse("10.0.10.12")};
  const auto file = device_file(six, device(), k_node_key, Secret(std::string("a private key")));
  const std::string text(file.reveal());
  EXPECT_THAT(text, HasSubstr("\nDNS = 10.0.10.11, 10.0.10.12\n"));
  EXPECT_THAT(text, HasSubstr("\nEndpoint = [2001:db8::33]:51824\n"));
  EXPECT_EQ(private_key_in(file).reveal(), "a private key");
}

TEST(WireguardKey, PublicHalfIsThatOfRfc7748) {
  // Section 6.1: Alice's key pair.
  EXPECT_EQ(wireguard_public_key(Secret(std::string("dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo="))),
            "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=");
  for (const char* wrong : {"", "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LC==",
                            "PUT-THE-PRIVATE-KEY-OF-THIS-DEVICE-HERE", "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25L!o="})
    EXPECT_EQ(wireguard_public_key(Secret(std::string(wrong))), std::nullopt) << wrong;
}

TEST(WireguardKey, PairsAreNewEachTimeAndFitTogether) {
  const auto one = make_wireguard_keys(), other = make_wireguard_keys();
  ASSERT_TRUE(one && other);
  EXPECT_EQ(wireguard_public_key(one->private_key), one->public_key);
  EXPECT_NE(one->public_key, other->public_key);
  EXPECT_NE(one->private_key.reveal(), other->private_key.reveal());
}

TEST(PrivateFolder, IsMadeForItsOwnerAlone) {
  const Scratch scratch;
  const auto folder = PrivateFolder::open(scratch / "made/");
  ASSERT_TRUE(folder) << folder.error().detail;
  ASSERT_TRUE(folder->write("a.conf", Secret(std::string("first")), false));
  EXPECT_EQ(mode_of(scratch / "made"), 0700U);
  EXPECT_EQ(mode_of(scratch / "made/a.conf"), 0600U);
  EXPECT_EQ(text_of(scratch / "made/a.conf"), "first");
  EXPECT_FALSE(folder->write("a.conf", Secret(std::string("second")), false));
  EXPECT_EQ(text_of(scratch / "made/a.conf"), "first");
  ASSERT_TRUE(folder->write("a.conf", Secret(std::string("third")), true));
  EXPECT_EQ(folder->read("a.conf")->reveal(), "third");
  EXPECT_EQ(std::distance(fs::directory_iterator(scratch / "made"), {}), 1) << "nothing is left beside it";
}

TEST(PrivateFolder, RefusesWhatOthersMayReachAndWhatIsALink) {
  const Scratch scratch;
  fs::create_directory(scratch / "open");
  fs::permissions(scratch / "open", fs::perms(0750));
  fs::create_directory_symlink(scratch / "open", scratch / "link");
  std::ofstream(scratch / "file") << "no folder";
  for (const auto* name : {"open", "link", "link/", "file", "absent/below"}) {
    const auto refused = PrivateFolder::open(scratch / name);
    ASSERT_FALSE(refused) << name;
    EXPECT_EQ(refused.error().code, "CL6015");
  }
}

TEST(PrivateFolder, FollowsNoLinkInside) {
  const Scratch scratch;
  std::ofstream(scratch / "outside") << "kept";
  const auto folder = PrivateFolder::open(scratch / "mine");
  ASSERT_TRUE(folder);
  fs::create_symlink(scratch / "outside", scratch / "mine/a.conf");
  EXPECT_FALSE(folder->may_write("a.conf", true));
  EXPECT_EQ(folder->read("a.conf").has_value(), false);
  EXPECT_FALSE(folder->write("a.conf", Secret(std::string("x")), false));
  EXPECT_EQ(text_of(scratch / "outside"), "kept");
}

/// What zbarimg(1) reads in a picture of the code.
std::string read_by_zbar(const QrCode& code, const fs::path& picture) {
  constexpr std::size_t k_quiet = 4, k_scale = 4;
  const auto side = (code.width() + 2 * k_quiet) * k_scale;
  std::ofstream out(picture, std::ios::binary);
  out << fmt::format("P5\n{0} {0}\n255\n", side);
  for (std::size_t row = 0; row < side; ++row)
    for (std::size_t column = 0; column < side; ++column)
      out.put(code.is_dark(row / k_scale - k_quiet, column / k_scale - k_quiet) ? '\0' : '\xff');
  out.close();
  const auto command = fmt::format("zbarimg --quiet --raw --oneshot -Sbinary '{}' 2>/dev/null", picture.string());
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
  std::string text;
  std::array<char, 4096> part{};
  while (pipe && std::fgets(part.data(), static_cast<int>(part.size()), pipe.get()) != nullptr) text += part.data();
  return text;
}

TEST(QrCode, AnotherProgramReadsWhatStandsInIt) {
  const Scratch scratch;
  const auto keys = make_wireguard_keys();
  ASSERT_TRUE(keys);
  const auto file = device_file(access(), device(), k_node_key, keys->private_key);
  const auto code = QrCode::of(file.reveal());
  ASSERT_TRUE(code);
  EXPECT_EQ(read_by_zbar(*code, scratch / "code.pgm"), file.reveal());
}

TEST(QrCode, PictureAndBlocksShowTheSameModules) {
  const auto code = QrCode::of("cloison");
  ASSERT_TRUE(code);
  EXPECT_EQ(code->width(), 21U);  // version 1
  EXPECT_TRUE(code->is_dark(0, 0)) << "the corner of a finder";
  EXPECT_FALSE(code->is_dark(1, 1));
  EXPECT_FALSE(code->is_dark(21, 0)) << "the quiet zone";
  const auto svg = code->svg();
  EXPECT_THAT(std::string(svg.reveal()), HasSubstr("viewBox=\"0 0 29 29\""));
  EXPECT_THAT(std::string(svg.reveal()), HasSubstr("M4 4h1v1h-1z"));
  EXPECT_THAT(std::string(svg.reveal()), Not(HasSubstr("M5 5h1")));
  const auto blocks = code->blocks();
  const std::string_view text = blocks.reveal();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 15);
  // Third line: the quiet zone, then the finder's upper edge, of which the row below is light inside.
  const auto third = text.substr(text.find("\n", text.find("\n") + 1) + 1);
  EXPECT_TRUE(third.starts_with("████ ▄▄▄▄▄ ")) << third.substr(0, 60);
}

TEST(QrCode, WhatIsTooLongHasNone) {
  EXPECT_TRUE(QrCode::of(std::string(2331, 'x')));
  EXPECT_FALSE(QrCode::of(std::string(2332, 'x')));
  EXPECT_FALSE(QrCode::of(""));
}

}  // namespace
}  // namespace cloison::ops
