#pragma once
// What the gateway is and says: its settings, its faults, and an answer to each request and message.

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/deploy/common/options.h"
#include "tests/deploy/gateway/http.h"
#include "tests/deploy/gateway/stopping.h"

namespace cloison::deploy_test {

/// What goes wrong on purpose.
struct Faults {
  bool crash = false, mllp_silent = false;
  std::optional<std::chrono::seconds> crash_after{}, unhealthy_after{}, slow_start{};
};

struct Settings {
  std::vector<std::string> listen{};
  std::uint16_t http = 0, mllp = 0;  // 0: none
  std::chrono::seconds grace{};
  milliseconds idle_grace{};
  Faults faults{};
  std::string version{};
  std::optional<std::string> greeting{}, configuration{};  // the variable; the first line of the file
};

/// Throws BadUsage, and std::runtime_error for a file that cannot be read.
[[nodiscard]] Settings read_settings(int argc, char** argv);

class Site {
 public:
  explicit Site(Settings settings) : settings_(std::move(settings)) {}

  [[nodiscard]] const Settings& settings() const { return settings_; }
  /// May take as long as was asked for (/slow); nullopt when the grace ended before that.
  [[nodiscard]] std::optional<Answer> answer(const Request& request, const Stopping& stopping) const;
  /// The HL7 v2 acknowledgement of a message: AA, or AR when it has no control id.
  [[nodiscard]] static std::string acknowledgement(std::string_view message);

  /// For the last line of the log.
  std::atomic<std::uint64_t> requests = 0, messages = 0, cut = 0;

 private:
  [[nodiscard]] bool healthy() const;
  Settings settings_;
  Time begun_ = Clock::now();
};

}  // namespace cloison::deploy_test
