#pragma once
// Small files that operations read and write: atomically, and private where they hold plans.

#include <filesystem>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace cloison::ops {

enum class Access : uint8_t { private_file, shared_file };  // 0600, 0644

/// Writes beside and renames, so that a reader sees the old or the new content whole; durable on return.
[[nodiscard]] Result<void> write_file(const std::filesystem::path& file, std::string_view content, Access access);
/// At most `limit` bytes.
[[nodiscard]] Result<std::string> read_file(const std::filesystem::path& file, std::size_t limit);
/// Puts `.cloison/` into the folder's .gitignore when it is not there.
[[nodiscard]] Result<void> ignore_state_folder(const std::filesystem::path& home);
/// Commit that the folder's git work tree is at, "" outside one. Reads .git by itself: no program of the user's is run.
[[nodiscard]] std::string git_commit(const std::filesystem::path& folder);
[[nodiscard]] std::string user_name();
[[nodiscard]] std::string host_name();

}  // namespace cloison::ops
