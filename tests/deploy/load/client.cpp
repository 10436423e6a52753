// One client of HTTP: requests drawn by their shares, one after the other, each tried once.

#include <random>
#include <thread>

#include <fmt/format.h>

#include "tests/deploy/load/run.h"

namespace cloison::deploy_test {

namespace {

using Event = Results::Event;

// After a failure: an outage is then measured in requests by its time, and not by how quickly refusals come.
constexpr milliseconds k_rest{20};

class Client {
 public:
  Client(Run& run, unsigned number, bool keeps)
      : run_(run),
        keeps_(keeps),
        name_(fmt::format("{} {}", keeps ? "kept" : "new", number)),
        requests_(run.plan().host, run.plan().slow),
        draws_(number) {}

  void make_request();

 private:
  Request drawn(Run::SlowPlace& place);
  void use_open_connection(Time deadline);
  Run& run_;
  bool keeps_;
  std::string name_;
  Requests requests_;
  std::mt19937 draws_;
  std::uint64_t made_ = 0, answered_ = 0;  // in all, and on this connection
  std::optional<Connection> connection_;
};

Request Client::drawn(Run::SlowPlace& place) {
  constexpr double k_versions = 0.2, k_echoes = 0.6;  // of what is not slow: a fifth, two fifths, and the rest /health
  std::uniform_real_distribution<double> share(0, 1);
  if (share(draws_) < run_.plan().slow_share) place = run_.slow_place(keeps_);
  if (place != nullptr) return requests_.slow(!keeps_);
  const double which = share(draws_);
  if (which < k_versions) return requests_.version(!keeps_);
  if (which < k_echoes) return requests_.echo(fmt::format("{} request {}; ", name_, made_), !keeps_);
  return requests_.health(!keeps_);
}

/// A kept connection whose end is seen before a byte of the next request was sent has failed nobody. Once a byte is
/// out, nothing tells for certain what the far end saw: then a close is a failure.
void Client::use_open_connection(Time deadline) {
  if (connection_) {
    const auto state = connection_->idle_state();
    if (state == Idle::bytes) throw Failure("bytes that nobody asked for", "on an idle connection");
    if (state == Idle::quiet) return;
    run_.results().count(Event::connection_closed_while_idle);
  }
  answered_ = 0;
  connection_.emplace(run_.plan().http, deadline);
  run_.results().count(Event::connection_opened);
}

void Client::make_request() {
  Run::SlowPlace place;
  const auto request = drawn(place);
  ++made_;
  const auto& plan = run_.plan();
  const auto begun = Clock::now();
  const auto deadline = begun + plan.timeout + (request.slow ? plan.slow : milliseconds(0));
  try {
    use_open_connection(deadline);
    const auto answer = exchange(*connection_, request, deadline);
    ++answered_;
    run_.results().succeeded(request, begun, answer);
    if (keeps_ && answer.closes) run_.results().count(Event::connection_closed_as_announced);
    if (!keeps_ || answer.closes) connection_.reset();
  } catch (const Failure& failure) {
    connection_.reset();
    run_.results().failed(request, name_, answered_, failure);
    std::this_thread::sleep_for(k_rest);
  }
}

}  // namespace

Run::SlowPlace Run::slow_place(bool keeps) {
  const auto of_kind = keeps ? plan_.kept : plan_.clients - plan_.kept;
  auto& taken = keeps ? slow_kept_ : slow_new_;
  const bool free = ++taken <= (of_kind + 1) / 2;
  SlowPlace place(&taken);
  return free ? std::move(place) : nullptr;
}

void run_client(Run& run, unsigned number, bool keeps) {
  for (Client client(run, number, keeps); run.another();) {
    client.make_request();
    if (run.plan().pause > milliseconds(0)) std::this_thread::sleep_for(run.plan().pause);
  }
}

}  // namespace cloison::deploy_test
