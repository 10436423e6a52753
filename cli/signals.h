#pragma once
// SIGINT and SIGTERM while something is being changed (engine decision 18).

#include <functional>
#include <stop_token>
#include <string_view>
#include <thread>

namespace cloison::cli {

/// From `begin` on: the first signal starts no new step, the second stops waiting, the third ends the process as if it
/// had been killed, which the state survives. Before that, signals end the process at once.
class Signals {
 public:
  explicit Signals(std::function<void(std::string_view)> say) : say_(std::move(say)) {}
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  void begin();
  [[nodiscard]] std::stop_token stop_new() const { return stop_new_.get_token(); }
  [[nodiscard]] std::stop_token stop_waiting() const { return stop_waiting_.get_token(); }

 private:
  void wait(const std::stop_token& done);

  std::function<void(std::string_view)> say_;
  std::stop_source stop_new_{}, stop_waiting_{};
  std::jthread waiter_{};
};

}  // namespace cloison::cli
