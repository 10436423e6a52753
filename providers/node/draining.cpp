#include "providers/node/draining.h"

#include <algorithm>
#include <future>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "providers/node/report.h"
#include "providers/node/schema.h"
#include "providers/node/settings.h"

namespace cloison::node {

namespace {

Diagnostic not_told(const DrainedServer& server, const Diagnostic& why, bool out) {
  return {.kind = ErrorKind::transient,
          .code = "CL5436",
          .summary = fmt::format("balancer {} cannot be told to {} {}", printable(server.balancer),
                                 out ? "send nothing more to" : "send to", printable(server.server)),
          .detail = fmt::format("{} {}{}", why.summary, why.detail,
                                out ? " Nothing was changed." : " It comes back there by itself after some minutes."),
          .hint = fmt::format("look at {}: systemctl status cloison-app-{}", printable(server.balancer),
                              printable(server.service))};
}

int64_t ended_in(const std::string& answer) {
  const auto report = parse_report(answer);
  if (!report) return 0;
  const auto said = report->find("drained");
  return said == report->end() ? 0 : number_in<int64_t>(trimmed(said->second.text)).value_or(0);
}

}  // namespace

std::vector<DrainedServer> drained_by(std::span<const ChangeRequest> changes) {
  std::vector<DrainedServer> all;
  for (const auto& change : changes) {
    if (change.verb == ChangeRequest::Verb::create) continue;
    const bool removal = change.verb == ChangeRequest::Verb::remove;
    if ((removal ? change.now.kind : change.desired.kind) != k_service) continue;
    const Settings now(k_service, change.now.applied);
    const Settings settings(k_service, removal ? change.now.applied : change.desired.attributes);
    for (const auto& line : settings.texts("drained"))
      if (const auto words = split(line, ' '); words.size() == 4)
        all.push_back({std::string(words[0]), std::string(words[1]), std::string(words[2]), std::string(words[3]),
                       settings.number("drain").value_or(0), !now.is_set("stopped"),
                       !removal && !settings.is_set("stopped")});
  }
  return all;
}

std::vector<DrainedServer> coming_back(std::vector<DrainedServer> servers, bool changed) {
  std::erase_if(servers, [&](const DrainedServer& one) { return changed ? !one.serves : !one.served; });
  return servers;
}

std::string ended_text(int64_t sessions, const std::vector<DrainedServer>& servers) {
  if (sessions == 0) return {};
  int64_t longest = 0;
  for (const auto& one : servers) longest = std::max(longest, one.seconds);
  return fmt::format("{} {} ended, open after {} s", counted(static_cast<std::size_t>(sessions), "session"),
                     sessions == 1 ? "was" : "were", longest);
}

Result<int64_t> take_out(const std::vector<DrainedServer>& servers, const AskBalancer& ask) {
  std::vector<std::future<Result<std::string>>> answers;
  for (const auto& one : servers)
    answers.push_back(std::async(std::launch::async, [&ask, &one] {
      return ask(one.balancer, {"drain", one.service, one.backend, one.server, std::to_string(one.seconds)});
    }));
  int64_t ended = 0;
  std::optional<Diagnostic> wrong;
  for (std::size_t i = 0; i < servers.size(); ++i) {
    const auto answer = answers[i].get();
    if (answer)
      ended += ended_in(*answer);
    else if (!wrong)
      wrong = not_told(servers[i], answer.error(), true);
  }
  if (!wrong) return ended;
  (void)put_in(servers, ask);
  return fail(*std::move(wrong));
}

Result<void> put_in(const std::vector<DrainedServer>& servers, const AskBalancer& ask) {
  Result<void> done;
  for (const auto& one : servers)
    if (const auto answer = ask(one.balancer, {"ready", one.service, one.backend, one.server}); !answer && done)
      done = fail(not_told(one, answer.error(), false));
  return done;
}

}  // namespace cloison::node
