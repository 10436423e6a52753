#pragma once
// The one form of tar that packs have: ustar (POSIX.1-1988), regular files alone, every other field fixed. Written and
// read here rather than by a library, since a checker must refuse what a library is made to tolerate, and since bytes
// must stay the same over years.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cloison::report {

constexpr std::size_t k_tar_block = 512;

/// Whether a path's length and parts fit into a header.
[[nodiscard]] bool fits_tar(std::string_view path);
/// 512 bytes: mode 0644, owner 0, no names. `mtime` in seconds since 1970, at least 0; `path` as in `fits_tar`.
[[nodiscard]] std::string tar_header(std::string_view path, uint64_t size, int64_t mtime);
/// Bytes after a file of that size that fill its last block.
[[nodiscard]] constexpr std::size_t tar_padding(uint64_t size) {
  return static_cast<std::size_t>((k_tar_block - size % k_tar_block) % k_tar_block);
}

struct TarFile {
  std::string path{};
  std::string_view bytes{};  // of the text that was read
  int64_t mtime = 0;
};

struct TarProblem {
  bool damage = false;  // it cannot be read on; else something is there that packs never hold
  std::string path{};   // "": none in particular
  std::string what{};   // "is a symbolic link"
};

struct TarContent {
  std::vector<TarFile> files{};
  std::vector<TarProblem> problems{};
  bool whole = false;  // read to its end
};

/// Everything in `tar`, at most `most` files, and all that is wrong. Paths are as they are written, and may be hostile.
[[nodiscard]] TarContent read_tar(std::string_view tar, std::size_t most);

}  // namespace cloison::report
