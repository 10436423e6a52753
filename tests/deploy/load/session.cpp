// One lasting MLLP session: a message each interval, and the next one only when it was acknowledged.

#include <algorithm>
#include <thread>

#include <fmt/format.h>
#include <unistd.h>

#include "tests/deploy/common/mllp.h"
#include "tests/deploy/load/run.h"

namespace cloison::deploy_test {

namespace {

using Event = Results::Event;

constexpr std::chrono::seconds k_patience{10};  // with one message, over all sessions that it takes
constexpr milliseconds k_rest{20};              // before another session is tried

class Session {
 public:
  Session(Run& run, unsigned number) : run_(run), name_(fmt::format("session {}", number)), number_(number) {}

  /// Sends one message until it is acknowledged or lost.
  void deliver();
  /// Until then, on a session that may end meanwhile.
  void idle(Time until);

 private:
  enum class Verdict { accepted, refused };
  struct Message {
    std::string id, frame;
    Time deadline;
    bool sent = false;
  };
  Message next_message();
  bool open(Time deadline);
  Verdict exchange(Message& message);
  void ended(const Failure& failure);
  Run& run_;
  std::string name_;
  unsigned number_;
  std::uint64_t made_ = 0;
  std::optional<Connection> connection_;
  std::string received_;
};

Session::Message Session::next_message() {
  // Control ids have at most 20 characters (HL7 v2.5), and must not come again in another run.
  const auto id = fmt::format("{:x}-{}-{}", ::getpid(), number_, ++made_);
  const auto text = fmt::format(
      "MSH|^~\\&|LOAD|TEST|GATEWAY|TEST|20260101120000||ADT^A01^ADT_A01|{}|P|2.5\rEVN|A01|20260101120000\r"
      "PID|1||{}^^^TEST||Doe^Jane\r",
      id, made_);
  return {.id = id, .frame = mllp::framed(text), .deadline = Clock::now() + k_patience};
}

void Session::ended(const Failure& failure) {
  connection_.reset();
  received_.clear();
  run_.results().count(Event::session_ended);
  run_.results().mention(name_, failure);
}

bool Session::open(Time deadline) {
  try {
    connection_.emplace(*run_.plan().mllp, deadline);
    run_.results().count(Event::session_opened);
    return true;
  } catch (const Failure& failure) {
    run_.results().count(Event::session_refused);
    run_.results().mention(name_, failure);
    std::this_thread::sleep_for(k_rest);
    return false;
  }
}

/// Throws Failure when the session ended, or at the message's deadline.
Session::Verdict Session::exchange(Message& message) {
  run_.results().count(message.sent ? Event::message_resent : Event::message_sent);
  message.sent = true;
  connection_->send(message.frame, message.deadline);
  for (;;) {
    while (const auto answer = mllp::take(received_)) {
      // A late acknowledgement of a message that was given up is nobody's.
      if (mllp::field(*answer, "MSA", 2) != message.id) continue;
      return mllp::field(*answer, "MSA", 1) == "AA" ? Verdict::accepted : Verdict::refused;
    }
    if (!connection_->receive(received_, message.deadline)) throw Failure("session ended", connection_->ending());
  }
}

void Session::deliver() {
  auto message = next_message();
  const auto first_sent = Clock::now();
  auto why = Failure("lost", "not acknowledged in time");
  while (Clock::now() < message.deadline) {
    if (!connection_ && !open(message.deadline)) continue;
    try {
      if (exchange(message) == Verdict::accepted) return run_.results().acknowledged(first_sent);
      why = Failure("lost", "refused");
      break;
    } catch (const Failure& failure) {
      if (failure.kind == "timeout") break;
      ended(failure);
      std::this_thread::sleep_for(k_rest);  // a load balancer without a server accepts and closes at once
    }
  }
  run_.results().count(Event::message_lost);
  run_.results().mention(name_, why);
}

void Session::idle(Time until) {
  while (connection_) {
    connection_->idle(until);
    const auto state = connection_->idle_state();
    if (state == Idle::closed) ended(Failure("session ended between messages", "nothing was underway"));
    // The late acknowledgement of a message that was given up. It is there, so this does not wait.
    if (state == Idle::bytes && !connection_->receive(received_, Clock::now() + k_patience))
      ended(Failure("session ended between messages", connection_->ending()));
    if (Clock::now() >= until) return;
  }
  std::this_thread::sleep_until(until);
}

}  // namespace

void run_session(Run& run, unsigned number) {
  Session session(run, number);
  // Sessions begin spread over one interval, as independent devices would.
  auto due = Clock::now() + run.plan().interval * number / std::max(1U, run.plan().sessions);
  while (!run.over()) {
    session.idle(due);
    if (run.over()) break;
    session.deliver();
    due = std::max(due + run.plan().interval, Clock::now());  // no burst after an outage
  }
}

}  // namespace cloison::deploy_test
