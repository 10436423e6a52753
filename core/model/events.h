#pragma once
// What happens during an operation, for whoever shows or keeps it: terminal, plain lines, JSON lines.

#include <chrono>
#include <cstdint>
#include <string>
#include <variant>

#include "core/base/diagnostic.h"
#include "core/model/plan.h"

namespace cloison {

/// Reading a provider: "Reading cloud (ovh-gra, 214 objects in 3 lists)".
struct ReadStarted {
  std::string provider{};
};
struct ReadFinished {
  std::string provider{}, account{};
  std::size_t objects = 0, lists = 0;
  std::chrono::milliseconds took{};
};
struct ApplyStarted {
  std::size_t steps = 0;
};
struct StepStarted {
  uint32_t step = 0;
  Step::Verb verb{};
  std::string address{}, kind{};
};
struct StepFinished {
  uint32_t step = 0;
  Step::Verb verb{};
  std::string address{}, kind{}, remote_id{};
  std::chrono::milliseconds took{};
  std::string told{};  // `Applied::told`
};
struct StepFailed {
  uint32_t step = 0;
  Step::Verb verb{};
  std::string address{}, kind{};
  Diagnostic why{};
};
/// Not tried, because something it depends on failed or the run was stopped.
struct StepSkipped {
  uint32_t step = 0;
  Step::Verb verb{};
  std::string address{}, kind{}, because{};
};
/// A step waits or is tried again: throttled, in doubt, building.
struct StepProgress {
  uint32_t step = 0;
  std::string address{}, what{};
};
struct Noted {
  Diagnostic note{};
};
/// What a former run left in doubt was looked at and settled.
struct Recovered {
  std::string address{}, what{};
};
struct ApplyFinished {
  std::size_t done = 0, failed = 0, skipped = 0;
  std::chrono::milliseconds took{};
};

using Event = std::variant<ReadStarted, ReadFinished, ApplyStarted, StepStarted, StepProgress, StepFinished, StepFailed,
                           StepSkipped, Noted, Recovered, ApplyFinished>;

class EventSink {
 public:
  virtual ~EventSink() = default;
  /// Called from one thread at a time; must not block for long.
  virtual void on(const Event& event) noexcept = 0;

 protected:
  EventSink() = default;
  EventSink(const EventSink&) = default;
  EventSink& operator=(const EventSink&) = default;
};

class SilentSink final : public EventSink {
 public:
  void on(const Event& event) noexcept override { (void)event; }
};

}  // namespace cloison
