#include "cli/child_process.h"

#include <array>
#include <cerrno>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace cloison::cli {

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

int spawn(const std::vector<std::string>& words, const Pipe& in, const Pipe& out, pid_t& child) {
  std::vector<std::string> copies = words;
  std::vector<char*> arguments;
  for (auto& word : copies) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in.read.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out.write.get(), STDOUT_FILENO);
  const int error = ::posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
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

Result<ChildResult> run_child(const std::vector<std::string>& words, std::string_view input) {
  Pipe in, out;
  pid_t child = 0;
  const bool pipes = in.open() && out.open();
  const int error = pipes ? spawn(words, in, out, child) : errno;
  if (error != 0)
    return fail({.kind = error == ENOENT ? ErrorKind::not_found : ErrorKind::internal,
                 .code = "CL6005",
                 .summary = "the program '" + words.front() + "' cannot be started",
                 .detail = std::generic_category().message(error)});
  in.read.close();
  out.write.close();
  ChildResult result;
  const bool whole = exchange(in, out, input, result.output);
  in.write.close();
  out.read.close();
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
  if (!whole || result.status != 0)
    return fail({.kind = ErrorKind::internal,
                 .code = "CL6006",
                 .summary = "the program '" + words.front() + "' failed",
                 .detail = "Exit status " + std::to_string(result.status) + "."});
  return result;
}

}  // namespace cloison::cli
