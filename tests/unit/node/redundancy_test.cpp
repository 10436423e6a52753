// Nodes that stand in for each other: the files of it, and what is read of what runs.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "providers/node/render.h"
#include "providers/node/report.h"
#include "providers/node/schema.h"
#include "tests/unit/node/told.h"

namespace cloison::node {

namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

using Named = std::vector<std::pair<std::string_view, Value>>;

Value resource_of(std::string_view kind, Named named) {
  return with_content(kind, normalised(schema_of(kind), record(schema_of(kind), std::move(named))));
}
Value vlan(const std::vector<std::string>& shared) {
  return resource_of(k_vlan, {{"name", Value::text("management")},
                              {"bridge", Value::text("br-cloison")},
                              {"tag", Value::integer(130)},
                              {"access", Value::texts({})},
                              {"addresses", Value::texts({"10.16.3.10/32"})},
                              {"shared", Value::texts(shared)},
                              {"dhcp_first", Value::integer(50)},
                              {"dhcp_last", Value::integer(99)},
                              {"dns", Value::texts({})},
                              {"advertise", Value::boolean(true)}});
}
Value redundancy(Named more = {}) {
  Named all{{"interface", Value::text("management")},
            {"virtual_router", Value::integer(17)},
            {"priority", Value::integer(100)},
            {"source", Value::text("10.16.3.10")},
            {"peers", Value::texts({"10.16.3.11"})},
            {"track", Value::texts({"lan0"})},
            {"linked", Value::boolean(true)},
            {"shared", Value::texts({"10.16.3.1/24 management", "10.16.4.1/24 users", "fe80::c1:1/64 users"})},
            {"routes", Value::texts({"10.20.0.0/16 10.20.0.1 management"})},
            {"own_ways",
             Value::texts({"10.16.3.0/24 10.16.3.10 management - -", "10.16.4.0/24 10.16.3.10 users 10.16.3.1 -"})}};
  for (auto& one : more)
    std::find_if(all.begin(), all.end(), [&](const auto& present) { return present.first == one.first; })->second =
        one.second;
  return resource_of(k_redundancy, std::move(all));
}

std::string body_of(const Value& attributes, std::string_view kind, std::string_view path) {
  for (const auto& file : files_of(kind, attributes))
    if (file.path == path) return file.body;
  return "no such file";
}

Value live_of(std::string_view kind, const Value& attributes, const std::string& running) {
  const auto objects = objects_of(report_of(kind, attributes, running));
  EXPECT_EQ(objects.size(), 1U);
  return objects.empty() ? Value::null() : objects.front().attributes;
}

std::vector<std::string> texts_of(std::string_view kind, const Value& attributes, std::string_view name) {
  std::vector<std::string> all;
  if (const auto* items = attribute(schema_of(kind), attributes, name).as_list())
    for (const auto& item : *items) all.push_back(item.text_or_empty());
  return all;
}

TEST(Redundancy, AllMayServeAndNobodyIsPreferred) {
  const auto text = body_of(redundancy(), k_redundancy, "/etc/keepalived/keepalived.conf");
  EXPECT_THAT(text, AllOf(HasSubstr("state BACKUP"), HasSubstr("priority 100\n"),
                          HasSubstr("unicast_src_ip 10.16.3.10\n"), HasSubstr("unicast_peer {\n    10.16.3.11\n  }"),
                          HasSubstr("track_interface {\n    lan0\n  }"), HasSubstr("weight -50")));
  EXPECT_THAT(text, HasSubstr("virtual_ipaddress {\n    10.16.3.1/24 dev management\n  }"));
  EXPECT_THAT(text,
              HasSubstr("virtual_ipaddress_excluded {\n    10.16.4.1/24 dev users\n    fe80::c1:1/64 dev users\n  }"));
  EXPECT_THAT(text, HasSubstr("virtual_routes {\n    10.20.0.0/16 via 10.20.0.1 dev management\n  }"));
}

TEST(Redundancy, WithoutTunnelsThereIsNothingToWatch) {
  const auto text =
      body_of(redundancy({{"linked", Value::boolean(false)}}), k_redundancy, "/etc/keepalived/keepalived.conf");
  EXPECT_THAT(text, AllOf(Not(HasSubstr("vrrp_script linked")), HasSubstr("track_script {\n    placed\n  }")));
}

TEST(Redundancy, WhatIsNoWordOfALineIsLeftOut) {
  const auto hostile = redundancy({{"shared", Value::texts({"10.16.3.1/24 management", "10.16.4.1/24 users}\nscript"})},
                                   {"peers", Value::texts({"10.16.3.11\n}"})}});
  const auto text = body_of(hostile, k_redundancy, "/etc/keepalived/keepalived.conf");
  EXPECT_THAT(text,
              AllOf(Not(HasSubstr("users")), Not(HasSubstr("unicast_peer")), HasSubstr("10.16.3.1/24 dev management")));
}

TEST(Redundancy, TheNodeItselfGoesByTheServingOneWhileItStandsBy) {
  EXPECT_EQ(body_of(redundancy(), k_redundancy, "/etc/cloison/redundancy.conf"),
            "over management\nown 10.16.3.10\nshared 10.16.3.1/24 management\nshared 10.16.4.1/24 users\nshared "
            "fe80::c1:1/64 users\n"
            "reach 10.16.3.0/24 10.16.3.10 management - -\nreach 10.16.4.0/24 10.16.3.10 users 10.16.3.1 -\n");
}

TEST(Redundancy, AddressesAndServicesOfTheRoleAreInAFileOfTheirOwn) {
  const auto shared = vlan({"10.16.3.1/24"});
  const auto always = body_of(shared, k_vlan, "/etc/systemd/network/70-cloison-management.network");
  EXPECT_THAT(always,
              AllOf(HasSubstr("Address=10.16.3.10/32"), Not(HasSubstr("10.16.3.1/24")), Not(HasSubstr("DHCPServer"))));
  EXPECT_THAT(body_of(shared, k_vlan, "/etc/cloison/master.d/management.conf"),
              AllOf(HasSubstr("Address=10.16.3.1/24"), HasSubstr("DHCPServer=yes"), HasSubstr("PoolOffset=50"),
                    HasSubstr("IPv6SendRA=yes"), HasSubstr("Address=fe80::c1:1/64")));
  const auto alone = body_of(vlan({}), k_vlan, "/etc/systemd/network/70-cloison-management.network");
  EXPECT_THAT(alone, HasSubstr("DHCPServer=yes"));
}

TEST(Redundancy, HavingTheSharedAddressesIsNoDrift) {
  const std::string addresses =
      R"([{"ifname":"management","addr_info":[{"local":"10.16.3.10","prefixlen":32,"scope":"global"},)"
      R"({"local":"10.16.3.1","prefixlen":24,"scope":"global"},{"local":"10.9.9.9","prefixlen":24,"scope":"global"}]}])";
  const auto seen = live_of(k_vlan, vlan({"10.16.3.1/24"}), told("addresses", addresses));
  EXPECT_THAT(texts_of(k_vlan, seen, "addresses"), UnorderedElementsAre("10.16.3.10/32", "10.9.9.9/24"));
}

TEST(Redundancy, WhatDoesNotRunShowsAsFaults) {
  const auto well =
      live_of(k_redundancy, redundancy(), told("redundancy", "keepalived ok\ncloison-redundancy ok\nrole serving\n"));
  EXPECT_THAT(texts_of(k_redundancy, well, k_faults), ElementsAre());
  const auto ill = live_of(k_redundancy, redundancy(),
                           told("redundancy",
                                "keepalived stopped\ncloison-redundancy ok\nrole serving\n"
                                "missing 10.16.4.1/24 users\nway 10.16.4.0/24\n"));
  EXPECT_THAT(texts_of(k_redundancy, ill, k_faults),
              UnorderedElementsAre("keepalived does not run", "10.16.4.1/24 is not on users",
                                   "its own way to 10.16.4.0/24 is missing"));
}

}  // namespace

}  // namespace cloison::node
