// Archives in other forms than machines can unpack, by libarchive.

#include <algorithm>
#include <array>
#include <fstream>
#include <memory>
#include <vector>

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include "core/base/strings.h"
#include "providers/node/artifacts.h"

namespace cloison::node {

namespace {

namespace fs = std::filesystem;
using Done = tl::expected<void, std::string>;

constexpr std::size_t k_block = std::size_t{64} << 10U;
constexpr uint64_t k_most_bytes = uint64_t{8} << 30U;  // unpacked: more is a bomb, or no service
constexpr std::size_t k_most_entries = 200'000;
constexpr unsigned k_program = 0755, k_plain = 0644;

using Reader = std::unique_ptr<archive, decltype(&archive_read_free)>;
using Writer = std::unique_ptr<archive, decltype(&archive_write_free)>;
using Entry = std::unique_ptr<archive_entry, decltype(&archive_entry_free)>;

tl::unexpected<std::string> wrong(std::string what) {
  return tl::unexpected(std::move(what));
}

std::string said_by(archive* of) {
  const auto* text = archive_error_string(of);
  return text == nullptr ? "It cannot be read." : printable(text) + ".";
}

/// A plain tar of files and folders, without dates and owners.
class TarWriter {
 public:
  explicit TarWriter(const fs::path& path) : out_(archive_write_new(), &archive_write_free) {
    archive_write_set_format_pax_restricted(out_.get());
    opened_ = archive_write_open_filename(out_.get(), path.c_str()) == ARCHIVE_OK;
    std::error_code ignored;  // its folder is this user's alone
    if (opened_) fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write, ignored);
  }
  [[nodiscard]] bool is_open() const { return opened_; }

  Done begin(const std::string& name, bool folder, bool program, uint64_t size) {
    if (++entries_ > k_most_entries) return wrong("It holds too many files.");
    bytes_ += size;
    if (bytes_ > k_most_bytes) return wrong("Unpacked it is too large.");
    const Entry entry(archive_entry_new(), &archive_entry_free);
    archive_entry_set_pathname(entry.get(), name.c_str());
    archive_entry_set_filetype(entry.get(), folder ? AE_IFDIR : AE_IFREG);
    archive_entry_set_perm(entry.get(), folder || program ? k_program : k_plain);
    archive_entry_set_mtime(entry.get(), 0, 0);
    archive_entry_set_size(entry.get(), folder ? 0 : static_cast<int64_t>(size));
    if (archive_write_header(out_.get(), entry.get()) < ARCHIVE_WARN) return wrong(said_by(out_.get()));
    return {};
  }
  Done bytes(const char* data, std::size_t size) {
    if (archive_write_data(out_.get(), data, size) != static_cast<la_ssize_t>(size)) return wrong(said_by(out_.get()));
    return {};
  }
  Done close() {
    if (archive_write_close(out_.get()) != ARCHIVE_OK) return wrong(said_by(out_.get()));
    return {};
  }

