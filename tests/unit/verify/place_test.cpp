// What selectors of guarantees mean, told by the proof on its own.

#include "core/verify/place.h"

#include <gtest/gtest.h>

namespace cloison::verify {

namespace {

Place at_lab(const std::string& key, const std::string& segment, const std::string& host = {}) {
  Place place{.kind = host.empty() ? Place::Kind::segment : Place::Kind::host,
              .path = "lab/" + key + "." + segment + (host.empty() ? "" : "." + host),
              .family = "lab",
              .key = key,
              .segment = segment,
              .host = host,
              .replica = host,
              .environment = "production",
              .zone = segment == "lan" ? "users" : "devices"};
  place.labels = {{"region", key == "lyon" ? "south" : "north"}};
  return place;
}

Place in_cloud(const std::string& vpc, const std::string& segment, const std::string& host) {
  return {.kind = Place::Kind::host,
          .path = "cloud." + vpc + "." + segment + "." + host,
          .family = "cloud",
          .vpc = vpc,
          .segment = segment,
          .host = "portal",
          .replica = host,
          .environment = vpc,
          .zone = segment,
          .services = {"edge"}};
}

PlaceSelector path(const std::string& text) {
  return {.terms = {{.path = text}}};
}
PlaceSelector where(const std::string& key, const std::string& value) {
  return {.terms = {{.match = {{key, {value}}}}}};
}

TEST(PlaceNames, APathMeansWhatIsInIt) {
  const PlaceNames names({});
  const auto lan = at_lab("lyon", "lan"), machine = at_lab("lyon", "lan", "pc");
  for (const auto* text : {"lab", "lab/lyon", "lab.lan", "lab/lyon.lan"}) {
    EXPECT_TRUE(names.means(path(text), lan)) << text;
    EXPECT_TRUE(names.means(path(text), machine)) << text;
  }
  EXPECT_TRUE(names.means(path("lab.lan.pc"), machine));
  EXPECT_FALSE(names.means(path("lab.lan.pc"), lan)) << "a segment is more than one machine of it";
  for (const auto* text : {"lab/metz", "lab.devices", "la", "lab/lyon.lan.other", "central", "lab.lan.pc.more"})
    EXPECT_FALSE(names.means(path(text), machine)) << text;
}

TEST(PlaceNames, AVpcMayBeLeftOut) {
  const PlaceNames names({});
  const auto host = in_cloud("production", "app", "portal-1");
  for (const auto* text : {"cloud", "cloud.production", "cloud.production.app", "cloud.app", "cloud.app.portal",
                           "cloud.production.app.portal-1", "edge", "edge.primary"})
    EXPECT_TRUE(names.means(path(text), host)) << text;
  for (const auto* text : {"cloud.preproduction", "cloud.production.portal", "cloud.app.portal-2", "edge.other"})
    EXPECT_FALSE(names.means(path(text), host)) << text;
}

TEST(PlaceNames, NodesAndGatewaysAreNamedAsSuch) {
  const PlaceNames names({});
  Place node{
      .kind = Place::Kind::node, .path = "lab/lyon.node/lyon-1", .family = "lab", .key = "lyon", .host = "lyon-1"};
  EXPECT_TRUE(names.means(path("lab.nodes"), node));
  EXPECT_TRUE(names.means(path("lab.nodes.lyon-1"), node));
  EXPECT_TRUE(names.means(path("lab"), node)) << "a site is its segments and its nodes";
  EXPECT_FALSE(names.means(path("lab.lan"), node));
  auto gateway = in_cloud("production", "dmz", "hub-1");
  gateway.gateway = true, gateway.host = "hub";
  EXPECT_TRUE(names.means(path("cloud.gateways.hub"), gateway));
  EXPECT_TRUE(names.means(path("cloud.gateways"), gateway));
  for (const auto* text : {"cloud", "cloud.production", "cloud.dmz"})
    EXPECT_FALSE(names.means(path(text), gateway)) << text;
  EXPECT_FALSE(names.means(where("zone", "dmz"), gateway));
}

TEST(PlaceNames, AMapMustMatchInAllItsEntries) {
  const PlaceNames names({});
  const auto lan = at_lab("lyon", "lan");
  EXPECT_TRUE(names.means(where("zone", "users"), lan));
  EXPECT_TRUE(names.means(where("site", "lab/lyon"), lan));
  EXPECT_TRUE(names.means(where("label", "region=south"), lan));
  EXPECT_TRUE(names.means(where("label", "region"), lan));
  EXPECT_FALSE(names.means(where("label", "region=north"), lan));
  PlaceSelector both{.terms = {{.match = {{"zone", {"users"}}, {"site", {"central"}}}}}};
  EXPECT_FALSE(names.means(both, lan));
  both.terms[0].match["site"].emplace_back("lab");
  EXPECT_TRUE(names.means(both, lan));
}

TEST(PlaceNames, SameSiteGoesByTheOtherEnd) {
  const PlaceNames names({});
  const auto lyon = at_lab("lyon", "lan"), metz = at_lab("metz", "lan");
  EXPECT_TRUE(names.means(path("same-site"), lyon, &lyon));
  EXPECT_TRUE(names.means(path("same-site.lan"), lyon, &lyon));
  EXPECT_FALSE(names.means(path("same-site.lan"), lyon, &metz));
  EXPECT_FALSE(names.means(path("same-site"), lyon)) << "nobody is at the other end";
  EXPECT_TRUE(names.relative(path("same-site.lan")));
}

TEST(PlaceNames, GroupsMeanTheirMembers) {
  PlaceNames names({{"staff", {.hosts = path("all-lans")}},
                    {"all-lans", {.hosts = path("lab.lan")}},
                    {"round", {.hosts = path("round")}},
                    {"partner", {.prefixes = {*IpPrefix::parse("192.0.2.0/28")}}}});
  EXPECT_TRUE(names.means(path("staff"), at_lab("lyon", "lan")));
  EXPECT_FALSE(names.means(path("staff"), at_lab("lyon", "devices")));
  EXPECT_FALSE(names.means(path("round"), at_lab("lyon", "lan"))) << "and it ends";
}

TEST(PlaceNames, MembersAreOfTheSizeAtWhichTheyAreNamed) {
  const PlaceNames names({});
  const auto lan = at_lab("lyon", "lan"), pc = at_lab("lyon", "lan", "pc");
  EXPECT_EQ(names.member(path("lab"), pc), "lab/lyon");
  EXPECT_EQ(names.member(path("lab.lan"), pc), "lab/lyon.lan");
  EXPECT_EQ(names.member(path("lab.lan.pc"), pc), "lab/lyon.lan.pc");
  EXPECT_EQ(names.member(path("environments"), lan), "production");
  EXPECT_EQ(names.member(where("site", "lab"), pc), "lab/lyon");
  EXPECT_EQ(names.member(where("zone", "users"), pc), "lab/lyon.lan");
  EXPECT_EQ(names.member(path("cloud.production"), in_cloud("production", "app", "portal-1")), "cloud.production");
  EXPECT_EQ(names.member(path("central"), pc), "");
}

TEST(PlaceNames, TheOutsideIsNoPlace) {
  const PlaceNames names({});
  EXPECT_TRUE(names.means_outside(path("internet")));
  EXPECT_FALSE(names.means(path("internet"), at_lab("lyon", "lan")));
}

}  // namespace

}  // namespace cloison::verify
