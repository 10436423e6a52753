#pragma once
// Files that only their owner may read, whatever the umask is, and the few things that are said through them.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/result.h"

namespace cloison::state {

/// CL4011 with the operating system's reason.
[[nodiscard]] Diagnostic file_error(std::string_view doing, const std::filesystem::path& file, int error_number);

/// Makes the folder and those above that are missing, each 0700. An existing folder keeps its mode.
[[nodiscard]] Result<void> make_private_folder(const std::filesystem::path& folder);

/// An open file with mode 0600, closed at exec.
class PrivateFile {
 public:
  /// Fails when there is one.
  [[nodiscard]] static Result<PrivateFile> create(const std::filesystem::path& file);
  /// Makes it when there is none.
  [[nodiscard]] static Result<PrivateFile> open(const std::filesystem::path& file);
  PrivateFile(PrivateFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  PrivateFile& operator=(PrivateFile&& other) noexcept;
  PrivateFile(const PrivateFile&) = delete;
  PrivateFile& operator=(const PrivateFile&) = delete;
  ~PrivateFile();

  /// An exclusive lock of this open file (OFD, fcntl(2)), which goes with it; false when someone else has it.
  [[nodiscard]] bool try_lock() const;
  /// Whether `file` still names this open file.
  [[nodiscard]] bool is_at(const std::filesystem::path& file) const;
  /// Replaces the content; not synced. False when it could not be written.
  bool overwrite(std::string_view text) const;

 private:
  explicit PrivateFile(int descriptor) : descriptor_(descriptor) {}
  [[nodiscard]] static Result<PrivateFile> opened(const std::filesystem::path& file, int flags);
  int descriptor_;
};

/// At most `limit` bytes; nullopt when there is no such file or it cannot be read.
[[nodiscard]] std::optional<std::string> read_small(const std::filesystem::path& file, std::size_t limit);

/// Gives `draft` the name `file`, durably, unless there is one by now.
[[nodiscard]] Result<void> publish(const std::filesystem::path& draft, const std::filesystem::path& file);

class RemoveAtEnd {
 public:
  explicit RemoveAtEnd(std::filesystem::path file) : file_(std::move(file)) {}
  RemoveAtEnd(const RemoveAtEnd&) = delete;
  RemoveAtEnd& operator=(const RemoveAtEnd&) = delete;
  ~RemoveAtEnd();

 private:
  std::filesystem::path file_;
};

}  // namespace cloison::state
