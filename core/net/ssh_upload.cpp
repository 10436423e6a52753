// Files to a host by SFTP, piece by piece: the account's own folder, nothing through a shell.

#include <array>
#include <cerrno>
#include <fstream>

#include <fcntl.h>
#include <fmt/format.h>
#include <libssh/sftp.h>

#include "core/base/strings.h"
#include "core/net/ssh_session.h"

namespace cloison::net {

namespace {

struct FreeSftp {
  void operator()(sftp_session session) const { sftp_free(session); }
};
struct CloseFile {
  void operator()(sftp_file file) const { sftp_close(file); }
};
using Sftp = std::unique_ptr<std::remove_pointer_t<sftp_session>, FreeSftp>;
using SftpFile = std::unique_ptr<std::remove_pointer_t<sftp_file>, CloseFile>;

/// libssh's SFTP waits for each answer by itself: it does so only as long as the session blocks.
class Blocking {
 public:
  Blocking(ssh_session session, const Limits& limits) : session_(session) {
    constexpr long k_longest = 60;
    const auto left =
        std::chrono::duration_cast<std::chrono::seconds>(limits.deadline - std::chrono::steady_clock::now());
    const long patience = std::clamp<long>(left.count(), 1, k_longest);
    ssh_options_set(session_, SSH_OPTIONS_TIMEOUT, &patience);
    ssh_set_blocking(session_, 1);
  }
  Blocking(const Blocking&) = delete;
  Blocking& operator=(const Blocking&) = delete;
  ~Blocking() { ssh_set_blocking(session_, 0); }

 private:
  ssh_session session_;
};

Diagnostic not_sent(const SshSession& session, const Upload& upload, std::string why) {
  return {.kind = ErrorKind::transient,
          .code = "CL5430",
          .summary = fmt::format("a file could not be sent to {}", printable(session.host().text())),
          .detail = fmt::format("{} to {}: {}", printable(upload.from.string()), printable(upload.to), std::move(why)),
          .hint = "is its disk full, or its SFTP server off? sshd_config: Subsystem sftp internal-sftp"};
}

}  // namespace

Result<void> send_file(SshSession& session, const Upload& upload, const Limits& limits) {
  std::ifstream file(upload.from, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(upload.offset));
  if (!file) return fail(not_sent(session, upload, "it cannot be read here"));
  const Blocking blocking(session.get(), limits);
  const auto said = [&] { return printable(ssh_get_error(session.get())); };
  const Sftp sftp(sftp_new(session.get()));
  if (!sftp || sftp_init(sftp.get()) != SSH_OK) return fail(not_sent(session, upload, said()));
  constexpr mode_t k_own = 0600;
  const SftpFile there(sftp_open(sftp.get(), upload.to.c_str(), O_WRONLY | O_CREAT, k_own));
  if (!there || sftp_seek64(there.get(), upload.offset) != 0) return fail(not_sent(session, upload, said()));
  std::array<char, 32768> piece{};  // what every server takes at once (section 3 of the draft)
  while (file) {
    file.read(piece.data(), piece.size());
    const auto count = static_cast<std::size_t>(file.gcount());
    if (count == 0) break;
    if (limits.stop.stop_requested() || std::chrono::steady_clock::now() >= limits.deadline)
      return fail(gave_up(session.host().text(), "sending a file to", limits));
    if (sftp_write(there.get(), piece.data(), count) != static_cast<ssize_t>(count))
      return fail(not_sent(session, upload, said()));
  }
  return file.bad() ? Result<void>(fail(not_sent(session, upload, "it could not be read to its end"))) : Result<void>();
}

}  // namespace cloison::net
