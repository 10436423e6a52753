#include <fmt/format.h>

#include "tests/deploy/common/options.h"
#include "tests/deploy/load/run.h"

namespace cloison::deploy_test {

namespace {

milliseconds time_of(const Options& options, std::string_view name, std::int64_t otherwise) {
  return milliseconds(options.number(name, 0, 3'600'000, otherwise));
}

unsigned count_of(const Options& options, std::string_view name, unsigned most, unsigned otherwise) {
  return static_cast<unsigned>(options.number(name, 0, most, otherwise));
}

/// The far end of either protocol.
Target target(const Options& options, const HostPort& at, const TlsContext& tls) {
  Target made{.address = resolved(at.host, at.port), .tls = tls, .server_name = options.text("server-name", at.host)};
  if (options.has("source")) made.source = resolved(options.text("source"), 0);
  if (made.source && made.source->family() != made.address.family())
    throw BadUsage(fmt::format("--source: {} is of another family than {}", options.text("source"), at.host));
  return made;
}

struct Url {
  HostPort at;
  bool plain = false;
};

Url url(const std::string& text) {
  Url found{.at = {}, .plain = text.starts_with("http://")};
  if (!found.plain && !text.starts_with("https://")) throw BadUsage("--url https://HOST:PORT or http://HOST:PORT");
  auto rest = std::string_view(text).substr(text.find("//") + 2);
  if (rest.ends_with('/')) rest.remove_suffix(1);
  found.at = host_port(rest, found.plain ? 80 : 443);
  return found;
}

}  // namespace

Plan read_plan(int argc, char** argv) {
  const Options options(
      argc, argv,
      {"url", "ca", "requests", "concurrency", "kept", "slow-share", "slow-ms", "pause-ms", "timeout-ms",
       "duration-at-least", "mllp", "mllp-sessions", "mllp-interval-ms", "server-name", "source"},
      {"http", "mllp-tls", "progress"});
  constexpr unsigned k_most_clients = 1000;
  Plan plan;
  plan.requests = static_cast<std::uint64_t>(options.number("requests", 0, 1'000'000'000, 20'000));
  plan.clients = options.has("url") ? count_of(options, "concurrency", k_most_clients, 32) : 0;
  plan.kept = count_of(options, "kept", k_most_clients, plan.clients / 2);
  if (plan.kept > plan.clients) throw BadUsage("--kept: more than --concurrency");
  plan.slow_share = options.share("slow-share", 0.02);
  plan.slow = milliseconds(options.number("slow-ms", 0, 60'000, 3'000));
  plan.pause = time_of(options, "pause-ms", 0);
  plan.timeout = time_of(options, "timeout-ms", 10'000);
  plan.at_least = std::chrono::seconds(options.number("duration-at-least", 0, 86'400, 0));
  plan.progress = options.has("progress");

  const auto found = options.has("url") ? url(options.text("url")) : Url{.at = {}, .plain = true};
  const bool plain = found.plain || options.has("http"), mllp_tls = options.has("mllp-tls");
  TlsContext tls;
  if (!plain || mllp_tls) tls = tls_context(options.text("ca"));
  if (plan.clients > 0) {
    plan.http = target(options, found.at, plain ? nullptr : tls);
    plan.host =
        options.text("server-name",
                     found.at.host.find(':') == std::string::npos ? found.at.host : fmt::format("[{}]", found.at.host));
  }
  if (options.has("mllp")) {
    plan.mllp = target(options, host_port(options.text("mllp")), mllp_tls ? tls : nullptr);
    plan.sessions = count_of(options, "mllp-sessions", k_most_clients, 20);
    plan.interval = time_of(options, "mllp-interval-ms", 100);
  }
  if (plan.clients == 0 && plan.sessions == 0) throw BadUsage("--url or --mllp is missing");
  return plan;
}

}  // namespace cloison::deploy_test
