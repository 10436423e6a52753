#pragma once
// What a command is given beside its arguments: where to write, how it looks, whom to ask, and the seams to the world.

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "cli/arguments.h"
#include "cli/tampering.h"
#include "core/base/clock.h"
#include "core/base/scrubber.h"
#include "core/ops/context.h"

namespace cloison::cli {

/// How text is laid out on one stream. Colour is a second channel only.
struct Style {
  bool color = false;
  bool terminal = false;  // can be redrawn
  std::size_t width = 80;
};

struct Session {
  Style out_style{}, err_style{};
  std::function<void(std::string_view)> out{};  // standard output; every text is scrubbed
  std::function<void(std::string_view)> err{};  // standard error
  /// Reads a line from the terminal after showing `question`; absent where there is nobody to ask. nullopt: the input
  /// ended, or a signal came.
  std::function<std::optional<std::string>(std::string_view question)> ask{};
  /// From now on SIGINT and SIGTERM stop the operation between its steps instead of ending the process.
  std::function<void()> stop_gently{};
  std::function<std::optional<std::string>(const std::string&)> environment{};
  const ops::ProviderFactory* providers = nullptr;
  const Tampering* tampering = nullptr;
  std::shared_ptr<Scrubber> scrubber{};
  std::stop_token stop_new{}, stop_waiting{};
  Clock clock{};
  std::chrono::milliseconds pace{1000};  // how long a second of waiting between tries takes; less in tests only
  std::string version{}, commit{};
};

/// The operation's context as these arguments describe it. Errors are texts for the usage line.
struct ContextOrError {
  ops::Context context{};
  std::string error{};
};
[[nodiscard]] ContextOrError context_of(const Arguments& arguments, const Session& session, EventSink& events);

/// Exit statuses (docs/commands.md).
[[nodiscard]] int exit_status(ops::Ending ending);
constexpr int k_usage_status = 64;

}  // namespace cloison::cli
