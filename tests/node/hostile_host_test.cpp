// A host that cannot do what it is asked for: what is said of it, and that nothing was changed.

#include "tests/node/on_a_node.h"

namespace cloison::node {

namespace {

class OnAHostileNode : public OnANode {
 protected:
  void TearDown() override {
    if (shell_) on_host("umount /etc/cloison /var/lib/cloison 2>/dev/null; true");
    OnANode::TearDown();
  }
  /// A firewall that cannot be written.
  Diagnostic refused() {
    const CreateRequest request{resource(k_firewall, "firewall", firewall(true)), marker_of("firewall")};
    const auto answers = provider_->create_many(std::span(&request, 1), call());
    EXPECT_FALSE(answers.front());
    return answers.front() ? Diagnostic{} : answers.front().error();
  }
  void expect_untouched() const {
    EXPECT_EQ(on_host("nft list tables inet | grep -c cloison; true"), "0\n");
    EXPECT_EQ(on_host("ls /var/lib/cloison/armed 2>/dev/null; find /etc -name '*.cloison-new'; true"), "");
    EXPECT_TRUE(observed("firewall").is_null());
  }
};

TEST_F(OnAHostileNode, AFullDiskChangesNothing) {
  made_agent();
  for (const auto* const folder : {"/etc/cloison", "/var/lib/cloison"}) {
    on_host(fmt::format("mkdir -p {0}; mount -t tmpfs -o size=16k none {0}; head -c 20000 /dev/zero >{0}/filler; true",
                        folder));
    const auto why = refused();
    EXPECT_EQ(why.code, "CL5413") << why.detail;
    EXPECT_THAT(why.detail, ::testing::AnyOf(HasSubstr("disk is full"), HasSubstr("cannot write"))) << folder;
    on_host(fmt::format("umount {}", folder));
    expect_untouched();
  }
  made(k_firewall, "firewall", firewall(true));
}

TEST_F(OnAHostileNode, AFileSystemThatIsReadOnlyChangesNothing) {
  made_agent();
  for (const auto* const folder : {"/etc/cloison", "/var/lib/cloison"}) {
    on_host(fmt::format("mkdir -p {0}; mount --bind {0} {0} && mount -o remount,bind,ro {0}", folder));
    const auto why = refused();
    EXPECT_EQ(why.code, "CL5413") << why.detail;
    EXPECT_THAT(why.detail, HasSubstr("cannot")) << folder;
    on_host(fmt::format("umount {}", folder));
    expect_untouched();
  }
  made(k_firewall, "firewall", firewall(true));
}

TEST_F(OnAHostileNode, AnAccountThatLostSudoIsNamed) {
  const auto file = on_host("grep -rl NOPASSWD /etc/sudoers.d | head -n 1");
  ASSERT_FALSE(file.empty());
  const auto path = file.substr(0, file.find('\n'));
  on_host(fmt::format(
      "systemd-run -q --collect --on-active=4 --timer-property=AccuracySec=100ms mv /root/kept {0}; mv {0} /root/kept",
      path));
  const auto facts = provider_->probe(call());
  ASSERT_FALSE(facts);
  EXPECT_EQ(facts.error().code, "CL5412") << text_of(facts);
  EXPECT_THAT(facts.error().hint, HasSubstr("NOPASSWD"));
  std::this_thread::sleep_for(seconds(6));
  EXPECT_TRUE(provider_->probe(call()));
}

/// Stopped, sshd's connections are taken by the kernel and nobody answers.
TEST_F(OnAHostileNode, AHostThatDoesNotAnswerCostsNoMoreThanItsTime) {
  on_host(
      "systemd-run -q --collect --on-active=5 --timer-property=AccuracySec=100ms systemctl kill --kill-who=main -s "
      "CONT ssh;"
      "systemctl kill --kill-who=main -s STOP ssh");
  shell_->disconnect();
  const auto begun = steady_clock::now();
  const auto facts = provider_->probe({.deadline = begun + seconds(2)});
  ASSERT_FALSE(facts);
  EXPECT_LT(steady_clock::now() - begun, seconds(4));
  EXPECT_EQ(facts.error().code, "CL5407") << text_of(facts);
  std::this_thread::sleep_until(begun + seconds(7));
  EXPECT_TRUE(provider_->probe(call()));
}

/// The lab's hosts share this machine's clock, so what tells the time there lies.
TEST_F(OnAHostileNode, AClockThatIsOffIsTold) {
  on_host(
      "mv /usr/bin/date /usr/bin/date.real; printf '#!/bin/sh\\nexec /usr/bin/date.real -d \"1 hour ago\" \"$@\"\\n' "
      ">/usr/bin/date; chmod 755 /usr/bin/date");
  const auto facts = provider_->probe(call());
  on_host("mv /usr/bin/date.real /usr/bin/date");
  ASSERT_TRUE(facts) << text_of(facts);
  ASSERT_TRUE(facts->contains("clock_off"));
  EXPECT_NEAR(std::stoi(facts->at("clock_off")), -3600, 5);
  EXPECT_FALSE(provider_->probe(call())->contains("clock_off"));
}

/// Nobody can confirm what was begun, so it goes back, and can be asked for again.
TEST_F(OnAHostileNode, AServerThatDiesInAChangeLeavesNothingBehind) {
  made_agent();
  on_host(
      "systemd-run -q --collect --unit=killer sh -c 'until [ -f /var/lib/cloison/armed ]; do sleep 0.02; done; "
      "systemctl stop ssh; pkill -KILL sshd; sleep 9; systemctl reset-failed ssh; systemctl start ssh'");
  const CreateRequest request{resource(k_firewall, "firewall", firewall(true)), marker_of("firewall")};
  const auto begun = steady_clock::now();
  const auto answers = provider_->create_many(std::span(&request, 1), {.deadline = begun + seconds(6)});
  ASSERT_FALSE(answers.front());
  EXPECT_TRUE(answers.front().error().kind == ErrorKind::in_doubt ||
              answers.front().error().kind == ErrorKind::unconfirmed)
      << text_of(answers.front());
  std::this_thread::sleep_until(begun + seconds(16));
  expect_untouched();
  made(k_firewall, "firewall", firewall(true));
}

}  // namespace

}  // namespace cloison::node
