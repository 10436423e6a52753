#pragma once
// A small world for engine tests: one platform, one state, and what an operation does with them; and random topologies.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/apply/executor.h"
#include "core/plan/planner.h"
#include "core/state/memory_store.h"
#include "tests/support/fake_provider.h"

namespace cloison::test {

/// A store whose process dies around one commit: nothing is committed from then on.
class MortalStore final : public state::StateStore {
 public:
  explicit MortalStore(state::StateStore& inner) : inner_(&inner) {}
  /// Dies at the n-th commit from now (1 = the next), before or after it became durable. 0: never.
  void die_at(std::size_t commit, bool before) {
    left_ = commit;
    before_ = before;
    dead_ = false;
  }
  [[nodiscard]] bool dead() const { return dead_; }
  [[nodiscard]] Result<Snapshot> load() override { return inner_->load(); }
  [[nodiscard]] Result<std::vector<state::StepIntent>> open_intents() override { return inner_->open_intents(); }
  [[nodiscard]] Result<std::vector<state::OperationStarted>> open_operations() override {
    return inner_->open_operations();
  }
  [[nodiscard]] Result<std::unique_ptr<state::StateLock>> lock(const state::LockInfo& who,
                                                               const std::set<std::string>& scopes,
                                                               std::chrono::milliseconds wait) override {
    return inner_->lock(who, scopes, wait);
  }
  [[nodiscard]] Result<std::vector<uint64_t>> commit(state::StateLock& lock, const state::Batch& batch) override;
  [[nodiscard]] Result<std::vector<state::LogEntry>> log(uint64_t from, std::size_t limit) override {
    return inner_->log(from, limit);
  }
  [[nodiscard]] Result<std::optional<state::LogEntry>> newest_before(std::string_view kind, uint64_t number) override {
    return inner_->newest_before(kind, number);
  }
  [[nodiscard]] Result<uint64_t> count_operations() override { return inner_->count_operations(); }
  [[nodiscard]] Result<state::LogCheck> verify_log() override { return inner_->verify_log(); }
  [[nodiscard]] Result<Snapshot> at(uint64_t serial) override { return inner_->at(serial); }
  [[nodiscard]] Result<std::string> sealed(std::string_view bytes) override { return inner_->sealed(bytes); }
  [[nodiscard]] std::string location() const override { return inner_->location(); }
  std::size_t commits = 0;
  std::vector<state::Batch> batches{};
  std::function<void(state::Batch&)> rewrite{};  // what is committed, before it is

 private:
  state::StateStore* inner_;
  std::size_t left_ = 0;
  bool before_ = false, dead_ = false;
};

class Recorder final : public EventSink {
 public:
  void on(const Event& event) noexcept override { events.push_back(event); }
  template <class T>
  [[nodiscard]] std::vector<T> all() const {
    std::vector<T> found;
    for (const Event& event : events) {
      if (const T* one = std::get_if<T>(&event)) found.push_back(*one);
    }
    return found;
  }
  std::vector<Event> events{};
};

class World {
 public:
  World();
  /// What cloison would plan now; the whole platform is read unless `refresh` is false.
  [[nodiscard]] Checked<Plan> plan(std::vector<Resource> desired, bool refresh = true);
  [[nodiscard]] plan::PlanInput input(std::vector<Resource> desired, bool refresh = true);
  [[nodiscard]] Result<apply::ApplyResult> apply(const Plan& plan);
  [[nodiscard]] Result<std::size_t> recover();
  /// Plan and apply; true when every step was done.
  [[nodiscard]] bool reach(const std::vector<Resource>& desired);
  [[nodiscard]] Snapshot snapshot();

  std::shared_ptr<FakePlatform> platform = std::make_shared<FakePlatform>();
  Providers providers{};
  std::unique_ptr<state::StateStore> inner;
  MortalStore store;
  std::unique_ptr<state::StateLock> lock;
  apply::ApplyOptions options{};
  Clock clock{};
  Recorder events{};

 private:
  Snapshot snapshot_{};
  int operations_ = 0;
};

/// A topology drawn from a small space, so that two draws differ in every way a topology can change.
[[nodiscard]] std::vector<Resource> draw_topology(uint64_t seed);
/// Why the platform and the state are not exactly what `desired` says; "" when they are.
[[nodiscard]] std::string difference(World& world, const std::vector<Resource>& desired);
/// CLOISON_PROPERTY_CASES, or `otherwise`.
[[nodiscard]] int property_cases(int otherwise);

}  // namespace cloison::test
