#include "tests/cli/run.h"

#include <array>
#include <cstdlib>
#include <fstream>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

namespace cloison::cli_test {

namespace {

constexpr int k_patience_milliseconds = 60'000;

/// In the child: never returns.
[[noreturn]] void become(const std::vector<std::string>& words, const Where& where, const std::string& path,
                         const std::string& term) {
  if (!where.folder.empty() && ::chdir(where.folder.c_str()) != 0) _exit(97);
  for (const char* name : {"CLOISON_NOW", "CLOISON_SANDBOX_FAULTS", "NO_COLOR", "CLOISON_TEST_KILL_AT_COMMIT"})
    ::unsetenv(name);
  ::setenv("TERM", term.c_str(), 1);
  for (const auto& [name, value] : where.environment) ::setenv(name.c_str(), value.c_str(), 1);
  std::vector<std::string> copies{path};
  copies.insert(copies.end(), words.begin(), words.end());
  std::vector<char*> arguments;
  for (auto& word : copies) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::execv(path.c_str(), arguments.data());
  _exit(98);
}

int status_of(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// Reads what there is; false at the end.
bool take(int descriptor, std::string& text) {
  std::array<char, 8192> buffer{};
  const auto got = ::read(descriptor, buffer.data(), buffer.size());
  if (got > 0) text.append(buffer.data(), static_cast<std::size_t>(got));
  return got > 0;
}

}  // namespace

std::string program() {
  if (const char* told = std::getenv("CLOISON_BIN"); told && *told) return told;
  return (std::filesystem::read_symlink("/proc/self/exe").parent_path() / "cloison").string();
}

Finished run(const std::vector<std::string>& words, const Where& where) {
  std::array<int, 2> out{}, err{};
  Finished result;
  if (::pipe2(out.data(), O_CLOEXEC) != 0 || ::pipe2(err.data(), O_CLOEXEC) != 0) return result;
  const auto path = program();
  const pid_t child = ::fork();
  if (child == 0) {
    if (const int nothing = ::open("/dev/null", O_RDONLY); nothing >= 0) ::dup2(nothing, 0);
    ::dup2(out[1], 1);
    ::dup2(err[1], 2);
    become(words, where, path, "xterm");
  }
  ::close(out[1]);
  ::close(err[1]);
  bool out_open = true, err_open = true;
  while (out_open || err_open) {
    std::array<pollfd, 2> wait{{{out_open ? out[0] : -1, POLLIN, 0}, {err_open ? err[0] : -1, POLLIN, 0}}};
    if (::poll(wait.data(), wait.size(), k_patience_milliseconds) == 0) {
      ::kill(child, SIGKILL);
      break;
    }
    if (wait[0].revents != 0) out_open = take(out[0], result.out);
    if (wait[1].revents != 0) err_open = take(err[0], result.err);
  }
  ::close(out[0]);
  ::close(err[0]);
  result.status = status_of(child);
  return result;
}

Finished run_on_terminal(const std::vector<std::string>& words, const std::vector<std::string>& answers,
                         const Where& where) {
  Finished result;
  const auto path = program();
  winsize size{};
  size.ws_col = 100;
  size.ws_row = 50;
  int terminal = -1;
  const pid_t child = ::forkpty(&terminal, nullptr, nullptr, &size);
  if (child == 0) become(words, where, path, "xterm");
  std::size_t answered = 0, looked_from = 0;
  while (true) {
    pollfd wait{terminal, POLLIN, 0};
    if (::poll(&wait, 1, k_patience_milliseconds) == 0) {
      ::kill(child, SIGKILL);
      break;
    }
    if (!take(terminal, result.out)) break;
    const std::string_view fresh = std::string_view(result.out).substr(looked_from);
    const bool asked = fresh.ends_with("[y/N] ") || fresh.ends_with("to destroy: ");
    if (!asked || answered == answers.size()) continue;
    auto line = answers[answered++];
    if (line != "\x03") line += '\n';  // an interrupt is a key of its own
    looked_from = result.out.size();
    if (::write(terminal, line.data(), line.size()) < 0) break;
  }
  result.status = status_of(child);
  ::close(terminal);
  return result;
}

Folder::Folder() {
  auto pattern = (std::filesystem::temp_directory_path() / "cloison-cli-XXXXXX").string();
  path_ = ::mkdtemp(pattern.data());
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void Folder::write(const std::string& name, const std::string& text) const {
  std::filesystem::create_directories((path_ / name).parent_path());
  std::ofstream(path_ / name) << text;
}

std::vector<std::map<std::string, std::string>> json_lines(const std::string& out) {
  std::vector<std::map<std::string, std::string>> lines;
  std::istringstream stream(out);
  for (std::string line; std::getline(stream, line);) {
    const auto json = nlohmann::json::parse(line, nullptr, false);
    if (!json.is_object()) {
      ADD_FAILURE() << "no JSON object: " << line;
      continue;
    }
    auto& fields = lines.emplace_back();
    for (const auto& [key, value] : json.items())
      fields[key] = value.is_string() ? value.get<std::string>() : value.dump();
  }
  return lines;
}

}  // namespace cloison::cli_test
