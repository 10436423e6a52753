#pragma once
// A folder of its own for each test of the SQLite store.

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "core/base/digest.h"
#include "core/state/sqlite_store.h"

namespace cloison::test {

class StateFolder {
 public:
  StateFolder() : root_(base() / ("cloison-state-" + random_hex(8))) { std::filesystem::create_directory(root_); }
  StateFolder(const StateFolder&) = delete;
  StateFolder& operator=(const StateFolder&) = delete;
  ~StateFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }

  [[nodiscard]] std::filesystem::path file() const { return root_ / ".cloison" / "state.db"; }
  [[nodiscard]] std::filesystem::path beside(const std::string& suffix) const { return file().string() + suffix; }
  [[nodiscard]] state::SqliteOptions options() const { return {.file = file()}; }
  /// Makes an empty state; the store is open.
  [[nodiscard]] std::unique_ptr<state::StateStore> made() const {
    auto creating = options();
    creating.create = true;
    return opened(creating);
  }
  [[nodiscard]] std::unique_ptr<state::StateStore> opened() const { return opened(options()); }
  [[nodiscard]] std::unique_ptr<state::StateStore> opened(const state::SqliteOptions& options) const {
    auto store = state::open_sqlite(options);
    EXPECT_TRUE(store.has_value()) << store.error().summary << ' ' << store.error().detail;
    return store ? *std::move(store) : nullptr;
  }

 private:
  /// In memory where there is such a place: these tests sync thousands of times.
  [[nodiscard]] static std::filesystem::path base() {
    const std::filesystem::path memory = "/dev/shm";
    return std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path();
  }
  std::filesystem::path root_;
};

[[nodiscard]] inline std::string content_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void write_content(const std::filesystem::path& file, const std::string& content) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << content;
}

}  // namespace cloison::test
