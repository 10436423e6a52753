#include "cli/signals.h"

#include <csignal>
#include <ctime>

#include <unistd.h>

namespace cloison::cli {

namespace {

sigset_t watched() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGHUP);
  return set;
}

void end_by(int signal) {
  std::signal(signal, SIG_DFL);
  const sigset_t set = watched();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  ::kill(::getpid(), signal);
}

}  // namespace

Signals::~Signals() = default;

void Signals::begin() {
  if (waiter_.joinable()) return;
  const sigset_t set = watched();
  // Before any other thread is started, so that all of them inherit it and only the waiter gets the signals.
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  waiter_ = std::jthread([this](const std::stop_token& done) { wait(done); });
}

void Signals::wait(const std::stop_token& done) {
  const sigset_t set = watched();
  constexpr timespec k_slice{.tv_sec = 0, .tv_nsec = 100'000'000};
  while (!done.stop_requested()) {
    const int signal = ::sigtimedwait(&set, nullptr, &k_slice);
    if (signal < 0) continue;
    if (!stop_new_.stop_requested()) {
      stop_new_.request_stop();
      say_("\nStopping: running steps are finished, no new one is started. Once more: stop waiting for them.\n");
    } else if (!stop_waiting_.stop_requested()) {
      stop_waiting_.request_stop();
      say_("\nNo longer waiting. What is in doubt is looked at by the next run.\n");
    } else {
      end_by(signal);
      return;
    }
  }
}

}  // namespace cloison::cli
