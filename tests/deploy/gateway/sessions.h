#pragma once
// Connections, each served by a thread of its own: several hundred at once are cheap enough, and the code reads
// straight on.

#include <list>
#include <thread>

#include "tests/deploy/gateway/site.h"

namespace cloison::deploy_test {

enum class Protocol { http, mllp };

class Sessions {
 public:
  Sessions(Site& site, const Stopping& stopping) : site_(site), stopping_(stopping) {}

  /// Serves the connection; closes it when no thread can be had.
  void begin(Descriptor socket, Protocol protocol);
  /// Joins those that have ended.
  void tidy();
  /// Joins all of them: at most as long as the grace lasts.
  void finish() { sessions_.clear(); }

 private:
  struct Session {
    std::atomic<bool> ended = false;
    std::jthread thread{};
  };
  Site& site_;
  const Stopping& stopping_;
  std::list<Session> sessions_;
};

}  // namespace cloison::deploy_test
