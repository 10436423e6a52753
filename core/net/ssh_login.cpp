// Logging in: keys with their certificates, then an agent. Never a password, never a question.

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/net/ssh_session.h"
#include "core/net/unix_socket.h"

namespace cloison::net {

namespace {

/// A key that asks for a passphrase gets none: there may be nobody to ask.
int no_passphrase(const char*, char*, std::size_t, int, int, void*) {
  return -1;
}

/// The private key of the file, with the certificate beside it; nullptr with what is wrong in `why`.
SshKey read_key(const std::filesystem::path& file, std::string& why) {
  ssh_key raw = nullptr;
  const int read = ssh_pki_import_privkey_file(file.c_str(), nullptr, no_passphrase, nullptr, &raw);
  SshKey key(raw);
  if (read != SSH_OK) {
    why = read == SSH_EOF ? "it cannot be read" : "it is no private key, or has a passphrase (then: ssh-add)";
    return nullptr;
  }
  ssh_key raw_certificate = nullptr;
  auto beside = file;
  beside += "-cert.pub";
  if (ssh_pki_import_cert_file(beside.c_str(), &raw_certificate) == SSH_OK) {
    const SshKey certificate(raw_certificate);
    if (ssh_pki_copy_cert_to_privkey(certificate.get(), key.get()) != SSH_OK) why = "its certificate does not fit it";
  }
  return key;
}

/// What the server said to one try, for the message.
std::string answer_text(int answer, ssh_session session) {
  switch (answer) {
    case SSH_AUTH_DENIED:
      return "refused";
    case SSH_AUTH_PARTIAL:
      return "accepted, but the host asks for more than a key";
    default:
      return printable(ssh_get_error(session));
  }
}

Diagnostic refused(const SshHost& host, const std::vector<std::string>& tried) {
  Diagnostic why{.kind = ErrorKind::auth, .code = "CL5404"};
  why.summary = fmt::format("{} does not let '{}' in", printable(host.address), printable(host.user));
  why.detail = tried.empty() ? "There is no key to try: neither a file nor an agent."
                             : fmt::format("Tried: {}.", join(tried, "; "));
  why.hint = fmt::format("add the key to that account there: ssh-copy-id -p {} {}@{}", host.port, printable(host.user),
                         printable(host.address));
  return why;
}

}  // namespace

Result<void> SshSession::log_in(const SshTarget& target, const Limits& limits) {
  const auto tried = [&](auto step) { return until_done(session_, limits, SSH_AUTH_AGAIN, step); };
  std::vector<std::string> answers;
  // A server tells what it admits only after a first request.
  auto answer = tried([this] { return ssh_userauth_none(session_, nullptr); });
  if (answer == SSH_AUTH_SUCCESS) return {};
  for (const auto& file : target.keys) {
    if (!answer || !alive()) break;
    std::string wrong;
    const SshKey key = read_key(file, wrong);
    if (key) {
      answer = tried([&] { return ssh_userauth_publickey(session_, nullptr, key.get()); });
      if (answer == SSH_AUTH_SUCCESS) return {};
    }
    answers.push_back(fmt::format("key {}: {}", printable(file.string()),
                                  !wrong.empty() ? wrong : answer_text(answer.value_or(SSH_AUTH_ERROR), session_)));
  }
  if (answer && alive() && !target.agent.empty()) {
    // By the path that came with the target: the environment may be another process's.
    auto agent = connect_to(target.agent);
    if (agent) ssh_set_agent_socket(session_, agent.release());  // which closes it with the session
    answer = tried([this] { return ssh_userauth_agent(session_, nullptr); });
    if (answer == SSH_AUTH_SUCCESS) return {};
    answers.push_back("keys of the agent: " + answer_text(answer.value_or(SSH_AUTH_ERROR), session_));
  }
  if (!answer) return fail(gave_up(host_.text(), "logging in at", limits));
  return fail(refused(host_, answers));
}

}  // namespace cloison::net
