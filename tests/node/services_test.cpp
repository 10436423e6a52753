// Services on a real host: releases that come, run, fail and go back.

#include <filesystem>
#include <fstream>

#include "core/base/digest.h"
#include "core/net/access.h"
#include "providers/node/artifacts.h"
#include "tests/node/on_a_node.h"

namespace cloison::node {

namespace {

using ::testing::Not;

/// What every Debian has runs it: answers with its version, unless it is told to fail.
constexpr std::string_view k_program = R"perl(#!/usr/bin/perl
use IO::Socket::INET;
$| = 1;
my ($port, $fault) = @ARGV;
my $begun = time;
if (($fault // "") eq "crash") { print "no database\n"; exit 3 }
my $server = IO::Socket::INET->new(LocalPort => $port, Listen => 16, ReuseAddr => 1) or die "cannot listen: $!";
while (my $client = $server->accept) {
  my $line = <$client>;
  my $bad = $fault && ($fault eq "ill" || $fault eq "ill-later" && time - $begun > 2);
  my $status = $bad ? "503 Service Unavailable" : "200 OK";
  print $client "HTTP/1.1 $status\r\nContent-Length: 4\r\nConnection: close\r\n\r\nVERSION";
  close $client;
}
)perl";

class OnAMachine : public OnANode {
 protected:
  void SetUp() override {
    OnANode::SetUp();
    if (IsSkipped()) return;
    folder_ = std::filesystem::temp_directory_path() / ("cloison-services-" + random_hex(4));
    std::filesystem::create_directory(folder_);
    net::Access access{.folder = folder_};
    provider_ =
        make_node({.name = "node"}, shell_,
                  {.restore_after = seconds(8),
                   .value = [this](const std::string& reference) { return value(reference); },
                   .artifact = [access](const Artifact& artifact,
                                        const net::Limits& limits) { return obtain(artifact, access, limits); }});
    clear();
    made_agent();
  }
  void TearDown() override {
    if (shell_) clear();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
    OnANode::TearDown();
  }

  void clear() const {
    on_host(
        "for unit in /etc/systemd/system/cloison-app-*; do [ -f $unit ] && systemctl -q disable --now $(basename "
        "$unit); "
        "done; rm -rf /opt/cloison /var/lib/cloison-incoming /etc/systemd/system/*.target.wants/cloison-app-*; true");
  }

  /// A file here of that name; its digest.
  std::string artifact(const std::string& name, const std::string& content) const {
    std::ofstream(folder_ / name, std::ios::binary) << content;
    return sha256_hex(content);
  }
  std::string program(const std::string& version) const {
    std::string text(k_program);
    text.replace(text.find("VERSION"), 7, version + " ");
    return artifact("gateway-" + version, text);
  }
  static Named release(const std::string& source, const std::string& id, const std::string& sha256,
                       const std::string& executable = "gateway") {
    return {{"name", Value::text("gateway")},        {"id", Value::text(id)},
            {"sha256", Value::text(sha256)},         {"source", Value::text("file:" + source)},
            {"executable", Value::text(executable)}, {"keep", Value::integer(1)}};
  }
  static Named service(const std::string& id, const std::vector<std::string>& arguments = {"3000"}, int64_t watch = 1) {
    return {{"name", Value::text("gateway")},       {"title", Value::text("Gateway of 100 %")},
            {"release", Value::text(id)},           {"executable", Value::text("gateway")},
            {"arguments", Value::texts(arguments)}, {"variables", Value::texts({"COLOUR=red \"x\" $HOME %h"})},
            {"restart", Value::text("always")},     {"makes_code", Value::boolean(false)},
            {"listen", Value::texts({"tcp 3000"})}, {"probes", Value::texts({"http 3000 /health"})},
            {"probe_command", Value::texts({})},    {"interval", Value::integer(1)},
            {"timeout", Value::integer(2)},         {"retries", Value::integer(4)},
            {"watch", Value::integer(watch)},       {"after", Value::texts({})}};
  }
  Result<Applied> changed(const ResourceState& row, std::string_view kind, const std::string& name, Named attributes) {
    return provider_->update(row, resource(kind, name, std::move(attributes)), call());
  }
  /// What it serves; "" also while the host boots.
  std::string answers() const {
    const auto output = net::make_ssh(target_)->run({.argv = {"perl", "-MIO::Socket::INET", "-e",
                                                              "my $s = IO::Socket::INET->new('127.0.0.1:3000') or "
                                                              "exit; print $s \"GET / HTTP/1.1\\r\\n\\r\\n\"; my @l = "
                                                              "<$s>; print $l[-1]"}},
                                                    {.deadline = steady_clock::now() + seconds(5)});
    return output ? output->out : "";
  }
  /// What stands behind references here.
  Result<Secret> value(const std::string& reference) const {
    const auto found = values_.find(reference);
    if (found == values_.end()) return fail({.code = "CL5434", .summary = "not there"});
    return Secret(found->second);
  }
  /// Version 1.0 runs; its rows.
  void first() {
    release_ = made(k_release, "release", release("gateway-1.0", "1.0-a", program("1.0")));
    service_ = made(k_service, "service", service("1.0-a"));
    ASSERT_EQ(answers(), "1.0 ");
  }

  std::filesystem::path folder_{};
  std::map<std::string, std::string> values_{};
  ResourceState release_{}, service_{};
};

TEST_F(OnAMachine, AnotherReleaseTakesThePlaceOfOne) {
  first();
  EXPECT_THAT(on_host("tr '\\0' '\\n' </proc/$(systemctl show -p MainPID --value cloison-app-gateway)/environ"),
              HasSubstr("COLOUR=red \"x\" $HOME %h\n"));
  EXPECT_EQ(on_host("systemctl show -p Description --value cloison-app-gateway"), "Gateway of 100 %\n");
  EXPECT_EQ(on_host("systemd-analyze verify /etc/systemd/system/cloison-app-gateway.service 2>&1"), "");
  EXPECT_THAT(on_host("systemd-analyze security --threshold=30 cloison-app-gateway >/dev/null && echo hardened"),
              HasSubstr("hardened"));
  const auto brought = changed(release_, k_release, "release", release("gateway-1.1", "1.1-b", program("1.1")));
  ASSERT_TRUE(brought) << text_of(brought);
  EXPECT_EQ(answers(), "1.0 ");
  const auto now = changed(service_, k_service, "service", service("1.1-b"));
  ASSERT_TRUE(now) << text_of(now);
  EXPECT_EQ(to_display(now->observed), to_display(resource(k_service, "service", service("1.1-b")).attributes));
  EXPECT_EQ(answers(), "1.1 ");
  EXPECT_EQ(on_host("readlink /opt/cloison/gateway/current; ls /opt/cloison/gateway/releases"),
            "releases/1.1-b\n1.0-a\n1.1-b\n");
  release_.applied = resource(k_release, "release", release("gateway-1.1", "1.1-b", program("1.1"))).attributes;
  const auto third = changed(release_, k_release, "release", release("gateway-1.2", "1.2-c", program("1.2")));
  ASSERT_TRUE(third) << text_of(third);
  EXPECT_EQ(on_host("ls /opt/cloison/gateway/releases"), "1.0-a\n1.1-b\n1.2-c\n") << "one former one is kept";
}

TEST_F(OnAMachine, ARuntimeThatMakesCodeRunsHardenedToo) {
  std::ifstream file(std::string(CLOISON_SOURCE_DIR) + "/tests/deploy/gateway/gateway.js");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  ASSERT_TRUE(text.starts_with("#!/usr/bin/env node\n"));
  made(k_release, "release", release("gateway.js", "1.0-a", artifact("gateway.js", text)));
  auto attributes = service("1.0-a", {"--http", "3000"});
  for (auto& [name, value] : attributes)
    if (name == "makes_code") value = Value::boolean(true);
  made(k_service, "service", attributes);
  EXPECT_THAT(on_host("perl -MIO::Socket::INET -e 'my $s = IO::Socket::INET->new(\"127.0.0.1:3000\"); print $s \"GET "
                      "/health HTTP/1.0\\r\\n\\r\\n\"; print <$s>'"),
              HasSubstr("ok"));
  EXPECT_EQ(on_host("systemd-analyze verify /etc/systemd/system/cloison-app-gateway.service 2>&1"), "");
  EXPECT_THAT(on_host("systemd-analyze security --threshold=40 cloison-app-gateway >/dev/null && echo hardened"),
              HasSubstr("hardened"));
  const auto running = provider_->running(call());
  ASSERT_TRUE(running);
  ASSERT_EQ(running->size(), 1U);
  EXPECT_EQ((*running)[0].release, "1.0-a");
  EXPECT_EQ((*running)[0].state, "active");
  EXPECT_EQ((*running)[0].ails, "");
  EXPECT_TRUE((*running)[0].since && std::chrono::system_clock::now() - *(*running)[0].since < seconds(60));
  on_host("kill -STOP $(systemctl show -p MainPID --value cloison-app-gateway)");
  const auto stopped = provider_->running(call());
  on_host("kill -CONT $(systemctl show -p MainPID --value cloison-app-gateway)");
  ASSERT_TRUE(stopped);
  EXPECT_THAT((*stopped)[0].ails, HasSubstr("/health at tcp/3000 does not answer"));
}

TEST_F(OnAMachine, WhatFailsGoesBackToWhatRan) {
  first();
  const auto begun = on_host("systemctl show -p ExecMainStartTimestampMonotonic --value cloison-app-gateway");
  const auto brought = changed(release_, k_release, "release", release("gateway-1.1", "1.1-b", program("1.1")));
  ASSERT_TRUE(brought) << text_of(brought);
  for (const auto& [fault, said] :
       std::vector<std::pair<std::string, std::string>>{{"crash", "it said: no database"},
                                                        {"ill", "/health at tcp/3000 answers 503"},
                                                        {"ill-later", "failed while it was watched"}}) {
    const auto failed = changed(service_, k_service, "service", service("1.1-b", {"3000", fault}, 5));
    ASSERT_FALSE(failed) << fault;
    EXPECT_EQ(failed.error().code, "CL5414");
    EXPECT_THAT(failed.error().detail, HasSubstr(said)) << fault;
    EXPECT_EQ(answers(), "1.0 ") << fault;
    EXPECT_EQ(to_display(observed("service")), to_display(service_.observed)) << fault;
  }
  EXPECT_NE(on_host("systemctl show -p ExecMainStartTimestampMonotonic --value cloison-app-gateway"), begun);
}

TEST_F(OnAMachine, ABootInTheMiddleGoesBackToWhatRan) {
  first();
  const auto brought = changed(release_, k_release, "release", release("gateway-1.1", "1.1-b", program("1.1")));
  ASSERT_TRUE(brought) << text_of(brought);
  std::jthread update([&] { (void)changed(service_, k_service, "service", service("1.1-b", {"3000"}, 30)); });
  const auto end = steady_clock::now() + seconds(15);
  while (answers() != "1.1 " && steady_clock::now() < end) std::this_thread::sleep_for(std::chrono::milliseconds(200));
  ASSERT_EQ(answers(), "1.1 ") << "it is watched, and not confirmed";
  auto away = net::make_ssh(target_);
  (void)away->run({.argv = {"sudo", "-n", "systemctl", "--no-block", "reboot"}},
                  {.deadline = steady_clock::now() + seconds(5)});
  update.join();
  const auto later = steady_clock::now() + seconds(40);
  while (answers() != "1.0 " && steady_clock::now() < later)
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
  EXPECT_EQ(answers(), "1.0 ");
  EXPECT_EQ(on_host("readlink /opt/cloison/gateway/current"), "releases/1.0-a\n");
}

TEST_F(OnAMachine, ItsConfigurationIsAsItWasMade) {
  first();
  auto attributes = service("1.0-a");
  attributes.emplace_back("files",
                          Value::texts({"a.json {", "a.json \t\"to\": \"10.0.0.1\"", "a.json }", "b.conf # ours"}));
  const auto now = changed(service_, k_service, "service", attributes);
  ASSERT_TRUE(now) << text_of(now);
  service_.applied = resource(k_service, "service", attributes).attributes, service_.observed = now->observed;
  EXPECT_EQ(to_display(service_.observed), to_display(service_.applied));
  EXPECT_EQ(on_host("cat /etc/cloison-app/gateway/*; stat -c %a /etc/cloison-app/gateway/a.json"),
            "{\n\t\"to\": \"10.0.0.1\"\n}\n# ours\n644\n");
  EXPECT_THAT(on_host("tr '\\0' '\\n' </proc/$(systemctl show -p MainPID --value cloison-app-gateway)/environ"),
              HasSubstr("CONFIGURATION_DIRECTORY=/etc/cloison-app/gateway\n"));
  on_host("echo theirs >>/etc/cloison-app/gateway/b.conf");
  EXPECT_THAT(to_display(observed("service")), HasSubstr("its configuration is not as it was made"));
  auto tampered = service_;
  tampered.observed = observed("service");
  const auto mended = changed(tampered, k_service, "service", attributes);
  ASSERT_TRUE(mended) << text_of(mended);
  EXPECT_EQ(on_host("cat /etc/cloison-app/gateway/b.conf"), "# ours\n");
  ASSERT_TRUE(provider_->remove(service_, call()));
  EXPECT_EQ(on_host("ls -d /etc/cloison-app 2>/dev/null; true"), "");
}

TEST_F(OnAMachine, TamperingWithAServiceIsSeenAndMended) {
  first();
  for (const auto& [tampering, fault] : std::vector<std::pair<std::string, std::string>>{
           {"systemctl stop cloison-app-gateway", "it does not run"},
           {"systemctl -q disable cloison-app-gateway", "it does not start at boot"},
           {"ln -sfn releases/none /opt/cloison/gateway/current", "none"}}) {
    on_host(tampering);
    EXPECT_THAT(to_display(observed("service")), HasSubstr(fault)) << tampering;
    auto now = service_;
    now.observed = observed("service");
    const auto mended = changed(now, k_service, "service", service("1.0-a"));
    ASSERT_TRUE(mended) << tampering << ": " << text_of(mended);
    EXPECT_EQ(to_display(mended->observed), to_display(service_.observed)) << tampering;
    EXPECT_EQ(answers(), "1.0 ") << tampering;
  }
  on_host("sed -i 's/200 OK/404 No/' /opt/cloison/gateway/releases/1.0-a/gateway");
  EXPECT_THAT(to_display(observed("release")), HasSubstr("its files were changed"));
  auto now = release_;
  now.observed = observed("release");
  const auto mended = changed(now, k_release, "release", release("gateway-1.0", "1.0-a", program("1.0")));
  ASSERT_TRUE(mended) << text_of(mended);
  EXPECT_EQ(to_display(mended->observed), to_display(release_.observed));
}

TEST_F(OnAMachine, APortThatAnotherProgramHasIsNamed) {
  made(k_release, "release", release("gateway-1.0", "1.0-a", program("1.0")));
  on_host(
      "setsid perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new(LocalPort => 3000, Listen => 1, ReuseAddr => 1); "
      "sleep 60' "
      "</dev/null >/dev/null 2>&1 & echo $! >/tmp/squatter; sleep 1");
  const CreateRequest request{resource(k_service, "service", service("1.0-a")), marker_of("service")};
  const auto refused = std::move(provider_->create_many(std::span(&request, 1), call()).front());
  on_host("kill $(cat /tmp/squatter); rm /tmp/squatter");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().detail, HasSubstr("another program has tcp/3000"));
  EXPECT_EQ(on_host("ls /etc/systemd/system/cloison-app-gateway.service 2>/dev/null; true"), "");
}

TEST_F(OnAMachine, WhatIsNotMeantNeverArrives) {
  const auto digest = program("1.0");
  const auto refused = [&](const std::string& source, const std::string& sha256) {
    const CreateRequest request{resource(k_release, "release", release(source, "1.0-a", sha256)), marker_of("release")};
    return std::move(provider_->create_many(std::span(&request, 1), call()).front());
  };
  EXPECT_EQ(refused("gateway-9.9", digest).error().code, "CL5432");
  EXPECT_EQ(refused("gateway-1.0", std::string(64, 'a')).error().code, "CL5433");
  EXPECT_EQ(on_host("ls /opt/cloison /var/lib/cloison-incoming 2>/dev/null; true"), "");
  // What is there of it already is another file's: the machine tells the whole one apart, and takes it the next time.
  on_host(fmt::format("mkdir -p /var/lib/cloison-incoming; printf other >/var/lib/cloison-incoming/{0}", digest));
  const auto mixed = refused("gateway-1.0", digest);
  ASSERT_FALSE(mixed);
  EXPECT_THAT(mixed.error().detail, HasSubstr("has another digest"));
  made(k_release, "release", release("gateway-1.0", "1.0-a", digest));
}

TEST_F(OnAMachine, AMachineWithoutRoomIsNamed) {
  const auto digest = artifact("gateway-1.0", std::string(std::size_t{3} << 20U, '#'));
  on_host("mkdir -p /var/lib/cloison-incoming; mount -t tmpfs -o size=1m tmpfs /var/lib/cloison-incoming");
  const CreateRequest request{resource(k_release, "release", release("gateway-1.0", "1.0-a", digest)),
                              marker_of("release")};
  const auto refused = std::move(provider_->create_many(std::span(&request, 1), call()).front());
  on_host("umount /var/lib/cloison-incoming");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "CL5430");
  EXPECT_EQ(on_host("ls /opt/cloison 2>/dev/null; true"), "");
}

TEST_F(OnAMachine, AnInterruptedUploadGoesOn) {
  std::string content(std::size_t{3} << 20U, '#');
  content.replace(0, k_program.size(), k_program);
  const auto digest = artifact("gateway-1.0", content);
  on_host(fmt::format("mkdir -p /var/lib/cloison-incoming; cd /var/lib/cloison-incoming; printf '%s' '' >{0}", digest));
  ASSERT_TRUE(shell_->upload({.from = folder_ / "gateway-1.0", .to = "/tmp/part"},
                             {.deadline = steady_clock::now() + seconds(30)}));
  on_host(fmt::format("head -c 2000000 /tmp/part >/var/lib/cloison-incoming/{}; rm /tmp/part", digest));
  made(k_release, "release", release("gateway-1.0", "1.0-a", digest));
  EXPECT_EQ(on_host("sha256sum </opt/cloison/gateway/releases/1.0-a/gateway"), digest + "  -\n");
  EXPECT_EQ(on_host("ls /var/lib/cloison-incoming"), "");
}

TEST_F(OnAMachine, WhatIsThereIsNotSentAgain) {
  first();
  const auto digest = program("1.0");
  auto kept = release("gateway-1.0", "1.0-a", digest);
  kept.back().second = Value::integer(7);
  on_host("rm -rf /var/lib/cloison-incoming; : >/var/lib/cloison-incoming");  // a file where the folder would be
  const auto changed_only = changed(release_, k_release, "release", kept);
  on_host("rm -f /var/lib/cloison-incoming");
  ASSERT_TRUE(changed_only) << text_of(changed_only);
}

TEST_F(OnAMachine, AProgramOfTheReleaseCanBeTheProbe) {
  (void)program("1.0");
  const auto packed = [&](const std::string& name, const std::string& probe) {
    std::filesystem::create_directory(folder_ / name);
    std::filesystem::copy_file(folder_ / "gateway-1.0", folder_ / name / "gateway");
    std::ofstream(folder_ / name / "probe") << "#!/bin/sh\n" << probe << '\n';
    EXPECT_EQ(std::system(
                  fmt::format("cd {0} && chmod 755 {1}/* && tar -C {1} -cf {1}.tar .", folder_.string(), name).c_str()),
              0);
    return release(name + ".tar", name, hex(sha256_of_file(folder_ / (name + ".tar")).value_or(Digest{})));
  };
  const auto wanted = [](const std::string& id) {
    auto named = service(id);
    for (auto& [name, value] : named)
      if (name == "probe_command") value = Value::texts({"probe", "a word", "$HOME"});
    return named;
  };
  const auto installed = made(k_release, "release", packed("well", R"([ "$1 $2" = 'a word $HOME' ])"));
  const auto row = made(k_service, "service", wanted("well"));
  EXPECT_EQ(answers(), "1.0 ");
  const auto brought = changed(installed, k_release, "release", packed("ill", "exit 4"));
  ASSERT_TRUE(brought) << text_of(brought);
  const auto failed = changed(row, k_service, "service", wanted("ill"));
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().detail, HasSubstr("its probe failed"));
  EXPECT_EQ(on_host("readlink /opt/cloison/gateway/current"), "releases/well\n");
}

