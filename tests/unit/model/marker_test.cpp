// The text by which an object on a platform is known as ours.
#include <gtest/gtest.h>

#include "core/model/resource.h"

namespace cloison {
namespace {

TEST(MarkerTest, ReadsWhatItWrites) {
  const Marker marker{.lineage = "1f00c0ffee", .generation = 2, .address = "cloud.main.app.web"};
  EXPECT_EQ(marker.text(), "cloison 1f00c0ffee 2 cloud.main.app.web");
  EXPECT_EQ(Marker::parse(marker.text()), marker);
}

TEST(MarkerTest, AnAddressThatIsTooLongIsNamedByItsDigest) {
  const std::string address(k_marker_limit, 'a');
  const Marker marker{.lineage = "1f00c0ffee", .address = address};
  ASSERT_LE(marker.text().size(), k_marker_limit);
  const auto again = Marker::parse(marker.text());
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->names("1f00c0ffee", address));
  EXPECT_FALSE(again->names("1f00c0ffee", address + 'a'));
}

TEST(MarkerTest, RefusesWhatIsNotOfOurMaking) {
  for (const char* text : {"", "cloison", "cloison a 1", "cloison a 0 b", "cloison a 1 ", "cloison  1 b",
                           "cloison a 1 b c", "terraform a 1 b", "cloison a 4294967296 b", "cloison a -1 b"})
    EXPECT_FALSE(Marker::parse(text)) << text;
  EXPECT_FALSE(Marker::parse("cloison a 1 " + std::string(k_marker_limit, 'b'))) << "longer than any that is written";
}

}  // namespace
}  // namespace cloison
