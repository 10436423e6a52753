#include "core/base/child_process.h"

#include <algorithm>
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

#include "core/base/descriptor.h"
#include "core/base/strings.h"

extern char** environ;

namespace cloison {

namespace {

using std::chrono::steady_clock;
constexpr int k_look_up_ms = 50;  // how often a signal to us is looked for

struct Pipe {
  Descriptor read{}, write{};
  [[nodiscard]] bool open() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
    read = Descriptor(ends[0]), write = Descriptor(ends[1]);
    return true;
  }
};

/// It is read at its own pace, so nobody waits for anybody with a full pipe.
Descriptor in_memory(std::string_view bytes) {
  Descriptor file(::memfd_create("input", MFD_CLOEXEC));
  while (file && !bytes.empty()) {
    const auto written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return Descriptor();
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  if (file) ::lseek(file.get(), 0, SEEK_SET);
  return file;
}

/// Pointers into `texts`, and nullptr after them, as execve takes them.
std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  all.reserve(texts.size() + 1);
  for (auto& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

std::vector<std::string> environment_with(const std::vector<std::pair<std::string, std::string>>& own) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const bool replaced = std::any_of(own.begin(), own.end(), [text](const auto& one) {
      return text.size() > one.first.size() && text.starts_with(one.first) && text[one.first.size()] == '=';
    });
    if (!replaced) all.emplace_back(text);
  }
  for (const auto& [name, value] : own) all.push_back(name + "=" + value);
  return all;
}

/// 0, or why it was not started. `complaints`: -1 for this process's own.
int spawn(const Child& what, int in, int out, int complaints, pid_t& child) {
  auto words = what.words, environment = environment_with(what.environment);
  const auto arguments = pointers(words), variables = pointers(environment);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  if (complaints >= 0) posix_spawn_file_actions_adddup2(&actions, complaints, STDERR_FILENO);
  const int error = ::posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), variables.data());
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

/// Takes what there is to read; closes it when the other end is closed.
void take_some(Descriptor& from, std::string& into, std::size_t limit, std::vector<char>& piece) {
  const auto got = ::read(from.get(), piece.data(), piece.size());
  if (got > 0 && into.size() <= limit) into.append(piece.data(), static_cast<std::size_t>(got));
  if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN)) from.close();
}

enum class Listened : uint8_t { whole, too_long, too_late, stopped };

Listened listen_to(Descriptor& out, Descriptor& complaints, const ChildLimits& limits, ChildResult& said) {
  const auto end = steady_clock::now() + limits.time;
  std::vector<char> piece(1U << 16U);
  while (out || complaints) {
    if (limits.stop.stop_requested()) return Listened::stopped;
    if (steady_clock::now() >= end) return Listened::too_late;
    std::array<pollfd, 2> wait{
        {{.fd = out.get(), .events = POLLIN, .revents = 0}, {.fd = complaints.get(), .events = POLLIN, .revents = 0}}};
    if (::poll(wait.data(), wait.size(), k_look_up_ms) <= 0) continue;
    if (wait[0].revents != 0) take_some(out, said.output, limits.output, piece);
    if (wait[1].revents != 0) take_some(complaints, said.complaints, limits.output, piece);
    if (said.output.size() > limits.output) return Listened::too_long;
  }
  return Listened::whole;
}

int ending_of_child(pid_t child, bool kill) {
  if (kill) ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

tl::unexpected<Diagnostic> not_started(const std::string& program, int error) {
  return fail({.kind = error == ENOENT ? ErrorKind::not_found : ErrorKind::internal,
               .code = "CL6005",
               .summary = fmt::format("the program '{}' cannot be started", printable(program)),
               .detail = fmt::format("It cannot be started: {}.", std::generic_category().message(error))});
}

}  // namespace

Diagnostic child_failed(const std::string& program, std::string why, ErrorKind kind) {
  return {.kind = kind,
          .code = "CL6006",
          .summary = fmt::format("the program '{}' failed", printable(program)),
          .detail = std::move(why)};
}

Result<ChildResult> run_child(const Child& what, const ChildLimits& limits) {
  const auto& program = what.words.front();
  auto in = in_memory(what.input);
  Pipe out, complaints;
  if (!in || !out.open() || (what.takes_complaints && !complaints.open())) return not_started(program, errno);
  pid_t child = 0;
  if (const int error = spawn(what, in.get(), out.write.get(), complaints.write.get(), child); error != 0)
    return not_started(program, error);
  out.write.close(), complaints.write.close();
  ChildResult result;
  const auto how = listen_to(out.read, complaints.read, limits, result);
  result.status = ending_of_child(child, how != Listened::whole);
  switch (how) {
    case Listened::whole:
      return result;
    case Listened::too_long:
      return fail(child_failed(program, "It answered without end."));
    case Listened::stopped:
      return fail(child_failed(program, "It was stopped by a signal.", ErrorKind::cancelled));
    case Listened::too_late:
      break;
  }
  return fail(child_failed(program, fmt::format("It had not answered after {} s.", limits.time.count() / 1000),
                           ErrorKind::timeout));
}

}  // namespace cloison