TEST_F(OnAMachine, AScheduledOneIsStartedByItsTimer) {
  made(k_release, "release",
       release("gateway-1.0", "1.0-a", artifact("gateway-1.0", "#!/bin/sh\necho ran >$STATE_DIRECTORY/ran\n")));
  auto wanted = service("1.0-a", {});
  for (auto& [name, value] : wanted)
    if (name == "probes") value = Value::texts({});
  wanted.emplace_back("schedule", Value::text("*-*-* *:*:*"));
  wanted.emplace_back("deadline", Value::integer(60));
  made(k_service, "service", wanted);
  EXPECT_EQ(on_host("systemctl is-enabled cloison-app-gateway.timer; systemctl is-active cloison-app-gateway.timer"),
            "enabled\nactive\n");
  EXPECT_EQ(
      on_host("for i in 1 2 3 4 5 6; do cat /var/lib/cloison-app-gateway/ran 2>/dev/null && break; sleep 1; done"),
      "ran\n");
}

TEST_F(OnAMachine, AnArchiveIsUnpackedAndNothingElse) {
  (void)program("1.0");
  const auto packed = [&](const std::string& make) {
    EXPECT_EQ(
        std::system(
            fmt::format(
                "cd {} && rm -rf t && mkdir -p t/bin && cp gateway-1.0 t/bin/gateway && chmod 755 t/bin/gateway && {} "
                "&& tar -C t -czf archive.tar.gz .",
                folder_.string(), make)
                .c_str()),
        0);
    std::ifstream file(folder_ / "archive.tar.gz", std::ios::binary);
    return sha256_hex(std::string((std::istreambuf_iterator<char>(file)), {}));
  };
  const auto asked = [&](const std::string& digest) {
    return CreateRequest{resource(k_release, "release", release("archive.tar.gz", "1.0-a", digest, "bin/gateway")),
                         marker_of("release")};
  };
  const auto hostile = asked(packed("ln -s /etc/shadow t/shadow"));
  const auto refused = std::move(provider_->create_many(std::span(&hostile, 1), call()).front());
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().detail, HasSubstr("something else than files and folders"));
  EXPECT_EQ(on_host("ls -A /opt/cloison/gateway/releases"), "");
  made(k_release, "release", release("archive.tar.gz", "1.0-a", packed("true"), "bin/gateway"));
  EXPECT_EQ(on_host("stat -c '%U %a' /opt/cloison/gateway/releases/1.0-a/bin/gateway"), "root 755\n");
}

