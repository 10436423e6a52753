#pragma once
// What is driven, and the threads that drive it.

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "tests/deploy/load/results.h"

namespace cloison::deploy_test {

struct Plan {
  Target http{};
  std::string host{};  // of the header
  std::uint64_t requests = 0;
  unsigned clients = 0, kept = 0;  // of the clients, those that keep their connection
  double slow_share = 0;
  milliseconds slow{}, pause{}, timeout{};
  std::chrono::seconds at_least{};
  std::optional<Target> mllp{};
  unsigned sessions = 0;
  milliseconds interval{};
  bool progress = false;
};

/// Throws BadUsage.
[[nodiscard]] Plan read_plan(int argc, char** argv);

/// How far a run has come.
class Run {
 public:
  Run(const Plan& plan, Results& results) : plan_(plan), results_(results), until_(Clock::now() + plan.at_least) {}

  [[nodiscard]] const Plan& plan() const { return plan_; }
  [[nodiscard]] Results& results() const { return results_; }
  /// Whether another request is to be made, which is then counted as begun.
  [[nodiscard]] bool another() {
    if (over_ || enough()) {
      results_.winding_down();
      return false;
    }
    ++begun_;
    return true;
  }
  /// Whether a client may make a slow request now: at most half of those of its kind do at once, for else all of them
  /// would before long, and nothing would tell an outage from that. The place is the client's for as long as it keeps
  /// it.
  struct LeaveSlowPlace {
    void operator()(std::atomic<unsigned>* taken) const { --*taken; }
  };
  using SlowPlace = std::unique_ptr<std::atomic<unsigned>, LeaveSlowPlace>;
  [[nodiscard]] SlowPlace slow_place(bool keeps);
  [[nodiscard]] bool over() const { return over_; }
  /// Whether there were requests enough (where any are made) and the time is over.
  [[nodiscard]] bool enough() const {
    return (plan_.clients == 0 || begun_ >= plan_.requests) && Clock::now() >= until_;
  }
  void end() { over_ = true; }

 private:
  const Plan& plan_;
  Results& results_;
  const Time until_;
  std::atomic<std::uint64_t> begun_ = 0;
  std::atomic<unsigned> slow_kept_ = 0, slow_new_ = 0;
  std::atomic<bool> over_ = false;
};

/// One client: on one kept connection, or on a new one for each request.
void run_client(Run& run, unsigned number, bool keeps);
/// One lasting MLLP session.
void run_session(Run& run, unsigned number);

}  // namespace cloison::deploy_test
