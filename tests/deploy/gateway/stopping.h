#pragma once
// How every thread learns that the gateway stops, and how long it may still wait for something.

#include <atomic>

#include "tests/deploy/common/clock.h"
#include "tests/deploy/common/descriptor.h"

namespace cloison::deploy_test {

/// What a thread waits for decides how long that may take once the gateway stops.
enum class Waiting {
  for_request,  // a kept connection: a last request may be on its way, so a moment longer
  for_message,  // an MLLP session between messages: only for what has already arrived
  underway,     // the rest of something begun: as long as the grace lasts
};

class Stopping {
 public:
  Stopping(milliseconds grace, milliseconds idle_grace);

  /// Once, by one thread.
  void begin();
  [[nodiscard]] bool begun() const { return begun_at_.load() != Time::max(); }

  /// Whether the descriptor became ready before the deadline and before the end of that kind of waiting.
  [[nodiscard]] bool ready(int descriptor, short events, Waiting waiting, Time deadline = Time::max()) const;
  /// Sleeps that long; false when the grace ended first.
  [[nodiscard]] bool pause(milliseconds time) const;

 private:
  [[nodiscard]] Time end(Waiting waiting) const;
  milliseconds grace_, idle_grace_;
  Descriptor event_;
  std::atomic<Time> begun_at_ = Time::max();
};

}  // namespace cloison::deploy_test
