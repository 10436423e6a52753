#pragma once
// One simulated account: world and database together, under one lock. Every change is durable before it is answered.

#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/model/provider.h"
#include "providers/sandbox/database.h"
#include "providers/sandbox/known.h"
#include "providers/sandbox/rules.h"
#include "providers/sandbox/simulate.h"
#include "providers/sandbox/world.h"

namespace cloison::sandbox {

/// Thread-safe; several simulators, in several processes too, may share a database.
class Simulator {
 public:
  struct Wanted {
    std::string kind{};
    Value attributes{};
    std::string marker{};
    std::string key{};      // what the id is derived from, with how often it was used before
    std::string project{};  // "" = ours
  };

  [[nodiscard]] static Result<std::unique_ptr<Simulator>> open(std::shared_ptr<const Provider> real,
                                                               const SandboxOptions& options);

  /// Ours when `project` is ""; the foreign ones of that name otherwise. Sorted by id. Who only reads a large account
  /// does not pay for the indices of the world.
  [[nodiscard]] Result<std::vector<Object>> objects(std::span<const std::string> kinds,
                                                    const std::string& project = {});
  /// Each by itself refused or made; all in one transaction.
  [[nodiscard]] std::vector<Result<Object>> create(std::span<const Wanted> wanted);
  /// `believed_revision` empty: whatever it is now.
  [[nodiscard]] Result<Object> update(const std::string& kind, const std::string& id, const Value& desired,
                                      std::optional<int64_t> believed_revision);
  /// Already gone, or never ours, is success.
  [[nodiscard]] Result<void> remove(const std::string& kind, const std::string& id);
  /// Without asking any rule: somebody else's hand, or a fault of the platform. Dangling references may stay.
  [[nodiscard]] Result<void> remove_by_force(const std::string& id);
  [[nodiscard]] Result<Object> set_by_force(const std::string& id, const std::string& attribute, Value value);
  [[nodiscard]] Result<std::optional<Object>> find(const std::string& id);
  struct Touched {
    std::string marker{};           // of the object itself
    std::vector<Object> objects{};  // what goes with it or stands in its way
  };
  [[nodiscard]] Result<Touched> touched(const std::string& kind, const std::string& id);
  [[nodiscard]] Result<std::vector<Quota>> quotas();
  [[nodiscard]] Result<void> set_quota(const std::string& name, int64_t allowed);
  [[nodiscard]] const Facts& facts() const { return facts_; }
  [[nodiscard]] std::span<const KindSchema> kinds() const { return world_.kinds(); }

 private:
  Simulator(std::shared_ptr<const Provider> real, std::unique_ptr<Database> database);
  [[nodiscard]] Result<void> refresh();
  /// Reads the database: quotas and what is used of them, and gives every object away.
  [[nodiscard]] Result<void> read_all(uint64_t version, const std::function<void(Object)>& take);
  /// Runs `change` inside a transaction; an error of it, or of the database, leaves everything as it was.
  [[nodiscard]] Result<void> write(const std::function<Result<void>()>& change);
  [[nodiscard]] Result<Object> create_one(const Wanted& wanted);
  [[nodiscard]] Result<Object> keep(Object object);
  [[nodiscard]] Result<void> drop(const std::string& id);
  [[nodiscard]] Result<void> carry_out(const Removal& removal);
  [[nodiscard]] std::optional<Diagnostic> refused_quota(const Object& wanted);
  [[nodiscard]] std::map<std::string, int64_t> needs(const Object& object) const;
  void count(const Object& object, int64_t sign);
  /// An object of ours and of that kind, or nullptr.
  [[nodiscard]] const Object* ours(const std::string& kind, const std::string& id) const;

  std::shared_ptr<const Provider> real_;
  std::string account_;
  Facts facts_;
  Known known_;
  std::mutex mutex_{};
  std::unique_ptr<Database> database_;
  World world_;
  Simulation simulation_{};
  std::optional<uint64_t> version_{};  // of what `world_` holds; none: read it anew
  std::optional<uint64_t> counted_{};  // of what `used_` and `allowed_` hold
  bool changed_ = false;               // in the running transaction
  std::map<std::string, int64_t> used_{}, allowed_{};
};

}  // namespace cloison::sandbox
