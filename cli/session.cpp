#include "cli/session.h"

#include "core/base/strings.h"

namespace cloison::cli {

ContextOrError context_of(const Arguments& arguments, const Session& session, EventSink& events) {
  ContextOrError result;
  auto& context = result.context;
  context.topology.path = arguments.topology;
  for (const auto& file : arguments.overlays) context.topology.overlays.emplace_back(file);
  context.state = arguments.state;
  context.sandbox.on = arguments.sandbox;
  // Where all there are were named, none is real: that is the whole sandbox, which opens no socket.
  if (!arguments.real.empty() || arguments.simulated.empty())
    context.sandbox.providers.insert(arguments.sandbox_providers.begin(), arguments.sandbox_providers.end());
  context.clock = session.clock;
  context.providers = session.providers;
  context.events = &events;
  context.stop_new = session.stop_new;
  context.stop_waiting = session.stop_waiting;
  if (const auto wait = parse_duration(arguments.lock_timeout))
    context.lock_timeout = *wait;
  else
    result.error = "--lock-timeout takes a duration such as 30s or 5m";
  if (!arguments.call_timeout.empty()) {
    const auto longest = parse_duration(arguments.call_timeout);
    if (longest && longest->count() > 0)
      context.call_timeout = *longest;
    else
      result.error = "--call-timeout takes a duration such as 30s or 10m, and not 0";
  }
  context.pace = session.pace;
  context.parallelism = arguments.parallelism;
  context.locked = arguments.locked;
  context.strict = arguments.strict;
  context.refresh = !arguments.no_refresh;
  context.environments.insert(arguments.environments.begin(), arguments.environments.end());
  context.targets = arguments.targets;
  context.replace = arguments.replace;
  context.command = arguments.command + (arguments.topology == "." ? "" : " -t " + arguments.topology) +
                    (arguments.sandbox ? " --sandbox" : "") +
                    (arguments.real.empty() ? "" : "=" + join(arguments.simulated, ","));
  context.version = session.version;
  context.ticket = arguments.ticket;
  context.approved_by = arguments.approved_by;
  context.fail_on.insert(arguments.fail_on.begin(), arguments.fail_on.end());
  for (const auto& text : arguments.overrides) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0 || trimmed(text.substr(equals + 1)).empty())
      result.error = "--override takes a guarantee and why it may be broken: --override \"G-1=REASON\"";
    else
      context.overrides.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return result;
}

int exit_status(ops::Ending ending) {
  switch (ending) {
    case ops::Ending::done:
    case ops::Ending::declined:
      return 0;
    case ops::Ending::refused:
      return 1;
    case ops::Ending::differs:
      return 2;
    case ops::Ending::policy:
      return 3;
    case ops::Ending::locked:
      return 4;
    case ops::Ending::partly:
      return 5;
    case ops::Ending::cancelled:
      return 130;
  }
  return 1;
}

}  // namespace cloison::cli
