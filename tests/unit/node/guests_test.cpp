// Machines that nodes run: what is asked of a node, the files of it, and what is read of what runs.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "providers/node/lower.h"
#include "providers/node/render.h"
#include "providers/node/report.h"
#include "providers/node/schema.h"
#include "tests/unit/node/told.h"

namespace cloison::node {

namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

/// A node with one acquired segment and one machine in it.
Intent intent_of(const std::string& image, uint64_t memory = 0, uint64_t disk = 0) {
  const auto prefix = *IpPrefix::parse("10.8.0.0/24");
  EndpointIntent guest{.path = "shop.app.till",
                       .name = "till",
                       .segment = "shop.app",
                       .addresses = {*IpAddress::parse("10.8.0.20"), *IpAddress::parse("fd00::20")},
                       .machine = VirtualMachineIntent{.image = image, .memory = memory, .disk = disk}};
  guest.machine->authorized_keys = {"file:~/.ssh/id.pub"};
  NodeIntent node{.path = "shop.node/shop-1", .name = "shop-1", .site = "shop", .trunk = "lan0"};
  node.segments = {{.path = "shop.app",
                    .name = "app",
                    .vlan = 20,
                    .prefixes = {{prefix, *IpAddress::parse("10.8.0.1"), {}, IpPrefix::parse("192.168.7.0/24")},
                                 {*IpPrefix::parse("fd00::/64"), *IpAddress::parse("fd00::1"), {}, {}}},
                    .dns = {*IpAddress::parse("10.8.0.5")}}};
  node.guests = {std::move(guest)};
  Intent intent{.provider = "nodes"};
  intent.nodes = {std::move(node)};
  return intent;
}

Facts facts_with(std::initializer_list<const char*> more) {
  Facts facts{{"os", "debian"}, {"datapath", "netdev"}};
  for (const auto* one : more) facts.emplace(one, "yes");
  return facts;
}

Lowered lowered_of(const Intent& intent, const Facts& facts) {
  auto lowered = lower(intent, facts);
  EXPECT_TRUE(lowered.value.has_value());
  return lowered.value.value_or(Lowered{});
}

std::vector<Resource> guests_of(const Lowered& lowered) {
  std::vector<Resource> found;
  for (const auto& one : lowered.resources)
    if (one.kind == k_guest) found.push_back(one);
  return found;
}

std::string body_of(const Value& attributes, std::string_view ending) {
  for (const auto& file : files_of(k_guest, attributes))
    if (file.path.ends_with(ending)) return file.body;
  return "no such file";
}

std::vector<std::string> faults_of(const Value& attributes, const std::string& said) {
  std::vector<std::string> faults;
  for (const auto& one : objects_of(report_of(k_guest, attributes, told("guests", said))))
    if (const auto* list = attribute(schema_of(k_guest), one.attributes, k_faults).as_list())
      for (const auto& fault : *list) faults.push_back(fault.text_or_empty());
  return faults;
}

TEST(NodeGuests, AreMadeAtTheAddressesOfTheWire) {
  const auto lowered = lowered_of(intent_of("tiny", uint64_t{192} << 20U, (uint64_t{1} << 30U) + 1), facts_with({}));
  const auto guests = guests_of(lowered);
  ASSERT_EQ(guests.size(), 1U);
  EXPECT_EQ(guests[0].address.text, "shop.node/shop-1.guest/app_till");
  EXPECT_THAT(guests[0].after,
              ElementsAre("shop.node/shop-1.vlan/app", "shop.node/shop-1.disk/app_till", "shop.node/shop-1.agent"));
  EXPECT_THAT(
      body_of(guests[0].attributes, ".network-config"),
      AllOf(HasSubstr("addresses: [\"192.168.7.20/24\", \"fd00::20/64\"]"),
            HasSubstr("{to: \"0.0.0.0/0\", via: \"192.168.7.1\"}"), HasSubstr("{to: \"::/0\", via: \"fd00::1\"}"),
            HasSubstr("nameservers: {addresses: [\"192.168.7.5\"]}")));
  EXPECT_THAT(body_of(guests[0].attributes, ".xml"),
              AllOf(HasSubstr("<domain type='qemu'>"), HasSubstr("<memory unit='MiB'>192</memory>"),
                    HasSubstr("<tag id='20'/>"), HasSubstr("/cloison-app_till.tiny.qcow2"),
                    HasSubstr("/cloison-app_till.data.qcow2"), HasSubstr("csum='off'")));
  EXPECT_THAT(body_of(guests[0].attributes, ".conf"), HasSubstr(" tiny\n"));
  const auto disk = std::find_if(lowered.resources.begin(), lowered.resources.end(),
                                 [](const Resource& one) { return one.kind == k_disk; });
  ASSERT_NE(disk, lowered.resources.end());
  EXPECT_EQ(files_of(k_disk, disk->attributes).front().body, "disk app_till 2\n");
}

TEST(NodeGuests, LeaveChecksumsToAKernelThatSwitches) {
  auto facts = facts_with({"kernel/kvm"});
  facts["datapath"] = "system";
  const auto guests = guests_of(lowered_of(intent_of("tiny"), facts));
  ASSERT_EQ(guests.size(), 1U);
  EXPECT_THAT(body_of(guests[0].attributes, ".xml"),
              AllOf(HasSubstr("<domain type='kvm'>"), Not(HasSubstr("csum")), Not(HasSubstr("data.qcow2")),
                    HasSubstr("<memory unit='MiB'>1024</memory>")));
}

TEST(NodeGuests, AreNotMadeWithoutTheirImageButStayWithoutIt) {
  const auto lowered = lowered_of(intent_of("tiny"), facts_with({"images", "image/other"}));
  EXPECT_THAT(guests_of(lowered), IsEmpty());
  ASSERT_EQ(lowered.not_applied.size(), 1U);
  EXPECT_THAT(lowered.not_applied[0].text, HasSubstr("put tiny.qcow2 into /var/lib/libvirt/images"));
  EXPECT_EQ(guests_of(lowered_of(intent_of("tiny"), facts_with({"images", "image/tiny"}))).size(), 1U);
  EXPECT_EQ(guests_of(lowered_of(intent_of("tiny"), facts_with({"images", "guest/app_till"}))).size(), 1U);
}

TEST(NodeGuests, AreNotTakenAwayForAnImageThatIsNotThere) {
  auto facts = facts_with({"images"});
  facts["guest/app_till"] = "former";
  const auto refused = lower(intent_of("tiny"), facts);
  ASSERT_FALSE(refused.notes.empty());
  EXPECT_EQ(refused.notes.back().code, "CL5421");
  facts["guest/app_till"] = "tiny";
  for (const auto& note : lower(intent_of("tiny"), facts).notes) EXPECT_NE(note.code, "CL5421");
}

TEST(NodeGuests, TakeNoImageOfABadName) {
  for (const auto* image : {"../etc/shadow", "a b", "-x", ".hidden", "a'><b"}) {
    const auto lowered = lowered_of(intent_of(image), facts_with({}));
    EXPECT_THAT(guests_of(lowered), IsEmpty()) << image;
    EXPECT_EQ(lowered.not_applied.size(), 1U) << image;
  }
}

/// Whoever may log in is read when it is written: it is no difference between a plan and a node.
TEST(NodeGuests, DoNotDifferByWhoMayLogIn) {
  const auto guests = guests_of(lowered_of(intent_of("tiny"), facts_with({})));
  ASSERT_EQ(guests.size(), 1U);
  auto files = files_of(k_guest, guests[0].attributes);
  const auto content = content_of(files);
  for (auto& file : files)
    if (file.path.ends_with(".user-data")) file.body += "{\"ssh_authorized_keys\":[\"ssh-ed25519 AAAA\"]}\n";
  EXPECT_EQ(content_of(files), content);
  files.front().body += "guest another\n";
  EXPECT_NE(content_of(files), content);
}

TEST(NodeGuests, ShowWhatDoesNotRunAsItShould) {
  const auto attributes = with_content(
      k_guest, normalised(schema_of(k_guest), guests_of(lowered_of(intent_of("tiny"), facts_with({})))[0].attributes));
  EXPECT_THAT(faults_of(attributes, ""), IsEmpty());
  EXPECT_THAT(
      faults_of(attributes,
                "app_till changed\napp_till stopped\napp_till diskless\nother missing\napp_till what is this\n"),
      UnorderedElementsAre("its definition in libvirt was changed", "it does not run"));
}

TEST(NodeReport, TellsImagesAndMachines) {
  const auto report = parse_report(
      told("images", "debian-12\ntiny\n") +
      told("file/etc/cloison/guests.d/app_till.conf", "644 root:root\n# cloison\nguest app_till till 0 tiny\n") +
      told("file/etc/cloison/guests.d/app_till.xml", "644 root:root\n") + "@end 0 0\n\n");
  ASSERT_TRUE(report.has_value());
  const auto facts = facts_of(*report);
  EXPECT_TRUE(facts.contains("images") && facts.contains("image/debian-12") && facts.contains("guest/app_till"));
  EXPECT_EQ(facts.at("guest/app_till"), "tiny");
  EXPECT_FALSE(facts.contains("guest/app_till.xml"));
}

}  // namespace

}  // namespace cloison::node
