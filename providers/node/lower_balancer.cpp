#include "providers/node/lower_balancer.h"

#include <fmt/format.h>

namespace cloison::node {

namespace {

/// What is asked again of another server would be asked twice: nothing is, and a server that goes is emptied first.
std::vector<std::string> common_lines(const ServiceIntent& service) {
  const auto run = "/run/cloison-app-" + service.name;
  std::vector<std::string> lines{
      "global",
      "  log stderr format short daemon",
      "  user haproxy",
      "  group haproxy",
      "  maxconn 8000",
      fmt::format("  stats socket {}/admin.sock mode 600 level admin expose-fd listeners", run),
      fmt::format("  server-state-file {}/servers", run),
      "  hard-stop-after 12h"};
  if (!service.tls.certificate.empty()) {
    const auto* least = service.tls.least == "1.2" ? "TLSv1.2" : "TLSv1.3";
    lines.push_back(fmt::format("  ssl-default-bind-options ssl-min-ver {}", least));
    if (service.tls.least == "1.2")
      lines.emplace_back(
          "  ssl-default-bind-ciphers ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
          "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256");
  }
  for (const auto* const line :
       {"defaults", "  log global", "  option dontlognull", "  retries 0", "  load-server-state-from-file global",
        "  timeout connect 5s", "  timeout client 90s", "  timeout server 90s", "  timeout http-request 10s",
        "  timeout http-keep-alive 1m", "  timeout tunnel 12h", "  timeout check 5s"})
    lines.emplace_back(line);
  return lines;
}

std::string bind_line(const ServiceIntent& service, const BalancedIntent& balanced) {
  auto line = fmt::format("  bind :::{} v4v6", balanced.listen);
  if (service.tls.certificate.empty()) return line;
  const auto folder = fmt::format("/etc/cloison/private/services/{}/", service.name);
  line += fmt::format(" ssl crt {}tls.pem", folder);
  if (!service.tls.authority.empty() && service.tls.client != "none")
    line += fmt::format(" ca-file {}clients.pem verify {}", folder,
                        service.tls.client == "required" ? "required" : "optional");
  return balanced.http ? line + " alpn h2,http/1.1" : line;
}

void add_port(const ServiceIntent& service, const BalancedIntent& balanced, std::vector<std::string>& lines) {
  const auto* mode = balanced.http ? "  mode http" : "  mode tcp";
  const auto name = fmt::format("{}_{}", balanced.service, balanced.port);
  lines.push_back(fmt::format("frontend at_{}", balanced.listen));
  lines.emplace_back(mode);
  lines.emplace_back(balanced.http ? "  option httplog" : "  option tcplog");
  lines.push_back(bind_line(service, balanced));
  if (balanced.http) {
    lines.emplace_back("  option forwardfor");
    // Else a reload closes idle connections under the requests that are on their way.
    lines.emplace_back("  option idle-close-on-response");
    if (!service.tls.certificate.empty()) lines.emplace_back("  http-request set-header X-Forwarded-Proto https");
  }
  // A message each hour is no broken connection.
  if (!balanced.http) lines.emplace_back("  timeout client 12h");
  lines.push_back("  default_backend " + name);
  lines.push_back("backend " + name);
  lines.emplace_back(mode);
  if (!balanced.http) lines.emplace_back("  timeout server 12h");
  lines.emplace_back("  balance leastconn");
  // Whether a machine is well is one thing for all its ports.
  const auto& health = balanced.health;
  const auto check = fmt::format("check inter {}s fall 3 rise 2", health.interval.count());
  if (!health.http.empty()) {
    lines.emplace_back("  option httpchk");
    lines.push_back(fmt::format("  http-check send meth GET uri {} ver HTTP/1.1 hdr Host localhost", health.http));
    lines.emplace_back("  http-check expect status 200-299");
  }
  for (const auto& [called, server] : balanced.servers) {
    const auto text = server.address.text();
    lines.push_back(fmt::format("  server {} {}:{} {}", called,
                                server.address.family == Family::ipv6 ? "[" + text + "]" : text, server.port, check));
    if (server.probed != 0 && server.probed != server.port) lines.back() += fmt::format(" port {}", server.probed);
  }
}

}  // namespace

std::vector<std::string> haproxy_lines(const ServiceIntent& service) {
  auto lines = common_lines(service);
  for (const auto& one : service.balances) add_port(service, one, lines);
  return lines;
}

}  // namespace cloison::node
