// What a service says of itself, as containers need it.

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/containers/workload.h"
#include "core/topology/load.h"
#include "core/topology/service_settings.h"
#include "core/topology/units.h"

namespace cloison::containers {

namespace {

using topology::Service;

constexpr std::size_t k_most_ports = 64;  // of one range: a Service names single ports
constexpr uint16_t k_https = 443;

/// What every system takes for the name of an environment variable.
bool is_variable(std::string_view name) {
  return !name.empty() && !is_digit(name.front()) &&
         std::all_of(name.begin(), name.end(), [](char c) { return is_letter_or_digit(c) || c == '_'; });
}

class Reading {
 public:
  Reading(const Service& service, const topology::Topology& topology, std::vector<LeftOut>& left_out)
      : service_(service), written_(service), topology_(topology), left_out_(left_out) {}

  Settings run() {
    const auto image = service_.settings.find("artifact.image");
    if (image != service_.settings.end()) settings_.image = image->second.value;
    settings_.version = text("artifact.version");
    settings_.is_public = service_.is_public && service_.is_public->value;
    const bool fetches = !text("artifact.url").empty() || service_.secrets.contains("artifact.url");
    settings_.registry_login =
        !fetches && (service_.secrets.contains("artifact.password") || service_.secrets.contains("artifact.token"));
    ports();
    settings_.arguments = written_.words("arguments");
    variables();
    files();
    user();
    probe();
    limits_and_update();
    not_taken_over();
    return std::move(settings_);
  }

 private:
  [[nodiscard]] std::string text(const std::string& key) const { return written_.text(key); }
  void leave(std::string what, std::string reason, SpanId where = 0) {
    left_out_.push_back({service_.name, {}, std::move(what), std::move(reason), where != 0 ? where : service_.span});
  }

  void ports() {
    for (const auto& word : service_.listen)
      for (const auto& match : topology::port_matches(topology_, word.value)) {
        const auto count = static_cast<std::size_t>(match.ports.last) - match.ports.first + 1;
        const bool known = match.ip_protocol == protocol::k_tcp || match.ip_protocol == protocol::k_udp ||
                           match.ip_protocol == protocol::k_sctp;
        if (!known || count > k_most_ports) {
          leave("listen",
                fmt::format("'{}' is {}; flows permit it all the same", printable(word.value),
                            known ? "a range, and ports are named one by one" : "no port"),
                word.span);
          continue;
        }
        for (std::size_t i = 0; i < count; ++i)
          settings_.ports.push_back({*match.ip_protocol, static_cast<uint16_t>(match.ports.first + i)});
      }
    std::sort(settings_.ports.begin(), settings_.ports.end());
    settings_.ports.erase(std::unique(settings_.ports.begin(), settings_.ports.end()), settings_.ports.end());
  }

  void variables() {
    constexpr std::string_view k_block = "variables.";
    const auto named = [&](const std::string& key, SpanId where) -> std::string {
      if (!key.starts_with(k_block)) return {};
      auto name = key.substr(k_block.size());
      if (is_variable(name)) return name;
      leave("variables", fmt::format("'{}' is no name of an environment variable", printable(name)), where);
      return {};
    };
    for (const auto& [key, value] : service_.settings)
      if (auto name = named(key, value.span); !name.empty()) settings_.variables.emplace(std::move(name), value.value);
    for (const auto& [key, value] : service_.secrets)
      if (auto name = named(key, value.span); !name.empty()) settings_.secret_variables.emplace(std::move(name), value);
  }

  void files() {
    for (const std::string_view key : {"certificate", "key", "ca"})
      if (const auto found = service_.secrets.find(fmt::format("tls.{}", key)); found != service_.secrets.end())
        settings_.files.push_back({fmt::format("tls-{}", key), found->second});
  }

  void user() {
    settings_.user = text("user");
    const bool number = std::all_of(settings_.user.begin(), settings_.user.end(), is_digit);
    constexpr std::size_t k_digits = 9;
    const bool root = number && settings_.user.find_first_not_of('0') == std::string::npos;
    if (settings_.user.empty() || (number && !root && settings_.user.size() <= k_digits)) return;
    leave("user",
          root ? "a container runs without root"
               : fmt::format("'{}' is no number: the image's own user is taken", printable(settings_.user)),
          service_.settings.at("user").span);
    settings_.user.clear();
  }

