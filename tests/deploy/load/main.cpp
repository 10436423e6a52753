// Drives requests and MLLP messages through a load balancer and says what became of each: whether a rolling update
// loses any. See tests/deploy/README.md.

#include <csignal>
#include <cstdio>
#include <ctime>
#include <exception>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "tests/deploy/common/options.h"
#include "tests/deploy/load/run.h"

namespace {

using namespace cloison::deploy_test;

/// Blocked in every thread, so that the main one takes them when it looks, and no handler is needed.
sigset_t end_signals() {
  sigset_t signals;
  ::sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT}) ::sigaddset(&signals, signal);
  (void)::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  (void)std::signal(SIGPIPE, SIG_IGN);  // TLS writes to connections that are gone
  return signals;
}

/// Waits until the run has done enough, or is told to end.
void wait(Run& run, const sigset_t& signals) {
  auto next_line = Clock::now() + std::chrono::seconds(1);
  constexpr timespec k_moment{0, 50'000'000};
  while (!run.enough() && ::sigtimedwait(&signals, nullptr, &k_moment) < 0) {
    if (!run.plan().progress || Clock::now() < next_line) continue;
    fmt::print(stderr, "{}\n", run.results().progress());
    next_line += std::chrono::seconds(1);
  }
}

int drive(const Plan& plan) {
  const auto signals = end_signals();
  Results results(Clock::now());
  Run run(plan, results);
  {
    std::vector<std::jthread> sessions, clients;
    for (unsigned i = 0; i < plan.sessions; ++i) sessions.emplace_back(run_session, std::ref(run), i);
    for (unsigned i = 0; i < plan.clients; ++i) clients.emplace_back(run_client, std::ref(run), i, i < plan.kept);
    wait(run, signals);
    run.end();  // each finishes what it has begun
  }
  fmt::print("{}\n", results.report());
  return results.all_well() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return drive(read_plan(argc, argv));
  } catch (const BadUsage& error) {
    fmt::print(stderr, "load: {}\n", error.what());
    return 64;
  } catch (const std::exception& error) {
    fmt::print(stderr, "load: {}\n", error.what());
    return 70;
  }
}
