#include "core/base/base64.h"

#include <gtest/gtest.h>

namespace cloison {
namespace {

TEST(Base64, OfRfc4648) {
  EXPECT_EQ(in_base64(""), "");
  EXPECT_EQ(in_base64("f"), "Zg==");
  EXPECT_EQ(in_base64("fo"), "Zm8=");
  EXPECT_EQ(in_base64("foobar"), "Zm9vYmFy");
}

TEST(Base64, StandsForJustSoManyBytes) {
  EXPECT_EQ(from_base64("Zm9v\nYmFy \n", 6), "foobar");
  EXPECT_EQ(from_base64("Zm8=", 2), "fo");
  for (const char* text : {"", "Zm8", "Zm9v", "Zm9vYmFy", "####", "Z==="}) EXPECT_FALSE(from_base64(text, 2)) << text;
}

}  // namespace
}  // namespace cloison
