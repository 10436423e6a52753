#include "core/apply/workers.h"

#include <condition_variable>
#include <deque>
#include <mutex>

namespace cloison::apply {

struct Workers::Shared {
  std::mutex mutex{};
  std::condition_variable jobs_changed{}, answers_changed{};
  std::deque<std::function<Answer()>> jobs{};
  std::vector<Answer> answers{};
  std::size_t idle = 0;
  bool closing = false;
  bool woken = false;
};

Workers::Workers(std::size_t most) : most_(most), shared_(std::make_shared<Shared>()) {}

Workers::~Workers() {
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->closing = true;
  }
  shared_->jobs_changed.notify_all();
}

void Workers::work(const std::shared_ptr<Shared>& shared) {
  std::unique_lock lock(shared->mutex);
  while (true) {
    ++shared->idle;
    shared->jobs_changed.wait(lock, [&] { return shared->closing || !shared->jobs.empty(); });
    --shared->idle;
    if (shared->jobs.empty()) return;
    auto job = std::move(shared->jobs.front());
    shared->jobs.pop_front();
    lock.unlock();
    Answer answer = job();
    job = {};
    lock.lock();
    shared->answers.push_back(std::move(answer));
    shared->answers_changed.notify_one();
  }
}

void Workers::start(std::function<Answer()> job) {
  bool more = false;
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->jobs.push_back(std::move(job));
    more = shared_->jobs.size() > shared_->idle && threads_.size() < most_;
  }
  if (more) threads_.emplace_back([shared = shared_] { work(shared); });
  shared_->jobs_changed.notify_one();
}

std::vector<Answer> Workers::wait(std::chrono::steady_clock::time_point until) {
  std::unique_lock lock(shared_->mutex);
  const auto something = [&] { return shared_->woken || !shared_->answers.empty(); };
  // The largest time point overflows inside some implementations of wait_until.
  if (until == std::chrono::steady_clock::time_point::max())
    shared_->answers_changed.wait(lock, something);
  else
    shared_->answers_changed.wait_until(lock, until, something);
  shared_->woken = false;
  return std::exchange(shared_->answers, {});
}

void Workers::wake() {
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->woken = true;
  }
  shared_->answers_changed.notify_one();
}

void Workers::abandon() {
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->jobs.clear();
  }
  for (std::jthread& thread : threads_) thread.detach();
  threads_.clear();
}

}  // namespace cloison::apply
