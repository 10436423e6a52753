#include "tests/deploy/gateway/sessions.h"

#include <system_error>

#include <fmt/format.h>

#include "tests/deploy/common/mllp.h"
#include "tests/deploy/gateway/connection.h"

namespace cloison::deploy_test {

namespace {

constexpr std::size_t k_longest_message = 1U << 20U;

/// Requests one after the other, so pipelined ones are answered in their order.
void serve_http(Connection& connection, Site& site, const Stopping& stopping) {
  for (;;) {
    const auto incoming = next_request(connection);
    if (incoming.refusal) {
      (void)connection.send(answer_text(*incoming.refusal, true, "GET"));
      break;
    }
    if (!incoming.request) break;
    const auto answer = site.answer(*incoming.request, stopping);
    if (!answer) {
      ++site.cut;
      return;
    }
    // What is already here is still answered; the last answer is what announces the end.
    const bool closes = !incoming.request->keep_alive || (stopping.begun() && connection.input.empty());
    if (!connection.send(answer_text(*answer, closes, incoming.request->method))) return;
    ++site.requests;
    if (closes) break;
  }
  connection.finish();
}

void serve_mllp(Connection& connection, Site& site, const Stopping& stopping) {
  bool last = false;
  while (!last && connection.receive(connection.input.empty() ? Waiting::for_message : Waiting::underway)) {
    while (const auto message = mllp::take(connection.input)) {
      ++site.messages;
      if (site.settings().faults.mllp_silent) continue;
      if (!connection.send(mllp::framed(Site::acknowledgement(*message)))) return;
      last = stopping.begun();  // whoever sends without a pause would else keep the session to the end of the grace
    }
    if (connection.input.size() > k_longest_message) return;
  }
  connection.finish();
}

}  // namespace

void Sessions::begin(Descriptor socket, Protocol protocol) {
  auto& session = sessions_.emplace_back();
  const auto serve = [this, &session, protocol](Descriptor own) {
    {
      Connection connection(std::move(own), stopping_);
      (protocol == Protocol::http ? serve_http : serve_mllp)(connection, site_, stopping_);
    }
    session.ended = true;
  };
  try {
    session.thread = std::jthread(serve, std::move(socket));
  } catch (const std::system_error& error) {
    fmt::print(stderr, "gateway: a connection is dropped: {}\n", error.what());
    sessions_.pop_back();
  }
}

void Sessions::tidy() {
  sessions_.remove_if([](const Session& session) { return session.ended.load(); });
}

}  // namespace cloison::deploy_test
