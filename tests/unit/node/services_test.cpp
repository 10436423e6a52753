// Services of a machine: what is asked of it, the files of it, and what is read of what runs.

#include <mutex>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "providers/node/draining.h"
#include "providers/node/lower.h"
#include "providers/node/render.h"
#include "providers/node/report.h"
#include "providers/node/rollout.h"
#include "providers/node/schema.h"
#include "tests/unit/node/told.h"

namespace cloison::node {

namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

ServiceIntent portal() {
  ServiceIntent service{.name = "portal", .title = "Portal"};
  service.artifact = {.source = "file:portal", .sha256 = std::string(64, 'a'), .version = "1.0"};
  service.listen = {*TransportMatch::parse("tcp/3000")};
  service.health.port = 3000;
  service.turn = {.lane = "portal 0", .number = 2};
  return service;
}

std::vector<Resource> lowered_of(std::vector<ServiceIntent> services) {
  NodeIntent node{.path = "cloud.app.portal-1", .name = "portal-1", .forwards = false, .services = std::move(services)};
  Intent intent{.provider = "nodes"};
  intent.nodes = {std::move(node)};
  auto lowered = lower(intent, {});
  EXPECT_TRUE(lowered.value.has_value());
  return lowered.value ? std::move(lowered.value->resources) : std::vector<Resource>{};
}

std::string file_of_service(const ServiceIntent& service, std::string_view ending) {
  const auto resources = lowered_of({service});
  for (const auto& file : files_of(k_service, resources.back().attributes))
    if (file.path.ends_with(ending)) return file.body;
  return "no such file";
}

TEST(NodeServices, AMachineHasNoNetworkOfOurs) {
  const auto resources = lowered_of({portal()});
  std::vector<std::string> addresses;
  for (const auto& one : resources) addresses.push_back(one.address.text);
  EXPECT_THAT(addresses, ElementsAre("cloud.app.portal-1.agent", "cloud.app.portal-1.release/portal",
                                     "cloud.app.portal-1.service/portal"));
  EXPECT_THAT(resources.back().after, ElementsAre("cloud.app.portal-1.release/portal", "cloud.app.portal-1.agent"));
  EXPECT_EQ(resources.back().lane, "service portal 0");
  EXPECT_EQ(resources.back().turn, 2U);
}

/// A machine of a pair, as far as its facts tell which interface is whose.
Lowered pair_of(const Facts& facts) {
  auto edge = portal();
  edge.name = "edge";
  edge.balances = {{.service = "portal", .listen = 443, .port = 3000}};
  NodeIntent node{.path = "cloud.app.edge-1", .name = "edge-1", .forwards = false, .services = {std::move(edge)}};
  node.redundancy = {.place = "cloud.app.edge",
                     .own = {*IpAddress::parse("10.0.0.10"), *IpAddress::parse("fd12::10")},
                     .others = {*IpAddress::parse("10.0.0.11"), *IpAddress::parse("fd12::11")},
                     .shared = {*IpAddress::parse("fd12::12"), *IpAddress::parse("10.0.0.12")},
                     .services = {"edge"}};
  Intent intent{.provider = "nodes"};
  intent.nodes = {std::move(node)};
  auto lowered = lower(intent, facts);
  EXPECT_TRUE(lowered.value.has_value());
  return lowered.value ? *std::move(lowered.value) : Lowered{};
}

TEST(NodeServices, APairSharesAnAddressWhereItsOwnIs) {
  const auto lowered = pair_of({{"address/10.0.0.10", "ens3"}, {"address/192.0.2.10", "ens4"}});
  ASSERT_EQ(lowered.resources.back().kind, k_redundancy);
  EXPECT_THAT(lowered.resources.back().after, ::testing::Contains("cloud.app.edge-1.service/edge"));
  std::string config, role;
  for (const auto& file : files_of(k_redundancy, lowered.resources.back().attributes))
    (file.path.ends_with("keepalived.conf") ? config : role) = file.body;
  EXPECT_THAT(config, AllOf(HasSubstr("interface ens3\n"), HasSubstr("unicast_src_ip 10.0.0.10\n"),
                            HasSubstr("unicast_peer {\n    10.0.0.11\n  }"),
                            HasSubstr("virtual_ipaddress {\n    10.0.0.12/32 dev ens3\n  }"),
                            HasSubstr("virtual_ipaddress_excluded {\n    fd12::12/128 dev ens3\n  }"),
                            HasSubstr("agent.sh running edge\""), HasSubstr("    placed\n    serving_edge\n")));
  EXPECT_EQ(role, "over ens3\nown 10.0.0.10\nshared 10.0.0.12/32 ens3\nshared fd12::12/128 ens3\n");
}

TEST(NodeServices, APairIsNoneWhereNoInterfaceHasItsAddress) {
  const auto lowered = pair_of({{"address/192.0.2.10", "ens4"}});
  EXPECT_EQ(lowered.resources.back().kind, k_service);
  ASSERT_EQ(lowered.not_applied.size(), 1U);
  EXPECT_THAT(lowered.not_applied[0].text, HasSubstr("no interface of cloud.app.edge-1 has 10.0.0.10"));
  EXPECT_EQ(pair_of({}).resources.back().kind, k_redundancy) << "before anything was asked, it is planned";
}

TEST(NodeServices, WhatRunsIsToldByItsMachine) {
  const std::string lines =
      "service portal 1.0-aaaaaaaaaaaa active 1790000000 2\nservice edge - failed 0 0\nill edge it ended with status "
      "1\n"
      "service short\n\nill\n";
  const auto report = parse_report(fmt::format("@running 0 {}\n{}\n@end 0 0\n\n", lines.size(), lines));
  ASSERT_TRUE(report);
  const auto running = running_services(*report);
  ASSERT_EQ(running.size(), 2U);
  EXPECT_EQ(running[0].name, "edge");
  EXPECT_EQ(running[0].release, "");
  EXPECT_EQ(running[0].ails, "it ended with status 1");
  EXPECT_FALSE(running[0].since);
  EXPECT_EQ(running[1].release, "1.0-aaaaaaaaaaaa");
  EXPECT_EQ(running[1].restarts, 2U);
  EXPECT_EQ(running[1].since->time_since_epoch().count(), 1'790'000'000);
}

TEST(NodeServices, NoWordLeavesItsPlaceInAUnit) {
  auto service = portal();
  service.title = "100 %n\nExecStartPre=/bin/false";
  service.arguments = {"--name=%h", "$HOME \"x\" \\", "; rm", ""};
  service.variables = {{"A", "50 % $B \"q\""}};
  const auto unit = file_of_service(service, ".service");
  EXPECT_THAT(unit, HasSubstr("Description=100 %%nExecStartPre=/bin/false\n"));
  EXPECT_THAT(unit, HasSubstr("/portal \"--name=%%h\" \"$$HOME \\\"x\\\" \\\\\" \"; rm\" \"\"\n"));
  EXPECT_THAT(unit, HasSubstr("Environment=\"A=50 %% $B \\\"q\\\"\"\n"));
}

TEST(NodeServices, MayDoOnlyWhatTheyAskFor) {
  EXPECT_THAT(file_of_service(portal(), ".service"),
              AllOf(HasSubstr("CapabilityBoundingSet=\n"), HasSubstr("MemoryDenyWriteExecute=yes"),
                    HasSubstr("DynamicUser=yes")));
  auto service = portal();
  service.listen = {*TransportMatch::parse("tcp/443")};
  service.makes_code = true;
  service.user = "portal";
  service.cpu = 1.5;
  service.memory = uint64_t{1} << 30U;
  EXPECT_THAT(file_of_service(service, ".service"),
              AllOf(HasSubstr("AmbientCapabilities=CAP_NET_BIND_SERVICE\n"), Not(HasSubstr("MemoryDenyWriteExecute")),
                    HasSubstr("User=portal\n"), HasSubstr("CPUQuota=150%\n"), HasSubstr("MemoryMax=1073741824\n")));
}

TEST(NodeServices, AreStartedByTheirTimerWhenTheyAreScheduled) {
  auto service = portal();
  service.schedule = "*-*-* 02:00";
  service.deadline = std::chrono::minutes(10);
  EXPECT_THAT(file_of_service(service, ".timer"), HasSubstr("OnCalendar=*-*-* 02:00\nPersistent=yes"));
  EXPECT_THAT(file_of_service(service, ".service"),
              AllOf(HasSubstr("Type=oneshot"), HasSubstr("TimeoutStartSec=600"), Not(HasSubstr("[Install]"))));
}

TEST(NodeServices, StartAfterThoseOfTheirMachine) {
  auto first = portal(), second = portal();
  second.name = "sync";
  second.after = {"portal", "elsewhere"};
  const auto resources = lowered_of({first, second});
  EXPECT_THAT(resources.back().after, ElementsAre("cloud.app.portal-1.release/sync",
                                                  "cloud.app.portal-1.service/portal", "cloud.app.portal-1.agent"));
  EXPECT_EQ(files_of(k_service, resources.back().attributes)[0].body,
            "service sync 1.0-aaaaaaaaaaaa sync\nlisten tcp 3000\nprobe tcp 3000\ninterval 2\ntimeout 2\nretries 15\n"
            "watch 10\nafter portal\n");
}

ServiceIntent edge() {
  ServiceIntent service{.name = "edge", .title = "Edge"};
  service.listen = {*TransportMatch::parse("tcp/443"), *TransportMatch::parse("tcp/2576")};
  HealthIntent health{.http = "/health", .port = 3000};
  const auto servers = [](uint16_t port) {
    return std::map<std::string, BalancedIntent::Server>{{"portal-1", {*IpAddress::parse("10.0.0.1"), port, 3000}},
                                                         {"portal-2", {*IpAddress::parse("2001:db8::2"), port, 3000}}};
  };
  service.balances = {{"portal", 443, 3000, true, servers(3000), health},
                      {"portal", 2576, 2575, false, servers(2575), health}};
  service.tls = {.least = "1.3", .certificate = "file:edge.pem", .key = "file:edge.key"};
  return service;
}

TEST(NodeServices, ABalancerSpeaksForThoseBehindIt) {
  const auto resources = lowered_of({edge()});
  ASSERT_EQ(resources.size(), 2U) << "the agent and the balancer: its program is the system's";
  const auto config = file_of_service(edge(), ".cfg");
  EXPECT_THAT(config,
              AllOf(HasSubstr("ssl-default-bind-options ssl-min-ver TLSv1.3\n"), HasSubstr("  retries 0\n"),
                    HasSubstr("frontend at_443\n  mode http\n"), HasSubstr("  default_backend portal_3000\n"),
                    HasSubstr("  server portal-1 10.0.0.1:3000 check inter 2s fall 3 rise 2\n"),
                    HasSubstr("frontend at_2576\n  mode tcp\n"),
                    HasSubstr("  server portal-2 [2001:db8::2]:2575 check inter 2s fall 3 rise 2 port 3000\n")));
  EXPECT_EQ(file_of_service(edge(), ".secrets"),
            "certificate tls\n    secret = hidden\nkey tls\n    secret = hidden\n");
  EXPECT_THAT(file_of_service(edge(), "services.d/edge.conf"), HasSubstr("service edge - haproxy\n"));
  auto plain = edge();
  plain.tls = {};
  plain.balances.pop_back();
  EXPECT_THAT(file_of_service(plain, ".cfg"), AllOf(HasSubstr("  bind :::443 v4v6\n"), Not(HasSubstr("ssl"))));
}

std::vector<std::string> asked_for(ChangeRequest::Verb verb, const std::string& deaf) {
  auto service = portal();
  service.server = "portal-1";
  service.drained = {{"edge-1", "edge", "portal_3000"}, {"edge-2", "edge", "portal_3000"}};
  service.drain = std::chrono::seconds(8);
  const auto resource = lowered_of({service}).back();
  const ChangeRequest change{
      .verb = verb, .desired = resource, .now = {.kind = resource.kind, .applied = resource.attributes}};
  std::vector<std::string> asked;
  std::mutex mutex;
  const AskBalancer ask = [&](const std::string& balancer,
                              const std::vector<std::string>& words) -> Result<std::string> {
    const std::lock_guard guard(mutex);
    asked.push_back(fmt::format("{}: {}", balancer, fmt::join(words, " ")));
    if (balancer == deaf) return fail({.summary = "It does not answer."});
    return std::string("@drained 0 2\n3\n\n@end 0 0\n\n");
  };
  const auto servers = drained_by(std::span(&change, 1));
  const auto out = take_out(servers, ask);
  asked.push_back(out ? fmt::format("{} ended", *out) : out.error().code + " " + out.error().summary);
  if (out && !put_in(servers, ask)) asked.emplace_back("not put in");
  std::sort(asked.begin(), asked.end());
  return asked;
}

TEST(NodeServices, AreTakenOutAtTheirBalancersWhileTheyChange) {
  using Verb = ChangeRequest::Verb;
  EXPECT_THAT(
      asked_for(Verb::update, ""),
      ElementsAre("6 ended", "edge-1: drain edge portal_3000 portal-1 8", "edge-1: ready edge portal_3000 portal-1",
                  "edge-2: drain edge portal_3000 portal-1 8", "edge-2: ready edge portal_3000 portal-1"));
  EXPECT_THAT(asked_for(Verb::create, ""), ElementsAre("0 ended")) << "nobody sends to what is not there yet";
  EXPECT_THAT(asked_for(Verb::update, "edge-2"),
              ElementsAre("CL5436 balancer edge-2 cannot be told to send nothing more to portal-1",
                          "edge-1: drain edge portal_3000 portal-1 8", "edge-1: ready edge portal_3000 portal-1",
                          "edge-2: drain edge portal_3000 portal-1 8", "edge-2: ready edge portal_3000 portal-1"));
}

TEST(NodeServices, OnlyWhatServesComesBackToItsBalancers) {
  const std::vector<DrainedServer> servers{{.balancer = "edge-1", .seconds = 30, .served = true, .serves = false},
                                           {.balancer = "edge-2", .seconds = 30, .served = false, .serves = true}};
  EXPECT_EQ(coming_back(servers, true).front().balancer, "edge-2");
  EXPECT_EQ(coming_back(servers, false).front().balancer, "edge-1");
  EXPECT_EQ(coming_back(servers, true).size() + coming_back(servers, false).size(), 2U);
  EXPECT_EQ(ended_text(0, servers), "");
  EXPECT_EQ(ended_text(1, servers), "1 session was ended, open after 30 s");
  EXPECT_EQ(ended_text(3, servers), "3 sessions were ended, open after 30 s");
}

TEST(NodeServices, SeveralOnOneMachineShareWhatIsInstalled) {
  auto first = portal(), second = portal();
  first.name = "portal@1", second.name = "portal@2";
  const auto resources = lowered_of({first, second});
  std::vector<std::string> addresses;
  for (const auto& one : resources) addresses.push_back(one.address.text);
  EXPECT_THAT(addresses, ElementsAre("cloud.app.portal-1.agent", "cloud.app.portal-1.release/portal",
                                     "cloud.app.portal-1.service/portal@1", "cloud.app.portal-1.service/portal@2"));
  EXPECT_EQ(resources.back().rollout, "service portal");
  const auto files = files_of(k_service, resources.back().attributes);
  EXPECT_EQ(files[1].path, "/etc/systemd/system/cloison-app-portal@2.service");
  EXPECT_THAT(files[1].body, AllOf(HasSubstr("ExecStart=/opt/cloison/portal/releases/1.0-aaaaaaaaaaaa/portal\n"),
                                   HasSubstr("StateDirectory=cloison-app-portal@2\n")));
}

Value attributes_of(ServiceIntent service) {
  return lowered_of({std::move(service)}).back().attributes;
}

TEST(NodeServices, ThoseThatMayNotRunBesideAnotherStopFirst) {
  auto former = portal(), next = portal();
  next.artifact.version = "1.1", next.exclusive = true;
  const auto passage = passage_of(k_service, attributes_of(former), attributes_of(next));
  EXPECT_EQ(passage.kind, Passage::Kind::former_stops);
  EXPECT_THAT(files_of(k_service, passage.through)[0].body,
              AllOf(HasSubstr("service portal 1.0-"), HasSubstr("\nstopped\n")));
  EXPECT_EQ(passage_of(k_service, passage.through, attributes_of(next)).through, passage.through) << "it has stopped";
  auto other = former;
  other.exclusive = true, other.arguments = {"--new"};
  EXPECT_EQ(passage_of(k_service, attributes_of(former), attributes_of(other)).kind, Passage::Kind::none)
      << "the same release";
}

TEST(NodeServices, ASpareMachineRunsWhileOthersChange) {
  auto former = portal(), next = portal();
  former.stopped = next.stopped = true, next.artifact.version = "1.1";
  const auto passage = passage_of(k_service, attributes_of(former), attributes_of(next));
  EXPECT_EQ(passage.kind, Passage::Kind::next_begins);
  EXPECT_THAT(files_of(k_service, passage.through)[0].body,
              AllOf(HasSubstr("service portal 1.1-"), Not(HasSubstr("stopped"))));
  EXPECT_EQ(passage_of(k_service, passage.through, attributes_of(next)).through, passage.through) << "it runs already";
  EXPECT_EQ(passage_of(k_service, attributes_of(next), attributes_of(next)).kind, Passage::Kind::none);
}

TEST(NodeServices, ShowWhatRunsAndWhatDoesNot) {
  const auto resources = lowered_of({portal()});
  const auto read = [&](std::string_view kind, const Value& attributes, const std::string& section,
                        const std::string& said, std::string_view name) {
    const auto objects = objects_of(report_of(kind, attributes, told(section, said)));
    return objects.size() == 1 ? to_display(attribute(schema_of(kind), objects[0].attributes, name)) : "not one";
  };
  const auto& release = resources[1].attributes;
  const auto& service = resources[2].attributes;
  EXPECT_EQ(read(k_service, service, "services", "portal release 1.0-aaaaaaaaaaaa\n", "faults"), "[]");
  EXPECT_EQ(
      read(k_service, service, "services", "portal release 0.9-b\nportal stopped failed\nportal disabled\n", "release"),
      "\"0.9-b\"");
  EXPECT_EQ(
      read(k_service, service, "services", "portal release 0.9-b\nportal stopped failed\nportal disabled\n", "faults"),
      "[\"it does not run (failed)\", \"it does not start at boot\"]");
  EXPECT_EQ(read(k_release, release, "releases", "portal 1.0-aaaaaaaaaaaa ok\n", "faults"), "[]");
  EXPECT_EQ(read(k_release, release, "releases", "portal 1.0-aaaaaaaaaaaa changed\n", "faults"),
            "[\"its files were changed\"]");
  EXPECT_EQ(read(k_release, release, "releases", "", "faults"), "[\"nothing is known of it\"]");
}

}  // namespace

}  // namespace cloison::node
