#include "core/ops/files.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <system_error>

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/descriptor.h"
#include "core/base/digest.h"
#include "core/base/strings.h"

namespace cloison::ops {

namespace {

namespace fs = std::filesystem;

Diagnostic file_error(const fs::path& file, std::string_view doing, int error) {
  const bool reading = doing == "read";
  const auto folder = file.parent_path().empty() ? std::string(".") : printable(file.parent_path().string());
  return {.kind = ErrorKind::internal,
          .code = "CL4090",
          .summary = "cannot " + std::string(doing) + " " + printable(file.string()),
          .detail = std::string("The operating system says: ") + std::generic_category().message(error) + ".",
          .hint = reading && error == ENOENT ? "check the name of the file: ls -la '" + folder + "'"
                  : reading
                      ? "look at whose the file is: ls -la '" + folder + "'"
                      : "look at the folder and the room in it: ls -la '" + folder + "' && df -h '" + folder + "'"};
}

bool write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const auto written = ::write(fd, content.data(), content.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return false;
    }
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

std::string first_line(const fs::path& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line.substr(0, 4096);
}

bool is_commit(std::string_view text) {
  return (text.size() == 40 || text.size() == 64) &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

fs::path git_folder(const fs::path& start) {
  std::error_code ignored;
  for (auto folder = fs::absolute(start, ignored); !folder.empty(); folder = folder.parent_path()) {
    auto git = folder / ".git";
    if (fs::is_directory(git, ignored)) return git;
    if (fs::is_regular_file(git, ignored)) {  // a linked work tree
      const auto line = first_line(git);
      return line.starts_with("gitdir: ") ? folder / line.substr(8) : fs::path{};
    }
    if (folder == folder.root_path()) break;
  }
  return {};
}

}  // namespace

Result<void> write_file(const fs::path& file, std::string_view content, Access access) {
  const auto beside = file.parent_path() / ("." + file.filename().string() + "." + random_hex(6));
  const mode_t mode = access == Access::private_file ? S_IRUSR | S_IWUSR : S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH;
  const Descriptor out(::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
  if (out.get() < 0) return fail(file_error(file, "write", errno));
  if (!write_all(out.get(), content) || ::fsync(out.get()) != 0 || ::rename(beside.c_str(), file.c_str()) != 0) {
    const int error = errno;
    ::unlink(beside.c_str());
    return fail(file_error(file, "write", error));
  }
  const Descriptor folder(
      ::open(file.parent_path().empty() ? "." : file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() >= 0) ::fsync(folder.get());
  return {};
}

Result<std::string> read_file(const fs::path& file, std::size_t limit) {
  const Descriptor in(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (in.get() < 0) return fail(file_error(file, "read", errno));
  std::string content;
  std::string part(64U << 10U, '\0');
  for (;;) {
    const auto got = ::read(in.get(), part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(file_error(file, "read", errno));
    if (got == 0) return content;
    content.append(part, 0, static_cast<std::size_t>(got));
    if (content.size() > limit) return fail(file_error(file, "read", EFBIG));
  }
}

Result<void> ignore_state_folder(const fs::path& home) {
  constexpr std::string_view k_line = ".cloison/";
  const auto file = home / ".gitignore";
  std::error_code ignored;
  std::string content;
  if (fs::exists(file, ignored)) {
    auto text = read_file(file, 1U << 20U);
    if (!text) return fail(text.error());
    content = *std::move(text);
  }
  for (const auto line : split(content, '\n'))
    if (trimmed(line) == k_line || trimmed(line) == "/.cloison/" || trimmed(line) == ".cloison") return {};
  if (!content.empty() && content.back() != '\n') content += '\n';
  return write_file(file, content + std::string(k_line) + "\n", Access::shared_file);
}

std::string git_commit(const fs::path& folder) {
  auto git = git_folder(folder);
  if (git.empty()) return {};
  auto head = first_line(git / "HEAD");
  if (is_commit(head)) return head;
  if (!head.starts_with("ref: refs/") || head.find("..") != std::string::npos) return {};
  const auto name = head.substr(5);
  if (const auto common = first_line(git / "commondir"); !common.empty()) git /= common;
  if (const auto commit = first_line(git / name); is_commit(commit)) return commit;
  std::ifstream packed(git / "packed-refs");
  for (std::string line; std::getline(packed, line);) {
    const auto space = line.find(' ');
    if (space != std::string::npos && line.substr(space + 1) == name && is_commit(line.substr(0, space)))
      return line.substr(0, space);
  }
  return {};
}

std::string user_name() {
  std::string buffer(16U << 10U, '\0');
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(::geteuid(), &entry, buffer.data(), buffer.size(), &found) == 0 && found)
    return printable(entry.pw_name);
  return "uid " + std::to_string(::geteuid());
}

std::string host_name() {
  std::string name(256, '\0');
  if (::gethostname(name.data(), name.size() - 1) != 0) return "unknown";
  name.resize(std::strlen(name.c_str()));
  return printable(name);
}

}  // namespace cloison::ops
