// What a node tells of itself, from a report that was recorded on a lab host, and from broken ones.

#include "providers/node/report.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "providers/node/render.h"
#include "providers/node/schema.h"
#include "tests/unit/node/told.h"

namespace cloison::node {

namespace {

using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

std::string recorded(const std::string& name) {
  const auto file = std::filesystem::path(CLOISON_SOURCE_DIR) / "tests/fuzz/corpus/node_report" / name;
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

const Value& value_of(const std::vector<Observed>& objects, std::string_view address, std::string_view name) {
  static const Value k_none;
  for (const auto& object : objects)
    if (object.marker && object.marker->address.ends_with(address))
      return attribute(schema_of(object.kind), object.attributes, name);
  return k_none;
}

TEST(NodeReport, ABareHostHasFactsAndNothingOfOurs) {
  const auto report = parse_report(recorded("bare"));
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_TRUE(objects_of(*report).empty());
  const auto facts = facts_of(*report);
  EXPECT_EQ(facts.at("os"), "debian");
  EXPECT_EQ(facts.at("datapath"), "netdev");  // its kernel has no Open vSwitch
  EXPECT_TRUE(facts.contains("package/openvswitch-switch"));
  EXPECT_FALSE(facts.contains("package/libvirt-daemon-system"));
}

TEST(NodeReport, WhatRunsIsSeenBesideWhatFilesSay) {
  const auto report = parse_report(recorded("made"));
  ASSERT_TRUE(report) << report.error().detail;
  const auto objects = objects_of(*report);
  std::vector<std::string> kinds;
  for (const auto& object : objects) kinds.push_back(object.kind);
  EXPECT_THAT(kinds, UnorderedElementsAre("forwarding", "switch", "vlan", "vlan", "firewall"));
  EXPECT_EQ(to_display(value_of(objects, ".lan", "tag")), "10");
  EXPECT_EQ(to_display(value_of(objects, ".lan", "addresses")), "[\"10.16.3.1/24\"]");
  EXPECT_EQ(to_display(value_of(objects, ".tablets", "tag")), "20");
  EXPECT_EQ(to_display(value_of(objects, ".switch", "datapath")), "\"netdev\"");
  EXPECT_THAT(to_display(value_of(objects, ".firewall", "forward")), HasSubstr("F-010"));
  EXPECT_EQ(to_display(value_of(objects, ".forwarding", "ipv4")), "true");
}

TEST(NodeReport, ItsSectionsAreRawAnswersWithoutThoseThatDifferEachTime) {
  auto report = *parse_report(recorded("made"));
  report["clock"] = report["session"] = report["services/secrets"] = report["vpn/secrets"] = {0, "1795341600"};
  const auto answers = raw_answers(report);
  std::set<std::string> names;
  for (const auto& one : answers) {
    names.insert(one.name);
    EXPECT_THAT(one.bytes, ::testing::Not(HasSubstr("1795341600"))) << one.name;
  }
  EXPECT_TRUE(names.contains("firewall.txt") && names.contains("file/etc/cloison/firewall.nft.txt"));
  EXPECT_EQ(names.size(), report.size() - 4);
}

std::string switch_with(const std::string& running) {
  const auto asked = record(schema_of(k_switch), {{"bridge", Value::text("br-cloison")},
                                                  {"datapath", Value::text("linux-bridge")},
                                                  {"trunks", Value::texts({"lan0"})}});
  const auto objects = objects_of(report_of(k_switch, asked, told("switch/linux", running)));
  return to_display(value_of(objects, "it", "datapath")) + " " + to_display(value_of(objects, "it", "trunks"));
}

TEST(NodeReport, ALinuxBridgeIsWhatTheKernelSaysOfIt) {
  EXPECT_EQ(switch_with("bridge br-cloison 1\ntrunk lan0\nvlan lan 10\n"), "\"linux-bridge\" [\"lan0\"]");
  EXPECT_EQ(switch_with("bridge br-cloison 0\ntrunk lan0\n"), "\"linux-bridge that filters no VLANs\" [\"lan0\"]");
  EXPECT_EQ(switch_with("bridge br-cloison 1\ntrunk lan0 10,30u\n"), "\"linux-bridge\" [\"lan0 with VLANs 10,30u\"]");
  EXPECT_EQ(switch_with(""), "(none) []") << "it is not there";
  EXPECT_EQ(switch_with("\ntrunk\nbridge br-cloison\naccess a b c\nvlan x y"),
            "\"linux-bridge that filters no VLANs\" []")
      << "nonsense";
}

TEST(NodeReport, AReportThatEndsAnywhereIsRefused) {
  const auto whole = recorded("made");
  ASSERT_TRUE(parse_report(whole));
  const auto end = whole.find("@end");
  for (std::size_t size = 0; size < end; size += 7) {
    const auto report = parse_report(std::string_view(whole).substr(0, size));
    ASSERT_FALSE(report) << size;
    EXPECT_EQ(report.error().code, "CL5410");
  }
}

TEST(NodeReport, WhatIsNoSectionIsRefused) {
  for (const auto* const text : {"", "\n", "@", "@a\n", "@a 0\n", "@a 0 -1\n\n", "@a 0 99999999999999999999\n\n",
                                 "@a x 1\na\n", "garbage\n@end 0 0\n", "@a 0 3\nabcd\n@end 0 0\n", "@a 0 3\nabc"}) {
    const auto report = parse_report(text);
    ASSERT_FALSE(report) << text;
    EXPECT_EQ(report.error().code, "CL5410") << text;
  }
}

Value vlan() {
  return with_content(k_vlan,
                      record(schema_of(k_vlan), {{"name", Value::text("lan")},
                                                 {"bridge", Value::text("br-cloison")},
                                                 {"tag", Value::integer(10)},
                                                 {"access", Value::texts({"port1"})},
                                                 {"addresses", Value::texts({"10.16.3.1/24", "fd12:0:3::1/64"})},
                                                 {"dhcp_first", Value::integer(50)},
                                                 {"dhcp_last", Value::integer(199)},
                                                 {"dns", Value::texts({"10.16.0.53", "fd12::53"})},
                                                 {"advertise", Value::boolean(true)}}));
}

TEST(NodeFiles, AVlanIsANetworkAndLinesOfTheSwitch) {
  const auto files = files_of(k_vlan, vlan());
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[0].path, "/etc/systemd/network/70-cloison-lan.network");
  EXPECT_EQ(files[0].body,
            "[Match]\nName=lan\n\n[Network]\nConfigureWithoutCarrier=yes\nIPv6AcceptRA=no\nAddress=10.16.3.1/24\n"
            "Address=fd12:0:3::1/64\nDHCPServer=yes\nIPv6SendRA=yes\n\n[DHCPServer]\nPoolOffset=50\nPoolSize=150\n"
            "DNS=10.16.0.53\n\n[IPv6SendRA]\nEmitDNS=no\n\n[IPv6Prefix]\nPrefix=fd12:0:3::/64\n");
  EXPECT_EQ(files[1].body, "vlan br-cloison lan 10\naccess br-cloison port1 10\n");
}

TEST(NodeFiles, WhatAFileSaysOfItselfIsReadBack) {
  const Marker marker{.lineage = "0123456789abcdef0123456789abcdef", .generation = 1, .address = "lab/one.lan"};
  const std::vector<std::string> rules{"iifname \"lo\" accept"};
  const std::vector<std::string> sets{"far ipv4_addr 10.0.0.0/8"};
  const std::vector<std::pair<std::string_view, Value>> all{
      {k_vlan, vlan()},
      {k_agent, record(schema_of(k_agent), {{"version", Value::text("7")}})},
      {k_firewall, record(schema_of(k_firewall), {{"input", Value::texts(rules)}, {"sets", Value::texts(sets)}})}};
  for (const auto& [kind, attributes] : all) {
    bool first = true;
    for (const auto& file : files_of(kind, attributes)) {
      const auto read = parse_marked(marked(file, kind, attributes, marker, first));
      ASSERT_TRUE(read) << file.path;
      EXPECT_EQ(read->marker, marker);
      EXPECT_EQ(read->body, file.body) << file.path;
      EXPECT_EQ(read->kind, first ? kind : "");
      if (first) {
        EXPECT_EQ(with_content(kind, read->settings), with_content(kind, attributes));
      }
      first = false;
    }
  }
}

TEST(NodeFiles, AForeignFileIsNotOurs) {
  for (const auto* const text :
       {"", "\n", "# cloison", "# cloison settings {}\n", "#!/bin/sh", "#!/bin/sh\n# by hand\n", "[Match]\n"})
    EXPECT_FALSE(parse_marked(text)) << text;
}

}  // namespace

}  // namespace cloison::node
