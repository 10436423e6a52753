#pragma once
// What became of all requests and messages, counted by many threads.

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "tests/deploy/load/exchange.h"

namespace cloison::deploy_test {

class Results {
 public:
  explicit Results(Time begun) : begun_(begun), last_success_(begun) {}

  void succeeded(const Request& request, Time sent, const Answer& answer);
  /// `answered`: the requests that were answered on that connection before.
  void failed(const Request& request, const std::string& by, std::uint64_t answered, const Failure& failure);
  /// From now on clients only finish what they had begun: no longer a measure of how long nothing succeeded.
  void winding_down();

  enum class Event {
    connection_opened,
    connection_closed_as_announced,
    connection_closed_while_idle,
    message_sent,
    message_resent,
    message_lost,
    session_opened,
    session_ended,
    session_refused,  // an attempt to open one
  };
  void count(Event event);
  void acknowledged(Time first_sent);
  /// What was wrong with a session or a message: said in the report, and a failure only by `message_lost`.
  void mention(const std::string& by, const Failure& failure);

  [[nodiscard]] bool all_well() const;
  [[nodiscard]] std::uint64_t requests() const;
  [[nodiscard]] std::string progress() const;  // one line
  [[nodiscard]] std::string report() const;    // one JSON object, in one line

 private:
  struct Example {
    double at = 0;
    std::string by{}, request{}, what{};
    std::uint64_t answered = 0;
  };
  struct Kind {
    std::uint64_t count = 0;
    std::vector<Example> examples;  // the first ones
  };
  using Kinds = std::map<std::string, Kind>;
  struct Version {
    std::uint64_t answers = 0;
    double first = 0, last = 0;
  };
  [[nodiscard]] double offset(Time time) const;
  void add(Kinds& kinds, const std::string& kind, Example example) const;
  void note_gap(Time until);

  mutable std::mutex mutex_;
  const Time begun_;
  Time last_success_;
  bool winding_down_ = false;
  Clock::duration longest_gap_{}, longest_acknowledgement_{};
  double longest_ms_ = 0;
  std::vector<float> fast_ms_;
  std::uint64_t succeeded_ = 0, failed_ = 0, acknowledged_ = 0;
  std::map<std::string, std::uint64_t> by_request_;
  std::map<std::string, Version> versions_;
  std::map<Event, std::uint64_t> events_;
  Kinds failures_, session_troubles_;
};

}  // namespace cloison::deploy_test
