#pragma once
// One accepted TCP connection: what arrived and is not used yet, and sending.

#include <string>
#include <string_view>

#include "tests/deploy/gateway/stopping.h"

namespace cloison::deploy_test {

class Connection {
 public:
  /// `socket` does not block.
  Connection(Descriptor socket, const Stopping& stopping) : socket_(std::move(socket)), stopping_(stopping) {}

  /// Received and not yet used.
  std::string input;

  /// Waits and appends to `input`; false when the far end closed, the connection failed or the time is over.
  [[nodiscard]] bool receive(Waiting waiting, Time deadline = Time::max());
  [[nodiscard]] bool send(std::string_view bytes);
  /// Closes so that the far end still reads the last answer: with unread bytes a plain close would send a reset, and
  /// that takes the answer with it.
  void finish();

 private:
  Descriptor socket_;
  const Stopping& stopping_;
};

}  // namespace cloison::deploy_test
