#include "core/net/ssh_session.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/strings.h"
#include "core/net/tcp.h"

namespace cloison::net {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds k_slice{200};

/// "SHA256:…" of a public key.
std::string fingerprint_of(ssh_key key) {
  unsigned char* hash = nullptr;
  std::size_t size = 0;
  if (ssh_get_publickey_hash(key, SSH_PUBLICKEY_HASH_SHA256, &hash, &size) != 0) return {};
  char* text = ssh_get_fingerprint_hash(SSH_PUBLICKEY_HASH_SHA256, hash, size);
  ssh_clean_pubkey_hash(&hash);
  if (text == nullptr) return {};
  std::string result(text);
  ssh_string_free_char(text);
  return result;
}

std::string last_error(ssh_session session) {
  return printable(ssh_get_error(session));
}

Diagnostic broke_off(const SshHost& host, const std::string& doing, const std::string& why) {
  return {.kind = ErrorKind::transient,
          .code = "CL5406",
          .summary = fmt::format("the connection to {} broke off while {}", printable(host.text()), doing),
          .detail = why.empty() ? "The other end closed it." : fmt::format("libssh says: {}.", why),
          .hint = fmt::format("look at its SSH server: ssh -v -p {} {}@{}", host.port, printable(host.user),
                              printable(host.address))};
}

}  // namespace

bool wait_for_socket(ssh_session session, const Limits& limits) {
  if (limits.stop.stop_requested()) return false;
  const auto left = std::chrono::ceil<milliseconds>(limits.deadline - steady_clock::now());
  if (left <= milliseconds(0)) return false;
  const bool writes = (ssh_get_poll_flags(session) & SSH_WRITE_PENDING) != 0;
  pollfd waiting{
      .fd = ssh_get_fd(session), .events = static_cast<short>(POLLIN | (writes ? POLLOUT : 0)), .revents = 0};
  (void)::poll(&waiting, 1, static_cast<int>(std::min(left, k_slice).count()));
  return true;
}

Diagnostic gave_up(const std::string& host, const std::string& doing, const Limits& limits) {
  const bool stopped = limits.stop.stop_requested();
  return {.kind = stopped ? ErrorKind::cancelled : ErrorKind::transient,
          .code = stopped ? "CL5409" : "CL5407",
          .summary = stopped ? fmt::format("stopped while {} {}", doing, printable(host))
                             : fmt::format("{} does not answer in time while {}", printable(host), doing),
          .detail = stopped ? "A signal asked to stop waiting." : "The connection stands, and nothing comes.",
          .hint = stopped ? "run it again" : "look at the host's load and disk, or allow more: --call-timeout 5m"};
}

SshSession::~SshSession() {
  // The pump of a bastion uses its session; it ends by itself once the inner session has closed its end.
  if (pump_.joinable()) {
    pump_.request_stop();
    pump_.join();
  }
  if (session_ != nullptr) {
    ssh_silent_disconnect(session_);
    ssh_free(session_);
  }
}

bool SshSession::alive() const {
  return session_ != nullptr && ssh_is_connected(session_) != 0;
}

Result<void> SshSession::configure(const SshTarget& target, const SshHost& host, int socket) {
  host_ = host;
  session_ = ssh_new();
  if (session_ == nullptr) {
    ::close(socket);
    return fail(broke_off(host, "starting", "out of memory"));
  }
  const int no = 0;
  const unsigned int port = host.port;
  const auto set = [this](ssh_options_e option, const void* value) {
    return ssh_options_set(session_, option, value) == SSH_OK;
  };
  // Nothing but what the topology says: the user's ssh_config may lead elsewhere.
  bool good = set(SSH_OPTIONS_PROCESS_CONFIG, &no) && set(SSH_OPTIONS_HOST, host.address.c_str()) &&
              set(SSH_OPTIONS_PORT, &port) && set(SSH_OPTIONS_USER, host.user.c_str());
  const auto& files = target.known_hosts;
  good = good && set(SSH_OPTIONS_KNOWNHOSTS, files.empty() ? "/dev/null" : files[0].c_str());
  good = good && set(SSH_OPTIONS_GLOBAL_KNOWNHOSTS, files.size() < 2 ? "/dev/null" : files[1].c_str());
  if (!target.agent.empty()) good = good && set(SSH_OPTIONS_IDENTITY_AGENT, target.agent.c_str());
  if (!good) {
    ::close(socket);
    return fail(broke_off(host, "starting", last_error(session_)));
  }
  (void)set(SSH_OPTIONS_FD, &socket);  // from here on the session's
  ssh_set_blocking(session_, 0);
  return {};
}

