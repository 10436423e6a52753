#include "tests/deploy/gateway/stopping.h"

#include <array>
#include <cerrno>
#include <system_error>

#include <sys/eventfd.h>

namespace cloison::deploy_test {

Stopping::Stopping(milliseconds grace, milliseconds idle_grace)
    : grace_(grace), idle_grace_(std::min(grace, idle_grace)), event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!event_) throw std::system_error(errno, std::generic_category(), "eventfd");
}

void Stopping::begin() {
  begun_at_ = Clock::now();
  // Never read, so it stays ready: every thread that waits wakes up, whenever it looks.
  if (::eventfd_write(event_.get(), 1) != 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

Time Stopping::end(Waiting waiting) const {
  const auto begun_at = begun_at_.load();
  if (begun_at == Time::max() || waiting == Waiting::for_message) return begun_at;
  return begun_at + (waiting == Waiting::for_request ? idle_grace_ : grace_);
}

bool Stopping::ready(int descriptor, short events, Waiting waiting, Time deadline) const {
  for (;;) {
    const bool stops = begun();
    const auto last = std::min(deadline, stops ? end(waiting) : Time::max());
    if (stops && Clock::now() >= end(Waiting::underway)) return false;  // also where more is always there
    std::array<pollfd, 2> waited{pollfd{descriptor, events, 0}, pollfd{stops ? -1 : event_.get(), POLLIN, 0}};
    const int found = ::poll(waited.data(), waited.size(), poll_time(last));
    if (found < 0 && errno != EINTR) return false;
    if (found > 0 && waited[0].revents != 0) return true;
    if (Clock::now() >= last) return false;
  }
}

bool Stopping::pause(milliseconds time) const {
  const auto until = Clock::now() + time;
  // poll() takes no notice of a negative descriptor, so this ends by time or by the end of the grace alone.
  (void)ready(-1, 0, Waiting::underway, until);
  return Clock::now() >= until;
}

}  // namespace cloison::deploy_test
