#include "core/report/program.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/strings.h"
#include "core/net/unix_socket.h"

extern char** environ;

namespace cloison::report {

namespace {

using std::chrono::steady_clock;
constexpr int k_look_up_ms = 50;  // how often a signal to us is looked for

struct ProgramPipe {
  net::Descriptor read{}, write{};
};

std::optional<ProgramPipe> program_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return std::nullopt;
  return ProgramPipe{.read = net::Descriptor(ends[0]), .write = net::Descriptor(ends[1])};
}

net::Descriptor in_memory(std::string_view bytes) {
  net::Descriptor file(::memfd_create("manifest", MFD_CLOEXEC));
  while (file && !bytes.empty()) {
    const auto written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return net::Descriptor();
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  if (file) ::lseek(file.get(), 0, SEEK_SET);
  return file;
}

tl::unexpected<Diagnostic> program_failed(ErrorKind kind, const std::string& program, std::string why) {
  return fail({.kind = kind,
               .code = "CL7103",
               .summary = fmt::format("the program '{}' has signed nothing", printable(program)),
               .detail = std::move(why),
               .hint = "try it by hand: it gets MANIFEST.sha256 on standard input and answers 64 bytes, or base64 of "
                       "them, on standard output"});
}

/// 0, or why it was not started.
int start_program(std::vector<std::string> words, int in, int out, int errors, pid_t& child) {
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO);
  const int error = ::posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

/// Takes what there is to read; false when the other end is closed.
bool take_some(int from, std::string& into, std::size_t limit) {
  std::array<char, 4096> piece{};
  const auto got = ::read(from, piece.data(), piece.size());
  if (got < 0) return errno == EINTR || errno == EAGAIN;
  if (got > 0 && into.size() <= limit) into.append(piece.data(), static_cast<std::size_t>(got));
  return got > 0;
}

enum class Listened : uint8_t { whole, too_long, too_late, stopped };

Listened listen_to(const ProgramPipe& out, const ProgramPipe& errors, const ProgramLimits& limits, ProgramSaid& said) {
  const auto end = steady_clock::now() + limits.time;
  bool speaks = true, complains = true;
  while (speaks || complains) {
    if (limits.stop.stop_requested()) return Listened::stopped;
    if (steady_clock::now() >= end) return Listened::too_late;
    std::array<pollfd, 2> wait{{{.fd = speaks ? out.read.get() : -1, .events = POLLIN, .revents = 0},
                                {.fd = complains ? errors.read.get() : -1, .events = POLLIN, .revents = 0}}};
    if (::poll(wait.data(), wait.size(), k_look_up_ms) <= 0) continue;
    if (wait[0].revents != 0) speaks = take_some(out.read.get(), said.output, limits.output);
    if (wait[1].revents != 0) complains = take_some(errors.read.get(), said.errors, limits.output);
    if (said.output.size() > limits.output) return Listened::too_long;
  }
  return Listened::whole;
}

int ending_of_program(pid_t child, bool kill) {
  if (kill) ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

std::optional<std::vector<std::string>> words_of_command(std::string_view text) {
  std::vector<std::string> words;
  char quote = '\0';
  bool in_word = false;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\t' || c == '\n';
    if (quote == '\0' && blank) {
      in_word = false;
      continue;
    }
    if (!in_word) words.emplace_back();
    in_word = true;
    if (quote == '\0' && (c == '\'' || c == '"'))
      quote = c;
    else if (quote != '\0' && c == quote)
      quote = '\0';
    else
      words.back() += c;
  }
  if (quote != '\0' || words.empty() || words.front().empty()) return std::nullopt;
  return words;
}

Result<ProgramSaid> run_program(const std::vector<std::string>& words, std::string_view input,
                                const ProgramLimits& limits) {
  const std::string program = words.empty() ? "" : words.front();
  if (program.empty()) return program_failed(ErrorKind::usage, program, "No program was named.");
  const auto in = in_memory(input);
  auto out = program_pipe();
  auto errors = program_pipe();
  if (!in || !out || !errors)
    return program_failed(ErrorKind::internal, program, std::generic_category().message(errno) + ".");
  pid_t child = 0;
  if (const int error = start_program(words, in.get(), out->write.get(), errors->write.get(), child); error != 0)
    return program_failed(error == ENOENT ? ErrorKind::not_found : ErrorKind::internal, program,
                          fmt::format("It cannot be started: {}.", std::generic_category().message(error)));
  out->write = net::Descriptor();
  errors->write = net::Descriptor();
  ProgramSaid said;
  const auto how = listen_to(*out, *errors, limits, said);
  said.status = ending_of_program(child, how != Listened::whole);
  switch (how) {
    case Listened::whole:
      return said;
    case Listened::too_long:
      return program_failed(ErrorKind::internal, program, "It answered without end.");
    case Listened::stopped:
      return program_failed(ErrorKind::cancelled, program, "It was stopped by a signal.");
    case Listened::too_late:
      break;
  }
  return program_failed(ErrorKind::timeout, program,
                        fmt::format("It had not answered after {} s.", limits.time.count() / 1000));
}

}  // namespace cloison::report
