#include "core/state/files.h"

#include <cerrno>
#include <cstring>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/strings.h"

namespace cloison::state {

namespace {
constexpr mode_t k_file_mode = S_IRUSR | S_IWUSR;
constexpr mode_t k_folder_mode = S_IRWXU;
}  // namespace

Diagnostic file_error(std::string_view doing, const std::filesystem::path& file, int error_number) {
  return {.kind = ErrorKind::state,
          .code = "CL4011",
          .summary = "the state file cannot be read or written",
          .detail = fmt::format("{} {}: {}.", doing, printable(file.string()),
                                std::error_code(error_number, std::generic_category()).message()),
          .hint = "check free space and permissions of the folder: df -h . && ls -la .cloison"};
}

Result<void> make_private_folder(const std::filesystem::path& folder) {
  std::error_code ignored;
  if (folder.empty() || std::filesystem::is_directory(folder, ignored)) return {};
  if (auto ok = make_private_folder(folder.parent_path()); !ok) return ok;
  if (::mkdir(folder.c_str(), k_folder_mode) != 0) {
    if (errno == EEXIST) return {};
    return fail(file_error("Making", folder, errno));
  }
  // The umask may have taken even the owner's bits.
  if (::chmod(folder.c_str(), k_folder_mode) != 0) return fail(file_error("Making", folder, errno));
  return {};
}

Result<PrivateFile> PrivateFile::opened(const std::filesystem::path& file, int flags) {
  const int descriptor = ::open(file.c_str(), flags | O_RDWR | O_CLOEXEC | O_NOFOLLOW, k_file_mode);
  if (descriptor < 0) return fail(file_error("Opening", file, errno));
  PrivateFile opened(descriptor);
  struct stat status{};
  if (::fstat(descriptor, &status) != 0) return fail(file_error("Opening", file, errno));
  if ((status.st_mode & ALLPERMS) != k_file_mode && ::fchmod(descriptor, k_file_mode) != 0)
    return fail(file_error("Protecting", file, errno));
  return opened;
}

Result<PrivateFile> PrivateFile::create(const std::filesystem::path& file) {
  return opened(file, O_CREAT | O_EXCL);
}

Result<PrivateFile> PrivateFile::open(const std::filesystem::path& file) {
  return opened(file, O_CREAT);
}

PrivateFile& PrivateFile::operator=(PrivateFile&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

PrivateFile::~PrivateFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool PrivateFile::try_lock() const {
  struct flock whole{};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  int result = 0;
  do {
    result = ::fcntl(descriptor_, F_OFD_SETLK, &whole);
  } while (result != 0 && errno == EINTR);
  return result == 0;
}

bool PrivateFile::is_at(const std::filesystem::path& file) const {
  struct stat mine{};
  struct stat there{};
  return ::fstat(descriptor_, &mine) == 0 && ::stat(file.c_str(), &there) == 0 && mine.st_dev == there.st_dev &&
         mine.st_ino == there.st_ino;
}

bool PrivateFile::overwrite(std::string_view text) const {
  return ::pwrite(descriptor_, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()) &&
         ::ftruncate(descriptor_, static_cast<off_t>(text.size())) == 0;
}

std::optional<std::string> read_small(const std::filesystem::path& file, std::size_t limit) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return std::nullopt;
  std::string text(limit, '\0');
  const ssize_t count = ::pread(descriptor, text.data(), text.size(), 0);
  ::close(descriptor);
  if (count < 0) return std::nullopt;
  text.resize(static_cast<std::size_t>(count));
  return text;
}

Result<void> publish(const std::filesystem::path& draft, const std::filesystem::path& file) {
  if (::link(draft.c_str(), file.c_str()) != 0 && errno != EEXIST) return fail(file_error("Making", file, errno));
  const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return fail(file_error("Opening", folder, errno));
  const bool synced = ::fsync(descriptor) == 0;
  const int error_number = errno;
  ::close(descriptor);
  if (!synced) return fail(file_error("Writing", folder, error_number));
  return {};
}

RemoveAtEnd::~RemoveAtEnd() {
  std::error_code ignored;
  std::filesystem::remove(file_, ignored);
}

}  // namespace cloison::state