  /// The port that `health.tcp` names, else the first that the service listens on by TCP.
  [[nodiscard]] uint16_t probed_port() const {
    const auto matches = topology::port_matches(topology_, text("health.tcp"));
    if (!matches.empty() && matches.front().ip_protocol == protocol::k_tcp) return matches.front().ports.first;
    const auto first = std::find_if(settings_.ports.begin(), settings_.ports.end(),
                                    [](const Port& port) { return port.protocol == protocol::k_tcp; });
    return first == settings_.ports.end() ? uint16_t{0} : first->number;
  }
  void probe() {
    const auto path = text("health.http");
    if (path.empty() && text("health.tcp").empty()) return;
    Probe probe{.path = path.empty() || path.starts_with('/') ? path : '/' + path, .port = probed_port()};
    if (probe.port == 0) {
      leave("health", "it listens on no TCP port that could be asked", service_.settings.begin()->second.span);
      return;
    }
    probe.tls = probe.port == k_https || std::any_of(service_.secrets.begin(), service_.secrets.end(),
                                                     [](const auto& one) { return one.first.starts_with("tls."); });
    probe.interval = seconds("health.interval", probe.interval);
    probe.timeout = seconds("health.timeout", probe.timeout);
    probe.retries = number("health.retries", probe.retries);
    settings_.probe = probe;
  }
  [[nodiscard]] int64_t seconds(const std::string& key, int64_t otherwise) const {
    constexpr int64_t k_longest = 86'400;  // a day
    const auto written = written_.duration(key);
    return written ? std::clamp<int64_t>(written->count(), 1, k_longest) : otherwise;
  }
  [[nodiscard]] int64_t number(const std::string& key, int64_t otherwise) const {
    return written_.number(key).value_or(otherwise);
  }

  void limits_and_update() {
    settings_.max_surge = number("update.max_surge", settings_.max_surge);
    settings_.max_unavailable = number("update.max_unavailable", settings_.max_unavailable);
    if (written_.number("instances").value_or(1) > 1)
      leave("instances", "a container runs its program once: more are 'replicas:'");
    settings_.together = text("update.together") != "false";
    if (!text("update.pause").empty()) settings_.pause = seconds("update.pause", 0);
    settings_.memory = topology::parse_size(text("limits.memory")).value_or(0);
    settings_.millicores = millicores(text("limits.cpu"));
  }
  /// "2", "0.5": in thousandths, rounded up.
  static int64_t millicores(const std::string& written) {
    const auto dot = written.find('.');
    int64_t whole = 0, part = 0;
    std::from_chars(written.data(), written.data() + std::min(dot, written.size()), whole);
    if (dot != std::string::npos) {
      auto digits = written.substr(dot + 1);
      const bool more = digits.size() > 3 && digits.find_first_not_of('0', 3) != std::string::npos;
      digits.resize(3, '0');
      std::from_chars(digits.data(), digits.data() + digits.size(), part);
      part += more ? 1 : 0;
    }
    return whole * 1000 + part;
  }

  /// Keys that say how a machine's service runs, and of which a container has nothing.
  void not_taken_over() {
    struct Key {
      std::string_view key{}, reason{};
    };
    constexpr std::array k_keys{
        Key{"tls.min", "the image's own configuration decides"},
        Key{"tls.client", "the image's own configuration decides"},
        Key{"waf", "the image's own configuration decides"},
    };
    for (const auto& [key, reason] : k_keys)
      if (const auto found = service_.settings.find(std::string(key)); found != service_.settings.end())
        leave(std::string(key), std::string(reason), found->second.span);
    for (const std::string_view key : {"certificate", "key", "ca"})
      if (const auto found = service_.settings.find(fmt::format("tls.{}", key)); found != service_.settings.end())
        leave(fmt::format("tls.{}", key), "it is no reference: the image has it", found->second.span);
    if (service_.redundancy)
      leave("redundancy", "replicas share the address of their Service", service_.redundancy->span);
    if (service_.kind.value == "haproxy")
      leave("kind", "haproxy's configuration is the image's own", service_.kind.span);
  }

  const Service& service_;
  topology::ServiceSettings written_;
  const topology::Topology& topology_;
  std::vector<LeftOut>& left_out_;
  Settings settings_{};
};

}  // namespace

Settings settings_of(const Service& service, const topology::Topology& topology, std::vector<LeftOut>& left_out) {
  return Reading(service, topology, left_out).run();
}

}  // namespace cloison::containers
