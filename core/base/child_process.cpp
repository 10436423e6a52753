#include "core/base/child_process.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace cloison {

namespace {

constexpr std::size_t k_output_limit = 256U << 20U;

/// A descriptor that is closed once.
class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  void close() {
    if (number_ >= 0) ::close(number_);
    number_ = -1;
  }
  void reset(int number) {
    close();
    number_ = number;
  }
  [[nodiscard]] int get() const { return number_; }

 private:
  int number_;
};

struct Pipe {
  Descriptor read{}, write{};
  [[nodiscard]] bool open() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
    read.reset(ends[0]);
    write.reset(ends[1]);
    return true;
  }
};

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

int spawn(const Child& what, const Pipe& in, const Pipe& out, pid_t& child) {
  auto words = what.words, environment = environment_with(what.environment);
  const auto arguments = pointers(words), variables = pointers(environment);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in.read.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out.write.get(), STDOUT_FILENO);
  if (!what.complaints.empty())
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, what.complaints.c_str(), O_WRONLY | O_CREAT | O_EXCL,
                                     S_IRUSR | S_IWUSR);
  const int error = ::posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), variables.data());
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

/// Writes and reads at once, so that neither side waits for the other with full pipes. False when reading failed or
/// gave too much.
bool exchange(Pipe& in, Pipe& out, std::string_view input, std::string& output) {
  (void)::fcntl(in.write.get(), F_SETFL, O_NONBLOCK);
  std::vector<char> buffer(1U << 16U);
  while (output.size() <= k_output_limit) {
    if (input.empty()) in.write.close();
    std::array<pollfd, 2> wait{{{.fd = out.read.get(), .events = POLLIN, .revents = 0},
                                {.fd = in.write.get(), .events = POLLOUT, .revents = 0}}};
    if (::poll(wait.data(), wait.size(), -1) < 0 && errno != EINTR) return false;
    if ((wait[1].revents & (POLLOUT | POLLERR)) != 0) {
      const auto written = ::write(in.write.get(), input.data(), input.size());
      if (written > 0) input.remove_prefix(static_cast<std::size_t>(written));
      if (written < 0 && errno != EAGAIN && errno != EINTR) input = {};  // it reads no more
    }
    if ((wait[0].revents & (POLLIN | POLLHUP | POLLERR)) == 0) continue;
    const auto got = ::read(out.read.get(), buffer.data(), buffer.size());
    if (got == 0) return true;
    if (got > 0) output.append(buffer.data(), static_cast<std::size_t>(got));
    if (got < 0 && errno != EINTR) return false;
  }
  return false;
}

}  // namespace

Result<ChildResult> run_child(const Child& what) {
  Pipe in, out;
  pid_t child = 0;
  const bool pipes = in.open() && out.open();
  const int error = pipes ? spawn(what, in, out, child) : errno;
  if (error != 0)
    return fail({.kind = error == ENOENT ? ErrorKind::not_found : ErrorKind::internal,
                 .code = "CL6005",
                 .summary = "the program '" + what.words.front() + "' cannot be started",
                 .detail = std::generic_category().message(error)});
  in.read.close();
  out.write.close();
  ChildResult result;
  const bool whole = exchange(in, out, what.input, result.output);
  in.write.close();
  out.read.close();
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
  if (!whole || result.status != 0)
    return fail({.kind = ErrorKind::internal,
                 .code = "CL6006",
                 .summary = "the program '" + what.words.front() + "' failed",
                 .detail = "Exit status " + std::to_string(result.status) + "."});
  return result;
}

}  // namespace cloison
