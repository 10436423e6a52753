// Which services become workloads, where they stand and what they are called.

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/base/strings.h"
#include "core/containers/workload.h"

namespace cloison::containers {

namespace {

using topology::ResolvedHost;
using topology::Service;

constexpr std::size_t k_label = 63;  // letters of a DNS label, which a namespace and a Service are
constexpr std::size_t k_name = 53;   // so that "-registry" may follow
constexpr std::size_t k_digits = 8;

/// "lab/lyon-03.local" as a DNS label.
std::string label_of(std::string path) {
  std::replace_if(path.begin(), path.end(), [](char c) { return c == '.' || c == '/'; }, '-');
  return shortened(path, k_label, k_digits);
}

/// A Service begins with a letter.
std::string service_label(const std::string& service, const std::string& host) {
  auto name = service == host ? service : fmt::format("{}-{}", service, host);
  if (is_digit(name.front())) name = fmt::format("svc-{}", name);
  return shortened(name, k_name, k_digits);
}

/// Two that would be called alike are told apart by digests of what they are.
std::string told_apart(const std::string& name, const std::string& identity, std::size_t longest) {
  return shortened(name, longest - k_digits - 1, k_digits) + '-' + sha256_hex(identity).substr(0, k_digits);
}

class Choosing {
 public:
  explicit Choosing(const topology::Resolved& resolved) : resolved_(resolved), topology_(*resolved.topology) {
    std::map<std::string, std::vector<const std::string*>> paths;
    for (const auto& segment : resolved.segments) paths[label_of(segment.path)].push_back(&segment.path);
    for (const auto& [label, alike] : paths)
      for (const auto* path : alike)
        name_spaces_[*path] = alike.size() == 1 ? label : told_apart(label, *path, k_label);
  }

  Workloads run() {
    for (uint32_t i = 0; i < topology_.services.size(); ++i) choose(i);
    tell_apart();
    std::sort(workloads_.all.begin(), workloads_.all.end(), [](const Workload& a, const Workload& b) {
      return std::tie(a.name_space, a.name) < std::tie(b.name_space, b.name);
    });
    add_permits(resolved_, workloads_);
    auto& left_out = workloads_.left_out;
    std::sort(left_out.begin(), left_out.end());
    left_out.erase(std::unique(left_out.begin(), left_out.end()), left_out.end());
    return std::move(workloads_);
  }

 private:
  void leave(const Service& service, const std::string& host, std::string reason, SpanId where) {
    workloads_.left_out.push_back({service.name, host, {}, std::move(reason), where != 0 ? where : service.span});
  }

  void choose(uint32_t number) {
    const auto& service = topology_.services[number];
    if (auto [reason, where] = unfit(service); !reason.empty()) return leave(service, {}, std::move(reason), where);
    std::vector<LeftOut> left_out;
    const auto settings = settings_of(service, topology_, left_out);
    if (settings.together && settings.max_surge == 0 && settings.max_unavailable == 0)
      return leave(service, {}, "with neither a replica more nor one fewer meanwhile, none could ever be replaced",
                   service.settings.at("update.max_surge").span);
    const auto before = workloads_.all.size();
    bool anywhere = false;
    for (uint32_t host = 0; host < resolved_.hosts.size(); ++host) {
      const auto& its = resolved_.hosts[host].services;
      if (std::find(its.begin(), its.end(), number) == its.end()) continue;
      anywhere = true;
      add(number, host, settings);
    }
    if (!anywhere) leave(service, {}, "it stands in a cluster's namespace, and not on a host", service.runs_on.span);
    if (workloads_.all.size() > before)
      workloads_.left_out.insert(workloads_.left_out.end(), left_out.begin(), left_out.end());
  }

  /// Why none of it can be exported; "" where it can.
  static std::pair<std::string, SpanId> unfit(const Service& service) {
    const auto& kind = service.kind;
    if (kind.value == "external") return {"it is not ours", kind.span};
    if (kind.value == "cloud-lb") return {"it is the platform's own; a cluster has its own load balancers", kind.span};
    if (kind.value == "postgresql")
      return {"it keeps data, and a Deployment's replicas are all alike and hold none", kind.span};
    if (service.schedule) return {"it runs at times, and not all the time", service.schedule->span};
    if (!service.settings.contains("artifact.image"))
      return {"it has no image: 'artifact: {image: REGISTRY/NAME@sha256:DIGEST}'", service.span};
    return {};
  }

  void add(uint32_t number, uint32_t host, const Settings& settings) {
    const auto& service = topology_.services[number];
    const auto& on = resolved_.hosts[host];
    const auto& segment = resolved_.segments[on.segment];
    if (segment.provider_kind == "external")
      return leave(service, on.path, "it stands at a site that is not ours", on.span);
    if (on.kind == ResolvedHost::Kind::gateway) return leave(service, on.path, "tunnels end on a gateway", on.span);
    if (on.machines.empty()) return leave(service, on.path, "it has no replica", on.span);
    Workload made{.name_space = name_spaces_.at(segment.path),
                  .name = service_label(service.name, on.name),
                  .service_name = service.name,
                  .service = number,
                  .host = host,
                  .segment = on.segment,
                  .environment = segment.environment,
                  .settings = settings,
                  .replicas = on.machines.size()};
    if (segment.segment != nullptr && segment.segment->intra == topology::Segment::Intra::allow)
      workloads_.left_out.push_back({service.name,
                                     {},
                                     fmt::format("intra of {}", segment.path),
                                     "its machines reach each other unseen; pods do by flows alone",
                                     segment.segment->intra_span});
    const auto spread = on.host != nullptr && on.host->spread ? on.host->spread->value : std::string();
    made.over_zones = spread == "availability_zones" && made.replicas > 1;
    made.over_nodes = spread == "nodes" && made.replicas > 1;
    workloads_.all.push_back(std::move(made));
  }

  void tell_apart() {
    std::map<std::pair<std::string, std::string>, std::size_t> uses;
    for (const auto& one : workloads_.all) ++uses[{one.name_space, one.name}];
    for (auto& one : workloads_.all)
      if (uses[{one.name_space, one.name}] > 1)
        one.name = told_apart(one.name, fmt::format("{} {}", one.service_name, resolved_.hosts[one.host].path), k_name);
  }

  const topology::Resolved& resolved_;
  const topology::Topology& topology_;
  std::map<std::string, std::string> name_spaces_{};
  Workloads workloads_{};
};

}  // namespace

bool Selection::has(const Workload& workload) const {
  const auto names = [](const std::vector<std::string>& chosen, const std::string& name) {
    return chosen.empty() || std::find(chosen.begin(), chosen.end(), name) != chosen.end();
  };
  return names(services, workload.service_name) && names(environments, workload.environment);
}

Workloads workloads_of(const topology::Resolved& resolved) {
  return Choosing(resolved).run();
}

}  // namespace cloison::containers
