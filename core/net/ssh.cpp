#include "core/net/ssh.h"

#include <array>
#include <mutex>

#include <fmt/format.h>
#include <libssh/callbacks.h>

#include "core/base/strings.h"
#include "core/net/ssh_session.h"

namespace cloison::net {

namespace {

constexpr std::size_t k_error_limit = std::size_t{1} << 20U;

void note_signal(ssh_session, ssh_channel, const char* signal, int, const char*, const char*, void* to) {
  *static_cast<std::string*>(to) = signal == nullptr ? "" : signal;
}

/// One command on an open session.
class Running {
 public:
  Running(SshSession& session, const Command& command, const Limits& limits)
      : session_(session), command_(command), limits_(limits), channel_(ssh_channel_new(session.get())) {
    ssh_callbacks_init(&callbacks_);
    callbacks_.userdata = &output_.signal;
    callbacks_.channel_exit_signal_function = note_signal;
    if (channel_) ssh_set_channel_callbacks(channel_.get(), &callbacks_);
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() {
    if (channel_) ssh_remove_channel_callbacks(channel_.get(), &callbacks_);
  }

  Result<CommandOutput> finish() {
    if (auto begun = begin(); !begun) return fail(std::move(begun.error()));
    while (!is_over()) {
      const auto moved = exchange();
      if (!moved) return fail(moved.error());
      if (!*moved && !is_over() && !wait_for_socket(session_.get(), limits_))
        return fail(in_doubt(gave_up(session_.host().text(), "running a command on", limits_)));
    }
    output_.status = ssh_channel_get_exit_status(channel_.get());
    return std::move(output_);
  }
  [[nodiscard]] bool may_have_begun() const { return asked_; }

 private:
  Result<void> begin() {
    const auto line = shell_line(command_.argv);
    auto* session = session_.get();
    if (!channel_) return fail(broke_off("out of memory"));
    auto done = until_done(session, limits_, SSH_AGAIN, [&] { return ssh_channel_open_session(channel_.get()); });
    if (done == SSH_OK) {
      asked_ = true;
      done = until_done(session, limits_, SSH_AGAIN,
                        [&] { return ssh_channel_request_exec(channel_.get(), line.c_str()); });
    }
    if (done == SSH_OK) return {};
    auto why = done ? broke_off(printable(ssh_get_error(session)))
                    : gave_up(session_.host().text(), "starting a command on", limits_);
    return fail(asked_ ? in_doubt(std::move(why)) : std::move(why));
  }

  [[nodiscard]] bool is_over() const {
    if (ssh_channel_is_closed(channel_.get()) != 0) return true;
    const bool ended = ssh_channel_get_exit_status(channel_.get()) >= 0 || !output_.signal.empty();
    return ssh_channel_is_eof(channel_.get()) != 0 && ended;
  }

  /// Writes and reads what is possible now; false when nothing was.
  Result<bool> exchange() {
    bool moved = false;
    for (const bool errors : {false, true}) {
      const auto got = take(errors);
      if (!got) return fail(got.error());
      moved = moved || *got;
    }
    const auto gave = give();
    if (!gave) return fail(gave.error());
    return moved || *gave;
  }

  Result<bool> take(bool errors) {
    std::array<char, 32768> bytes{};
    const int got = ssh_channel_read_nonblocking(channel_.get(), bytes.data(), bytes.size(), errors ? 1 : 0);
    if (got == SSH_ERROR) return fail(in_doubt(broke_off(printable(ssh_get_error(session_.get())))));
    if (got <= 0) return false;
    auto& text = errors ? output_.err : output_.out;
    const auto limit = errors ? k_error_limit : command_.output_limit;
    const auto room = limit - std::min(limit, text.size());
    if (!errors && room < static_cast<std::size_t>(got)) return fail(in_doubt(too_long()));
    text.append(bytes.data(), std::min(room, static_cast<std::size_t>(got)));
    return true;
  }

  Result<bool> give() {
    if (ended_input_) return false;
    const auto left = command_.input.size() - given_;
    if (left == 0) {
      if (ssh_channel_send_eof(channel_.get()) == SSH_ERROR)
        return fail(in_doubt(broke_off(printable(ssh_get_error(session_.get())))));
      ended_input_ = true;
      return true;
    }
    // libssh keeps all that the socket does not take, and moves it at each call: one packet at a time.
    if ((ssh_get_poll_flags(session_.get()) & SSH_WRITE_PENDING) != 0) {
      (void)ssh_blocking_flush(session_.get(), 0);
      return false;
    }
    const auto window = ssh_channel_window_size(channel_.get());
    const auto most = static_cast<uint32_t>(std::min<std::size_t>({left, window, 32768}));
    if (most == 0) return false;
    const int sent = ssh_channel_write(channel_.get(), command_.input.data() + given_, most);
    if (sent == SSH_ERROR) {
      // A command that ended before it read everything has still said how it ended.
      if (ssh_channel_is_open(channel_.get()) != 0)
        return fail(in_doubt(broke_off(printable(ssh_get_error(session_.get())))));
      ended_input_ = true;
      return true;
    }
    given_ += sent > 0 ? static_cast<std::size_t>(sent) : 0;
    return sent > 0;
  }

  /// What may have begun is in doubt when it writes, and a missing answer when it only reads.
  [[nodiscard]] Diagnostic in_doubt(Diagnostic why) const {
    if (why.kind == ErrorKind::transient) why.kind = command_.writes ? ErrorKind::in_doubt : ErrorKind::timeout;
    return why;
  }
  [[nodiscard]] Diagnostic broke_off(const std::string& why) const {
    return {.kind = ErrorKind::transient,
            .code = "CL5406",
            .summary = fmt::format("the connection to {} broke off while running a command",
                                   printable(session_.host().text())),
            .detail = fmt::format("libssh says: {}.", why.empty() ? "the other end closed it" : why),
            .hint = "look at the host's SSH server and its network: journalctl -u ssh"};
  }
  [[nodiscard]] Diagnostic too_long() const {
    return {.kind = ErrorKind::transient,
            .code = "CL5408",
            .summary = fmt::format("{} answers without end", printable(session_.host().text())),
            .detail = fmt::format("More than {} bytes came; the rest was not read.", command_.output_limit),
            .hint = "look at the host: this is no answer of a healthy one"};
  }

  SshSession& session_;
  const Command& command_;
  const Limits& limits_;
  CommandOutput output_{};
  ssh_channel_callbacks_struct callbacks_{};
  SshChannel channel_;
  std::size_t given_ = 0;
  bool ended_input_ = false;
  bool asked_ = false;  // the host may have begun
};

class Ssh final : public Shell {
 public:
  explicit Ssh(SshTarget target) : target_(std::move(target)) {}

