#pragma once
// Threads that make blocking calls and hand their answers back to the one thread that owns everything else.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "core/model/provider.h"

namespace cloison::apply {

/// What one call brought; which member counts depends on the call.
struct Answer {
  uint64_t call = 0;
  std::vector<Result<Applied>> applied{};  // create, update
  std::optional<Result<void>> removed{};   // remove; absent when `cascade` must be judged first
  std::vector<Observed> cascade{};         // remove: what would go along
  std::optional<Result<std::vector<Observed>>> observed{};
};

class Workers {
 public:
  explicit Workers(std::size_t most);
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;
  /// Waits for running calls, unless abandoned.
  ~Workers();

  void start(std::function<Answer()> job);
  /// Answers since the last time; waits for one at most until then, or until `wake`.
  [[nodiscard]] std::vector<Answer> wait(std::chrono::steady_clock::time_point until);
  /// From any thread.
  void wake();
  /// Leaves running calls to themselves; they own what they use.
  void abandon();

 private:
  struct Shared;
  static void work(const std::shared_ptr<Shared>& shared);

  std::size_t most_;
  std::shared_ptr<Shared> shared_;
  std::vector<std::jthread> threads_{};
};

}  // namespace cloison::apply
