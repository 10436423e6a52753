#pragma once
// The lock of a state file: an operating system lock on `<state>.lock`, in which the holder says who it is. It goes
// with the process, however that ends; the text may stay behind and means nothing without the lock.

#include <chrono>
#include <filesystem>

#include "core/state/files.h"
#include "core/state/store.h"

namespace cloison::state {

class LockFile {
 public:
  /// Tries at once and then in small slices until `wait` is over: CL4009.
  [[nodiscard]] static Result<LockFile> take(const std::filesystem::path& state, const LockInfo& who,
                                             std::chrono::milliseconds wait);
  LockFile(LockFile&&) noexcept = default;
  LockFile& operator=(LockFile&&) noexcept = default;
  LockFile(const LockFile&) = delete;
  LockFile& operator=(const LockFile&) = delete;
  /// Empties the text before the lock goes.
  ~LockFile();
  /// False once somebody has removed or replaced the lock file.
  [[nodiscard]] bool still_there() const { return file_.is_at(path_); }

 private:
  LockFile(PrivateFile file, std::filesystem::path path) : file_(std::move(file)), path_(std::move(path)) {}
  PrivateFile file_;
  std::filesystem::path path_;
};

}  // namespace cloison::state