 private:
  Writer out_;
  bool opened_ = false;
  std::size_t entries_ = 0;
  uint64_t bytes_ = 0;
};

/// "./bin/gateway" -> "bin/gateway"; "" where it leads out.
std::string name_inside(const char* written) {
  if (written == nullptr || *written == '/') return {};
  const auto path = fs::path(written).lexically_normal();
  if (path.empty() || *path.begin() == "..") return {};
  auto name = path.generic_string();
  while (name.ends_with('/')) name.pop_back();
  return name;
}

Done copy_entry(archive* in, archive_entry* entry, TarWriter& out) {
  const auto type = archive_entry_filetype(entry);
  const auto* const written = archive_entry_pathname(entry);
  const auto name = name_inside(written);
  if (name.empty())
    return wrong(fmt::format("It holds '{}', which leads out of it.", printable(written == nullptr ? "" : written)));
  if (archive_entry_hardlink(entry) != nullptr || (type != AE_IFREG && type != AE_IFDIR))
    return wrong(fmt::format("'{}' in it is neither a file nor a folder.", printable(name)));
  if (name == ".") return {};
  if (type == AE_IFREG && archive_entry_size_is_set(entry) == 0)
    return wrong(fmt::format("It does not say how large '{}' in it is.", printable(name)));
  const auto size = type == AE_IFREG ? static_cast<uint64_t>(std::max<int64_t>(0, archive_entry_size(entry))) : 0;
  const bool program = (archive_entry_perm(entry) & 0111U) != 0;
  if (auto begun = out.begin(name, type == AE_IFDIR, program, size); !begun) return begun;
  std::array<char, k_block> block{};
  for (uint64_t left = size; left > 0;) {
    const auto got = archive_read_data(in, block.data(), std::min<uint64_t>(block.size(), left));
    if (got <= 0) return wrong(got < 0 ? said_by(in) : fmt::format("'{}' in it ends too soon.", printable(name)));
    if (auto put = out.bytes(block.data(), static_cast<std::size_t>(got)); !put) return put;
    left -= static_cast<uint64_t>(got);
  }
  return {};
}

Done copy_all(archive* in, TarWriter& out) {
  archive_entry* entry = nullptr;
  int status = ARCHIVE_OK;
  while ((status = archive_read_next_header(in, &entry)) == ARCHIVE_OK || status == ARCHIVE_WARN)
    if (auto copied = copy_entry(in, entry, out); !copied) return copied;
  if (status != ARCHIVE_EOF) return wrong(said_by(in));
  return {};
}

/// What is inside a member of another archive, as it comes.
struct Inner {
  archive* outer;
  std::array<char, k_block> block{};
};

la_ssize_t on_inner(archive* of, void* context, const void** bytes) {
  auto& inner = *static_cast<Inner*>(context);
  (void)of;
  *bytes = inner.block.data();
  return archive_read_data(inner.outer, inner.block.data(), inner.block.size());
}

/// A Debian package is an archive of three: what it installs is data.tar, however compressed (deb(5)).
Done copy_package(archive* package, TarWriter& out) {
  archive_entry* entry = nullptr;
  while (archive_read_next_header(package, &entry) == ARCHIVE_OK) {
    if (!std::string_view(archive_entry_pathname(entry)).starts_with("data.tar")) continue;
    const Reader inside(archive_read_new(), &archive_read_free);
    archive_read_support_filter_all(inside.get());
    archive_read_support_format_tar(inside.get());
    Inner inner{.outer = package};
    if (archive_read_open(inside.get(), &inner, nullptr, &on_inner, nullptr) != ARCHIVE_OK)
      return wrong(said_by(inside.get()));
    return copy_all(inside.get(), out);
  }
  return wrong("It is no Debian package: it holds no data.tar.");
}

Done copy_file(const fs::path& path, const std::string& name, TarWriter& out) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  const auto mode = fs::status(path, error).permissions();
  if (error) return wrong(fmt::format("'{}': {}.", printable(name), error.message()));
  if (auto begun = out.begin(name, false, (mode & fs::perms::owner_exec) != fs::perms::none, size); !begun)
    return begun;
  std::ifstream file(path, std::ios::binary);
  std::array<char, k_block> block{};
  for (uint64_t left = size; left > 0;) {
    file.read(block.data(), static_cast<std::streamsize>(std::min<uint64_t>(block.size(), left)));
    const auto got = static_cast<uint64_t>(file.gcount());
    if (got == 0) return wrong(fmt::format("'{}' cannot be read to its end.", printable(name)));
    if (auto put = out.bytes(block.data(), got); !put) return put;
    left -= got;
  }
  return {};
}

}  // namespace

bool is_foreign_archive(const std::string& name) {
  constexpr std::array<std::string_view, 4> k_endings{".zip", ".7z", ".cpio", ".deb"};
  return std::any_of(k_endings.begin(), k_endings.end(),
                     [&](std::string_view ending) { return std::string_view(name).ends_with(ending); });
}

Done repack(const fs::path& archive_path, bool package, const fs::path& tar) {
  const Reader in(archive_read_new(), &archive_read_free);
  archive_read_support_filter_all(in.get());
  archive_read_support_format_zip(in.get());
  archive_read_support_format_7zip(in.get());
  archive_read_support_format_cpio(in.get());
  archive_read_support_format_ar(in.get());
  if (archive_read_open_filename(in.get(), archive_path.c_str(), k_block) != ARCHIVE_OK)
    return wrong(said_by(in.get()));
  TarWriter out(tar);
  if (!out.is_open()) return wrong("Nothing can be written beside the state.");
  if (auto copied = package ? copy_package(in.get(), out) : copy_all(in.get(), out); !copied) return copied;
  return out.close();
}

Done pack_folder(const fs::path& folder, const fs::path& tar) {
  std::vector<std::pair<std::string, fs::directory_entry>> all;
  std::error_code error;
  for (auto one = fs::recursive_directory_iterator(folder, error); !error && one != fs::recursive_directory_iterator();
       one.increment(error))
    all.emplace_back(one->path().lexically_relative(folder).generic_string(), *one);
  if (error) return wrong(error.message() + ".");
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  TarWriter out(tar);
  if (!out.is_open()) return wrong("Nothing can be written beside the state.");
  for (const auto& [name, one] : all) {
    if (one.is_symlink(error) || (!one.is_regular_file(error) && !one.is_directory(error)))
      return wrong(fmt::format("'{}' in it is neither a file nor a folder.", printable(name)));
    const auto put = one.is_directory(error) ? out.begin(name, true, false, 0) : copy_file(one.path(), name, out);
    if (!put) return put;
  }
  return out.close();
}

}  // namespace cloison::node
