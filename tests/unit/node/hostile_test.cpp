// Nodes that refuse, lie or are broken, played by a shell that says what it is told.

#include <deque>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "providers/node/provider.h"
#include "providers/node/render.h"
#include "providers/node/schema.h"

namespace cloison::node {

namespace {

using ::testing::HasSubstr;

/// Answers in order; counts connections.
class ScriptedShell final : public net::Shell {
 public:
  explicit ScriptedShell(std::deque<net::CommandOutput> answers) : answers_(std::move(answers)) {}
  Result<net::CommandOutput> run(const net::Command& command, const net::Limits& limits) override {
    (void)limits;
    commands.push_back(command);
    if (answers_.empty()) return fail({.kind = ErrorKind::transient, .code = "CL5401", .summary = "gone"});
    auto answer = std::move(answers_.front());
    answers_.pop_front();
    return answer;
  }
  Result<void> upload(const net::Upload& upload, const net::Limits& limits) override {
    (void)limits;
    uploads.push_back(upload);
    return {};
  }
  void disconnect() override { ++disconnected; }

  std::vector<net::Command> commands{};
  std::vector<net::Upload> uploads{};
  int disconnected = 0;

 private:
  std::deque<net::CommandOutput> answers_;
};

net::CommandOutput said(int status, std::string out, std::string err = {}) {
  return {.status = status, .out = std::move(out), .err = std::move(err)};
}

CreateRequest forwarding() {
  CreateRequest request;
  request.resource = {
      .address = {"lab/one.forwarding"},
      .provider = "node",
      .kind = std::string(k_forwarding),
      .attributes = with_content(k_forwarding, record(schema_of(k_forwarding), {{"ipv4", Value::boolean(true)},
                                                                                {"ipv6", Value::boolean(false)}}))};
  request.marker = {.lineage = "0123456789abcdef0123456789abcdef", .generation = 1, .address = "lab/one.forwarding"};
  return request;
}

Diagnostic refusal_of(const std::shared_ptr<ScriptedShell>& shell) {
  const auto provider = make_node({.name = "node"}, shell, {});
  const auto request = forwarding();
  auto answers = provider->create_many(std::span(&request, 1), {});
  EXPECT_FALSE(answers.front());
  return answers.front() ? Diagnostic{} : answers.front().error();
}

constexpr const char* k_done = "@outcome 0 1\n0\n@end 0 0\n\n";
constexpr const char* k_nothing = "@end 0 0\n\n";

TEST(HostileNode, AnAccountThatMayNotBecomeRootIsNamed) {
  const auto why = refusal_of(
      std::make_shared<ScriptedShell>(std::deque<net::CommandOutput>{said(1, "", "sudo: a password is required\n")}));
  EXPECT_EQ(why.code, "CL5412");
  EXPECT_EQ(why.kind, ErrorKind::permission);
  EXPECT_THAT(why.detail, HasSubstr("a password is required"));
}

TEST(HostileNode, AChangeThatIsRefusedHasChangedNothing) {
  const auto shell = std::make_shared<ScriptedShell>(
      std::deque<net::CommandOutput>{said(70, "", "cloison: the disk is full\x1b[2J\n")});
  const auto why = refusal_of(shell);
  EXPECT_EQ(why.code, "CL5413");
  EXPECT_EQ(why.detail.find('\x1b'), std::string::npos) << "a node must not drive the terminal";
  EXPECT_EQ(shell->commands.size(), 1U);
}

TEST(HostileNode, WhatIsWrittenAndNotShownIsAnError) {
  const auto why = refusal_of(std::make_shared<ScriptedShell>(
      std::deque<net::CommandOutput>{said(0, ""), said(0, k_done), said(0, k_nothing), said(0, "")}));
  EXPECT_EQ(why.code, "CL5411");
}

TEST(HostileNode, GarbageInsteadOfAnOutcomeIsNotConfirmed) {
  for (const auto* const garbage : {"", "garbage", "@outcome 0 1\n", "@outcome 0 4000000000\nx\n"}) {
    const auto shell = std::make_shared<ScriptedShell>(
        std::deque<net::CommandOutput>{said(0, ""), said(0, garbage), said(0, garbage)});
    const auto why = refusal_of(shell);
    EXPECT_EQ(why.code, "CL5415") << garbage;
    for (const auto& command : shell->commands) EXPECT_NE(command.argv.back(), "confirm");
  }
}

TEST(HostileNode, ConfirmingNeedsAConnectionMadeAfterTheOutcome) {
  const auto shell = std::make_shared<ScriptedShell>(std::deque<net::CommandOutput>{said(0, ""), said(0, k_done)});
  const auto why = refusal_of(shell);
  EXPECT_EQ(why.code, "CL5415");
  EXPECT_EQ(shell->disconnected, 1);
}

TEST(HostileNode, NothingOfInputIsEverAWordOfTheCommand) {
  const auto shell = std::make_shared<ScriptedShell>(std::deque<net::CommandOutput>{});
  const auto provider = make_node({.name = "node"}, shell, {});
  auto request = forwarding();
  request.marker.address = "lab/$(touch x).forwarding";
  (void)provider->create_many(std::span(&request, 1), {});
  ASSERT_EQ(shell->commands.size(), 1U);
  for (const auto& word : shell->commands.front().argv) EXPECT_EQ(word.find("touch"), std::string::npos);
  EXPECT_THAT(shell->commands.front().input, HasSubstr("$(touch x)"));  // only ever written into a file
}

CreateRequest a_release() {
  CreateRequest request;
  request.resource = {
      .address = {"app.portal-1.release/portal"},
      .provider = "node",
      .kind = std::string(k_release),
      .attributes = with_content(k_release, record(schema_of(k_release), {{"name", Value::text("portal")},
                                                                          {"id", Value::text("1")},
                                                                          {"sha256", Value::text("abc")},
                                                                          {"source", Value::text("file:p")},
                                                                          {"executable", Value::text("p")},
                                                                          {"keep", Value::integer(1)}}))};
  request.marker = {.lineage = "0123456789abcdef0123456789abcdef", .address = request.resource.address.text};
  return request;
}

TEST(HostileNode, NoMachineSaysWhereElseAFileGoes) {
  for (const auto* const answer : {"3 /root/.ssh/authorized_keys\n", "-3 /var/lib/cloison-incoming/abc\n",
                                   "3 /var/lib/cloison-incoming/../abc\n", "\n", "3\n"})
    for (const bool asked_twice : {false, true}) {
      const auto output =
          said(0, fmt::format("@incoming 0 {}\n{}\n@end 0 0\n\n", std::string_view(answer).size(), answer));
      // Asked first whether it wants anything, and then where.
      const auto wanted = said(0, "@incoming 0 7\nwanted\n\n@end 0 0\n\n");
      auto shell = std::make_shared<ScriptedShell>(asked_twice ? std::deque<net::CommandOutput>{wanted, output}
                                                               : std::deque<net::CommandOutput>{output});
      const auto provider = make_node({.name = "node"}, shell, {.artifact = [](const Artifact&, const net::Limits&) {
                                        return Result<Parcel>(Parcel{.path = "/tmp/a", .sha256 = "abc"});
                                      }});
      const auto request = a_release();
      EXPECT_FALSE(provider->create_many(std::span(&request, 1), {}).front()) << answer;
      EXPECT_TRUE(shell->uploads.empty()) << answer;
    }
}

}  // namespace

}  // namespace cloison::node