TEST_F(OnAMachine, SecretsReachTheServiceAndNobodyElse) {
  first();
  values_ = {{"env:PASSWORD", "canary-$1 \"`x\\"}, {"file:token", "canary-2\nof two lines"}};
  auto wanted = service("1.0-a");
  wanted.emplace_back("secrets", Value::texts({"variable DB_PASSWORD env:PASSWORD", "credential token file:token"}));
  const auto given = changed(service_, k_service, "service", wanted);
  ASSERT_TRUE(given) << text_of(given);
  EXPECT_EQ(to_display(given->observed), to_display(resource(k_service, "service", wanted).attributes));
  EXPECT_EQ(answers(), "1.0 ");
  const std::string main = "$(systemctl show -p MainPID --value cloison-app-gateway)";
  EXPECT_THAT(on_host("tr '\\0' '\\n' </proc/" + main + "/environ"), HasSubstr("DB_PASSWORD=canary-$1 \"`x\\\n"));
  EXPECT_EQ(on_host("nsenter -m -t " + main + " cat /run/credentials/cloison-app-gateway.service/token"),
            "canary-2\nof two lines");
  EXPECT_EQ(
      on_host("find /etc/cloison/private /etc/cloison/services.d/gateway.secrets -type f -printf '%m %U\\n' | sort -u"),
      "600 0\n");
  const auto told = shell_->run({.argv = {"sudo", "-n", "sh", "-c", std::string(agent_text()), "agent", "observe"}},
                                {.deadline = steady_clock::now() + seconds(20)});
  ASSERT_TRUE(told);
  for (const auto* const canary : {"canary", "63616e617279"}) EXPECT_EQ(told->out.find(canary), std::string::npos);
  EXPECT_EQ(on_host("grep -rl canary /etc/systemd/system /var/lib/cloison 2>/dev/null; true"), "");

  service_.applied = resource(k_service, "service", wanted).attributes;
  service_.observed = given->observed;
  values_["env:PASSWORD"] = "another one";
  EXPECT_THAT(to_display(observed("service")), Not(HasSubstr("variable DB_PASSWORD")))
      << "it is not the one that is there";
  auto now = service_;
  now.observed = observed("service");
  const auto renewed = changed(now, k_service, "service", wanted);
  ASSERT_TRUE(renewed) << text_of(renewed);
  EXPECT_THAT(on_host("tr '\\0' '\\n' </proc/" + main + "/environ"), HasSubstr("DB_PASSWORD=another one\n"));
  values_.clear();
  EXPECT_EQ(changed(now, k_service, "service", wanted).error().code, "CL5434");
}

TEST_F(OnAMachine, NothingIsLeftOfAServiceThatIsRemoved) {
  first();
  ASSERT_TRUE(provider_->remove(service_, call()));
  EXPECT_EQ(answers(), "");
  ASSERT_TRUE(provider_->remove(release_, call()));
  EXPECT_EQ(on_host("ls -d /opt/cloison /etc/cloison/private/services/* /etc/systemd/system/*cloison-app* "
                    "/etc/systemd/system/*.wants/cloison-app* "
                    "2>/dev/null; true"),
            "");
}

}  // namespace

}  // namespace cloison::node