  Result<CommandOutput> run(const Command& command, const Limits& limits) override {
    const std::lock_guard guard(mutex_);
    if (session_ && !session_->alive()) session_.reset();
    const bool reused = session_ != nullptr;
    bool again = false;
    auto output = once(command, limits, again);
    // An idle connection may have been lost unseen; what has surely not begun may begin on a new one.
    return reused && again ? once(command, limits, again) : std::move(output);
  }

  Result<void> upload(const Upload& upload, const Limits& limits) override {
    const std::lock_guard guard(mutex_);
    if (session_ && !session_->alive()) session_.reset();
    if (auto opened = open(limits); !opened) return opened;
    auto sent = send_file(*session_, upload, limits);
    if (!sent) session_.reset();
    return sent;
  }

  void disconnect() override {
    const std::lock_guard guard(mutex_);
    session_.reset();
  }

 private:
  Result<void> open(const Limits& limits) {
    if (session_) return {};
    auto opened = SshSession::open(target_, limits);
    if (!opened) return fail(std::move(opened.error()));
    session_ = *std::move(opened);
    return {};
  }

  Result<CommandOutput> once(const Command& command, const Limits& limits, bool& again) {
    again = false;
    if (auto opened = open(limits); !opened) return fail(std::move(opened.error()));
    Result<CommandOutput> output;
    {
      Running running(*session_, command, limits);
      output = running.finish();
      again = !output && !running.may_have_begun() && output.error().kind == ErrorKind::transient;
    }
    // After a command that was given up nobody knows what still comes on that connection.
    if (!output) session_.reset();
    return output;
  }

  std::mutex mutex_{};
  SshTarget target_;
  std::unique_ptr<SshSession> session_{};
};

}  // namespace

std::string SshHost::text() const {
  return port == 22 ? fmt::format("{}@{}", user, address) : fmt::format("{}@{}:{}", user, address, port);
}

std::shared_ptr<Shell> make_ssh(SshTarget target) {
  return std::make_shared<Ssh>(std::move(target));
}

std::string shell_line(const std::vector<std::string>& argv) {
  std::string line;
  for (const auto& word : argv) {
    if (!line.empty()) line += ' ';
    line += '\'';
    for (const char c : word) {
      if (c == '\'')
        line += "'\\''";
      else
        line += c;
    }
    line += '\'';
  }
  return line;
}

}  // namespace cloison::net
