#include "core/ops/private_folder.h"

#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/descriptor.h"
#include "core/base/digest.h"
#include "core/base/strings.h"

namespace cloison::ops {

namespace {

constexpr mode_t k_others = S_IRWXG | S_IRWXO;
constexpr std::size_t k_longest = 64U << 10U;

Diagnostic unusable(const std::filesystem::path& place, std::string detail, std::string hint) {
  return {.kind = ErrorKind::permission,
          .code = "CL6015",
          .summary = "cannot keep secrets at " + printable(place.string()),
          .detail = std::move(detail),
          .hint = std::move(hint)};
}

std::string system_says(int error) {
  return fmt::format("The operating system says: {}.", std::generic_category().message(error));
}

bool put(int descriptor, std::string_view content) {
  while (!content.empty()) {
    const auto written = ::write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(descriptor) == 0;
}

}  // namespace

Result<PrivateFolder> PrivateFolder::open(const std::filesystem::path& folder) {
  const auto path = folder.has_filename() ? folder : folder.parent_path();  // "tablets/" is "tablets"
  if (::mkdir(path.c_str(), S_IRWXU) != 0 && errno != EEXIST)
    return fail(unusable(path, system_says(errno), "name a folder of which the one above is there"));
  PrivateFolder opened(path, ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (opened.descriptor_ < 0)
    return fail(unusable(path, "It is a symbolic link, or no folder.", "name a folder of your own"));
  struct stat about{};
  if (::fstat(opened.descriptor_, &about) != 0 || about.st_uid != ::geteuid())
    return fail(unusable(path, "The folder is somebody else's.", "name a folder of your own"));
  if ((about.st_mode & k_others) != 0)
    return fail(
        unusable(path, fmt::format("Others may look into the folder: its mode is {:o}.", about.st_mode & 0777U),
                 fmt::format("chmod 700 '{}', or name a folder that is not there yet", printable(path.string()))));
  return opened;
}

PrivateFolder::PrivateFolder(PrivateFolder&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

PrivateFolder::~PrivateFolder() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<void> PrivateFolder::may_write(const std::string& name, bool over) const {
  struct stat about{};
  if (::fstatat(descriptor_, name.c_str(), &about, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) return {};
    return fail(unusable(path_ / name, system_says(errno), "look at what is there"));
  }
  if (!S_ISREG(about.st_mode) || about.st_uid != ::geteuid())
    return fail(unusable(path_ / name, "What is there is no file of yours.", "remove it, or name another folder"));
  if (!over)
    return fail(unusable(path_ / name, "There is a file already, and it may hold the only copy of a private key.",
                         "name another folder, or --force: a private key that is still the device's is kept"));
  return {};
}

std::optional<Secret> PrivateFolder::read(const std::string& name) const {
  const Descriptor in(::openat(descriptor_, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat about{};
  if (in.get() < 0 || ::fstat(in.get(), &about) != 0 || !S_ISREG(about.st_mode)) return std::nullopt;
  if (about.st_uid != ::geteuid() || std::cmp_greater(about.st_size, k_longest)) return std::nullopt;
  std::string content(static_cast<std::size_t>(about.st_size), '\0');
  const auto got = ::read(in.get(), content.data(), content.size());
  if (got < 0) return std::nullopt;
  content.resize(static_cast<std::size_t>(got));
  return Secret(std::move(content));
}

Result<void> PrivateFolder::write(const std::string& name, const Secret& content, bool over) const {
  const auto beside = fmt::format(".{}.{}", name, random_hex(6));
  const Descriptor out(
      ::openat(descriptor_, beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR));
  bool done = out.get() >= 0 && put(out.get(), content.reveal());
  // A link fails where there is a file, a renaming takes its place.
  if (done && over) done = ::renameat(descriptor_, beside.c_str(), descriptor_, name.c_str()) == 0;
  if (done && !over) done = ::linkat(descriptor_, beside.c_str(), descriptor_, name.c_str(), 0) == 0;
  const int error = errno;
  if (!done || !over) ::unlinkat(descriptor_, beside.c_str(), 0);
  if (!done) return fail(unusable(path_ / name, system_says(error), "look at the folder and the room in it"));
  ::fsync(descriptor_);
  return {};
}

}  // namespace cloison::ops
