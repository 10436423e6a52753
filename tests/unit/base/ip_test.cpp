#include "core/base/ip.h"

#include <array>
#include <random>

#include <arpa/inet.h>
#include <gtest/gtest.h>

namespace cloison {
namespace {

/// What the C library says of a dotted address.
std::optional<uint32_t> by_libc(const std::string& text) {
  std::array<uint8_t, 4> bytes{};
  if (text.find('\0') != std::string::npos || inet_pton(AF_INET, text.c_str(), bytes.data()) != 1) return std::nullopt;
  uint32_t bits = 0;
  for (const uint8_t byte : bytes) bits = bits << 8U | byte;
  return bits;
}

void expect_alike(const std::string& text) {
  const auto ours = IpAddress::parse(text);
  const auto theirs = by_libc(text);
  ASSERT_EQ(ours.has_value(), theirs.has_value()) << text;
  if (!ours) return;
  EXPECT_EQ(ours->family, Family::ipv4);
  EXPECT_EQ(ours->bits, *theirs) << text;
  EXPECT_EQ(ours->text(), text);
}

TEST(IpAddress, ReadsDottedAddressesAsTheLibraryDoes) {
  for (const char* text :
       {"",          ".",         "0.0.0.0",   "255.255.255.255", "256.0.0.0", "1.2.3",    "1.2.3.4.5", "1.2.3.",
        ".1.2.3",    "1..2.3",    "01.2.3.4",  "1.2.3.04",        "+1.2.3.4",  "-1.2.3.4", " 1.2.3.4",  "1.2.3.4 ",
        "0x1.2.3.4", "1.2.3.4/8", "999.1.1.1", "1.2.3.1000",      "a.b.c.d",   "1.2.3.4a"})
    expect_alike(text);
  std::mt19937_64 random(11);
  constexpr std::string_view k_bytes = "0123456789..  +-ax";
  for (int i = 0; i < 20'000; ++i) {
    std::string text = IpAddress{Family::ipv4, random() & 0xffffffffU}.text();
    expect_alike(text);
    text[random() % text.size()] = k_bytes[random() % k_bytes.size()];
    expect_alike(text);
  }
}

TEST(IpAddress, EndsWhereItsTextEnds) {
  using namespace std::string_view_literals;
  EXPECT_FALSE(IpAddress::parse("10.0.0.1\0"sv));
  EXPECT_FALSE(IpAddress::parse("::1\0"sv));
  EXPECT_TRUE(IpAddress::parse("::1"sv));
}

TEST(IpPrefix, LosesItsHostBits) {
  EXPECT_EQ((IpPrefix{*IpAddress::parse("10.1.2.3"), 8}.without_host_bits().text()), "10.0.0.0/8");
  EXPECT_EQ((IpPrefix{*IpAddress::parse("10.1.2.3"), 0}.without_host_bits().text()), "0.0.0.0/0");
  EXPECT_EQ((IpPrefix{*IpAddress::parse("2001:db8::1"), 64}.without_host_bits().text()), "2001:db8::/64");
  EXPECT_EQ((IpPrefix{*IpAddress::parse("2001:db8::1"), 128}.without_host_bits().text()), "2001:db8::1/128");
}

}  // namespace
}  // namespace cloison
