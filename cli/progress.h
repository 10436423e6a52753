#pragma once
// Shows an operation under way: redrawn lines on a terminal, plain lines in a pipe, JSON lines with --json.

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "cli/console.h"
#include "core/model/events.h"

namespace cloison::cli {

class Progress final : public EventSink {
 public:
  explicit Progress(Console& console);
  ~Progress() override;
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void on(const Event& event) noexcept override;
  /// Clears what is redrawn; nothing is shown from then on.
  void end();

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Running {
    std::string text{};
    Time since{};
    std::string doing{};
  };

  struct NodesRead {
    std::size_t nodes = 0, objects = 0;
    std::chrono::milliseconds longest{};
  };

  void show(const Event& event);
  void tell_nodes();
  void tick(const std::stop_token& stop);
  void write(const std::string& line);
  void clear();
  void draw();
  void still_running();
  [[nodiscard]] std::string counter() const;

  void at(const ReadStarted& event);
  void at(const ReadFinished& event);
  void at(const ApplyStarted& event);
  void at(const StepStarted& event);
  void at(const StepProgress& event);
  void at(const StepFinished& event);
  void at(const StepFailed& event);
  void at(const StepSkipped& event);
  void at(const Noted& event);
  void at(const Recovered& event);
  void at(const ApplyFinished& event);

  Console& console_;
  const bool live_;   // redraw
  const bool plain_;  // lines
  std::mutex mutex_{};
  std::condition_variable_any wake_{};
  std::map<uint32_t, Running> running_{};
  std::map<std::string, NodesRead> nodes_read_{};  // by entry
  std::size_t steps_ = 0, done_ = 0, failed_ = 0, skipped_ = 0;
  std::size_t drawn_ = 0;  // lines on the screen
  Time last_line_{};
  std::jthread ticker_{};
};

/// The event as a line of --json.
[[nodiscard]] JsonLine event_json(const Event& event);

}  // namespace cloison::cli