Result<void> SshSession::handshake(const Limits& limits) {
  const auto answer = until_done(session_, limits, SSH_AGAIN, [this] { return ssh_connect(session_); });
  if (!answer) return fail(gave_up(host_.text(), "greeting", limits));
  if (*answer != SSH_OK) return fail(broke_off(host_, "greeting", last_error(session_)));
  return {};
}

Result<void> SshSession::check_host_key() {
  ssh_key raw = nullptr;
  if (ssh_get_server_publickey(session_, &raw) != SSH_OK)
    return fail(broke_off(host_, "reading its host key", last_error(session_)));
  const SshKey key(raw);
  const auto found = fingerprint_of(key.get());
  const std::string kind = ssh_key_type_to_char(ssh_key_type(key.get()));
  const bool pinned = !host_.fingerprint.empty();
  const auto known = pinned ? SSH_KNOWN_HOSTS_UNKNOWN : ssh_session_is_known_server(session_);
  if (pinned ? found == host_.fingerprint : known == SSH_KNOWN_HOSTS_OK) return {};
  Diagnostic why{.kind = ErrorKind::auth};
  why.detail = fmt::format("It offers {} {}", kind, found);
  if (!pinned && (known == SSH_KNOWN_HOSTS_UNKNOWN || known == SSH_KNOWN_HOSTS_NOT_FOUND)) {
    why.code = "CL5402";
    why.summary = fmt::format("the host key of {} is not known", printable(host_.address));
    why.detail += ", and nothing was sent to it.";
    why.hint = fmt::format("compare it on the host's own console, then write 'fingerprint: {}' at the node", found);
    return fail(std::move(why));
  }
  why.code = "CL5403";
  why.summary = fmt::format("{} is not the host that was pinned: its host key is another", printable(host_.address));
  why.detail += pinned ? fmt::format("; pinned is {}. Nothing was sent to it.", printable(host_.fingerprint))
                       : "; the known_hosts file has another one. Nothing was sent to it.";
  why.hint = "find out why: a reinstalled host has a new key, and so has an impostor; only then change what is pinned";
  return fail(std::move(why));
}

Result<std::unique_ptr<SshSession>> SshSession::over(const SshTarget& target, const SshHost& host, int socket,
                                                     const Limits& limits) {
  auto session = std::make_unique<SshSession>();
  if (auto done = session->configure(target, host, socket); !done) return fail(std::move(done.error()));
  if (auto done = session->handshake(limits); !done) return fail(std::move(done.error()));
  if (auto done = session->check_host_key(); !done) return fail(std::move(done.error()));
  if (auto done = session->log_in(target, limits); !done) return fail(std::move(done.error()));
  return session;
}

Result<std::unique_ptr<SshSession>> SshSession::open(const SshTarget& target, const Limits& limits) {
  if (!target.bastion) {
    const auto socket = connect_tcp(target.host.address, target.host.port, limits);
    if (!socket) return fail(socket.error());
    return over(target, target.host, *socket, limits);
  }
  const auto through = [&target](Diagnostic why) {
    why.context.push_back(fmt::format("through the bastion {}", printable(target.bastion->text())));
    return fail(std::move(why));
  };
  const auto outer = connect_tcp(target.bastion->address, target.bastion->port, limits);
  if (!outer) return through(outer.error());
  auto bastion = over(target, *target.bastion, *outer, limits);
  if (!bastion) return through(std::move(bastion.error()));
  const auto inner = (*bastion)->forward(target.host, limits);
  if (!inner) return through(inner.error());
  auto session = over(target, target.host, *inner, limits);
  if (!session) return through(std::move(session.error()));
  (*session)->bastion_ = *std::move(bastion);
  return session;
}

}  // namespace cloison::net
