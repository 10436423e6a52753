#pragma once
// The simulator's SQLite file: objects of one or several accounts, mode 0600, WAL. Several processes may hold it open.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "providers/sandbox/sandbox.h"

struct sqlite3;
struct sqlite3_stmt;

namespace cloison::sandbox {

struct StoredObject {
  std::string id, kind;
  std::string attributes;  // JSON form of core/model/value_json.h
  std::string marker;      // as create wrote it, or ""
  std::string project;     // "" = ours
};

/// The same in the database's own memory, until the next one is read.
struct ObjectView {
  std::string_view id, kind, attributes, marker, project;
};

/// Not thread-safe: the simulator holds one mutex around it. Every error of it is CL5520, CL5521 or CL5522.
class Database {
 public:
  /// Makes the file when there is none. `seed` is written then and otherwise ignored.
  [[nodiscard]] static Result<std::unique_ptr<Database>> open(const std::filesystem::path& file, Durability durability,
                                                              uint64_t seed);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Takes the write lock, waiting at most ten seconds for another process.
  [[nodiscard]] Result<void> begin();
  [[nodiscard]] Result<void> commit();
  void roll_back() noexcept;

  [[nodiscard]] uint64_t seed() const { return seed_; }
  /// Grows with each commit that changed this account, whoever made it.
  [[nodiscard]] Result<uint64_t> version(const std::string& account);
  /// All objects in order of their ids, until `take` fails.
  [[nodiscard]] Result<void> for_each_object(const std::string& account,
                                             const std::function<Result<void>(const ObjectView&)>& take);
  [[nodiscard]] Result<std::map<std::string, int64_t>> quotas(const std::string& account);

  // Inside begin … commit.
  [[nodiscard]] Result<void> put(const std::string& account, const StoredObject& object);
  [[nodiscard]] Result<void> erase(const std::string& account, const std::string& id);
  [[nodiscard]] Result<void> grow_version(const std::string& account);
  /// How many objects were ever made under this key, this one included.
  [[nodiscard]] Result<uint64_t> next_birth(const std::string& account, std::string_view key);
  [[nodiscard]] Result<void> set_quota(const std::string& account, const std::string& name, int64_t allowed);

 private:
  struct Statement;
  explicit Database(std::filesystem::path file) : file_(std::move(file)) {}
  [[nodiscard]] Result<void> prepare_file(Durability durability, uint64_t seed);
  [[nodiscard]] Result<void> execute(const char* sql);
  /// Prepared once per text and kept.
  [[nodiscard]] Result<sqlite3_stmt*> statement(const char* sql);
  [[nodiscard]] Result<void> run(const char* sql, std::initializer_list<std::string_view> texts,
                                 std::optional<int64_t> number = {});
  [[nodiscard]] Result<std::optional<int64_t>> ask(const char* sql, std::initializer_list<std::string_view> texts);
  [[nodiscard]] Diagnostic broken(std::string_view doing) const;

  std::filesystem::path file_;
  sqlite3* handle_ = nullptr;
  uint64_t seed_ = 1;
  std::map<const char*, sqlite3_stmt*> statements_{};
};

}  // namespace cloison::sandbox
