#pragma once
// A folder for files that nobody else may read: 0700, with files of 0600, and never by way of a symbolic link.

#include <filesystem>
#include <optional>
#include <string>

#include "core/base/result.h"
#include "core/base/secret.h"

namespace cloison::ops {

class PrivateFolder {
 public:
  /// Makes it where it is not there. Errors (CL6015): it is a link, somebody else's, or others may look into it.
  [[nodiscard]] static Result<PrivateFolder> open(const std::filesystem::path& folder);

  PrivateFolder(const PrivateFolder&) = delete;
  PrivateFolder& operator=(const PrivateFolder&) = delete;
  PrivateFolder(PrivateFolder&& other) noexcept;
  PrivateFolder& operator=(PrivateFolder&&) = delete;
  ~PrivateFolder();

  /// Whether a file of that name may be written. Errors (CL6015): there is one already and `over` is not set, or what
  /// is there is no file of ours.
  [[nodiscard]] Result<void> may_write(const std::string& name, bool over) const;
  /// What a file of ours there holds; nullopt when there is none.
  [[nodiscard]] std::optional<Secret> read(const std::string& name) const;
  /// Whole or not at all; durable on return. Without `over` an existing file is an error.
  [[nodiscard]] Result<void> write(const std::string& name, const Secret& content, bool over) const;

 private:
  PrivateFolder(std::filesystem::path path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
  std::filesystem::path path_;
  int descriptor_;
};

}  // namespace cloison::ops
