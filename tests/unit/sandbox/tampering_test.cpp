#include "tests/unit/sandbox/platform.h"

namespace cloison::sandbox::trial {
namespace {

using SandboxTampering = SandboxTest;

TEST_F(SandboxTampering, ListsWithAddressesAndValues) {
  made("network", "cloud.production.data.network", {{"name", Value::text("data")}});
  const auto all = tampering().list();
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 1U);
  EXPECT_EQ(all->front().kind, "network");
  EXPECT_EQ(all->front().address, "cloud.production.data.network");
  ASSERT_EQ(all->front().attributes.size(), 1U);
  EXPECT_EQ(all->front().attributes.front().first, "name");
}

TEST_F(SandboxTampering, RemovesByAddressIdOrItsBeginning) {
  for (const auto* name : {"a", "b", "c"}) made("network", name, {{"name", Value::text(name)}});
  const auto objects = seen("network");
  ASSERT_TRUE(tampering().remove("a"));
  const auto left = seen("network");
  ASSERT_EQ(left.size(), 2U);
  ASSERT_TRUE(tampering().remove(left[0].remote_id.substr(0, 12)));
  ASSERT_TRUE(tampering().remove(left[1].remote_id));
  EXPECT_TRUE(seen("network").empty());
  expect_refused(tampering().remove("a"), ErrorKind::usage, "CL5531");
}

TEST_F(SandboxTampering, ObeysUseUnlessForced) {
  const auto network = made("network", "n", {{"name", Value::text("n")}});
  made("port", "p", {{"network", Value::text(network)}});
  expect_refused(tampering().remove("n"), ErrorKind::conflict, "CL5502");
  ASSERT_TRUE(tampering().remove("n", true));
  EXPECT_TRUE(seen("network").empty());
  EXPECT_EQ(seen("port").size(), 1U);
}

TEST_F(SandboxTampering, SetMakesDrift) {
  const auto network = made("network", "n", {{"name", Value::text("n")}});
  ASSERT_TRUE(tampering().set("n", "mtu", "1400"));
  EXPECT_EQ(*get("network", seen("network")[0].attributes, "mtu").as_integer(), 1400);
  ASSERT_TRUE(tampering().set("n", "mtu", ""));
  EXPECT_TRUE(get("network", seen("network")[0].attributes, "mtu").is_null());
  ASSERT_TRUE(seen("network")[0].marker) << "the marker stays";
  expect_refused(tampering().set("n", "mtu", "wide"), ErrorKind::usage, "CL5532");
  const auto wrong = tampering().set("n", "nam", "x");
  expect_refused(wrong, ErrorKind::usage, "CL5532");
  EXPECT_NE(wrong.error().hint.find("name"), std::string::npos);
  (void)network;
}

TEST_F(SandboxTampering, SetGrowsTheRevisionThatAnUpdateBelieves) {
  const auto group = create("group", "g", {{"name", Value::text("g")}});
  ASSERT_TRUE(group);
  ASSERT_TRUE(tampering().set("g", "name", "other"));
  expect_refused(update("group", group->remote_id, {{"name", Value::text("h")}}, group->observed), ErrorKind::conflict,
                 "CL5508");
}

TEST_F(SandboxTampering, AddsForeignObjectsByAddressOfTheirTargets) {
  made("network", "n", {{"name", Value::text("n")}});
  made("group", "g", {{"name", Value::text("g")}});
  const auto subnet = tampering().add("subnet", {{"network", "n"}, {"cidr", "10.0.0.0/24"}});
  ASSERT_TRUE(subnet) << subnet.error().summary;
  const auto port =
      tampering().add("port", {{"network", "n"}, {"groups", "[g]"}, {"addresses", "[{" + subnet->id + ", 10.0.0.9}]"}});
  ASSERT_TRUE(port) << port.error().summary << port.error().detail;
  const auto ports = seen("port");
  ASSERT_EQ(ports.size(), 1U);
  EXPECT_FALSE(ports[0].marker);
  expect_refused(tampering().add("port", {{"network", "n"}, {"addresses", "[{" + subnet->id + ", 10.0.0.9}]"}}),
                 ErrorKind::conflict, "CL5501");
  expect_refused(tampering().add("networks", {}), ErrorKind::usage, "CL5531");
}

TEST_F(SandboxTampering, NeedsASandbox) {
  expect_refused(Tampering::open(std::make_shared<Platform>(), folder_ / "none.db"), ErrorKind::usage, "CL5531");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "none.db"));
}

}  // namespace
}  // namespace cloison::sandbox::trial
