#include "tests/ssh/server.h"

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <pwd.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace cloison::ssh_test {

namespace {

using std::chrono::steady_clock;

pid_t started(const std::vector<std::string>& argv, int output) {
  std::vector<char*> words;
  for (const auto& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  if (output >= 0) posix_spawn_file_actions_adddup2(&actions, output, 1);
  pid_t child = -1;
  EXPECT_EQ(::posix_spawnp(&child, words[0], &actions, nullptr, words.data(), environ), 0) << argv[0];
  posix_spawn_file_actions_destroy(&actions);
  return child;
}

/// A listening socket on a free port of loopback.
int listening(uint16_t& port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  EXPECT_EQ(::bind(socket, reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(::listen(socket, 16), 0);
  EXPECT_EQ(::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size), 0);
  port = ntohs(address.sin_port);
  return socket;
}

bool answers(uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  const bool connected = ::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  ::close(socket);
  return connected;
}

}  // namespace

std::string user_name() {
  const auto* entry = ::getpwuid(::getuid());
  return entry == nullptr ? "root" : entry->pw_name;
}

std::string output_of(const std::vector<std::string>& argv) {
  std::array<int, 2> ends{};
  EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const pid_t child = started(argv, ends[1]);
  ::close(ends[1]);
  std::string text;
  std::array<char, 4096> bytes{};
  for (ssize_t got = 0; (got = ::read(ends[0], bytes.data(), bytes.size())) > 0;)
    text.append(bytes.data(), static_cast<std::size_t>(got));
  ::close(ends[0]);
  int status = -1;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0) << argv[0];
  return text;
}

Sshd::Sshd() {
  auto name = (std::filesystem::temp_directory_path() / "cloison-sshd-XXXXXX").string();
  folder_ = ::mkdtemp(name.data());
  make_keys();
  start();
}

Sshd::~Sshd() {
  if (server_ > 0) {
    end_connections();
    ::kill(server_, SIGTERM);
    ::waitpid(server_, nullptr, 0);
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void Sshd::make_keys() const {
  const auto keygen = [this](const std::string& name, const std::string& passphrase) {
    output_of({"ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", name, "-f", file(name)});
  };
  for (const auto* name : {"host", "user", "other", "authority", "certified", "held"}) keygen(name, "");
  keygen("locked", "a passphrase");
  output_of({"ssh-keygen", "-q", "-s", file("authority"), "-I", "test", "-n", user_name(), file("certified.pub")});
  std::ofstream admitted(file("admitted"));
  for (const auto* name : {"user.pub", "locked.pub", "held.pub"}) {
    std::ifstream key(file(name));
    admitted << key.rdbuf();
  }
}

void Sshd::start() {
  if (::getuid() == 0) (void)::mkdir("/run/sshd", 0755);
  const int socket = listening(port_);
  ::close(socket);
  std::ofstream(file("config")) << "ListenAddress 127.0.0.1:" << port_ << "\nHostKey " << file("host").string()
                                << "\nAuthorizedKeysFile " << file("admitted").string() << "\nTrustedUserCAKeys "
                                << file("authority.pub").string() << "\nPidFile none\nUsePAM no\nStrictModes no\n"
                                << "PermitRootLogin prohibit-password\nPasswordAuthentication no\n"
                                << "AllowTcpForwarding yes\nMaxAuthTries 4\nLogLevel ERROR\n";
  server_ = started({"/usr/sbin/sshd", "-D", "-e", "-f", file("config")}, -1);
  const auto end = steady_clock::now() + std::chrono::seconds(20);
  while (!answers(port_) && steady_clock::now() < end) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  ASSERT_TRUE(answers(port_)) << "sshd did not start";
}

std::string Sshd::fingerprint(const std::string& name) const {
  const auto line = output_of({"ssh-keygen", "-l", "-f", file(name)});
  const auto begin = line.find("SHA256:");
  return line.substr(begin, line.find(' ', begin) - begin);
}

net::SshTarget Sshd::target() const {
  return {.host = {.address = "127.0.0.1", .port = port_, .user = user_name(), .fingerprint = fingerprint("host.pub")},
          .keys = {file("user")}};
}

void Sshd::end_connections() const {
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::ifstream stat(entry.path() / "stat");
    std::string pid, name, state, parent;
    stat >> pid >> name >> state >> parent;
    if (parent == std::to_string(server_)) ::kill(std::stoi(pid), SIGKILL);
  }
}

RawServer::RawServer(std::function<void(int socket)> serve) : listening_(listening(port_)) {
  thread_ = std::jthread([this, serve = std::move(serve)](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      pollfd waiting{listening_, POLLIN, 0};
      if (::poll(&waiting, 1, 50) <= 0) continue;
      const int socket = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) continue;
      serve(socket);
      ::close(socket);
    }
  });
}

RawServer::~RawServer() {
  thread_.request_stop();
  thread_.join();
  ::close(listening_);
}

}  // namespace cloison::ssh_test
