// Guarantees, scenarios, services and backups: references, kinds, required keys.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/topology/flows.h"

namespace cloison::topology {

namespace {

class Policies {
 public:
  explicit Policies(Work& work)
      : work_(work), selectors_(work.topology, work.out, work.index, work.service_hosts, work.findings) {
    for (const ResolvedFlow& flow : work.out.flows) {
      ids_.insert(flow.id);
    }
    for (const Flow& flow : work.topology.flows) {
      ids_.insert(flow.id);
    }
    for (const InfrastructureEntry& entry : work.topology.infrastructure) {
      ids_.insert("I-" + entry.name);
      infrastructure_.insert(entry.name);
    }
  }

  void run() {
    for (const Guarantee& guarantee : work_.topology.guarantees) {
      check(guarantee);
    }
    for (const Scenario& scenario : work_.topology.scenarios) {
      check(scenario);
    }
    for (const Service& service : work_.topology.services) {
      check(service);
    }
    chains();
    for (const Backup& backup : work_.topology.backups) {
      check(backup);
    }
    certifications();
  }

 private:
  void check(const Guarantee& guarantee) {
    if (guarantee.kind == "located") {
      located(guarantee);
    }
    bool relative = false;  // one of `from` and `to` is
    for (const Selector* selector : {&guarantee.from, &guarantee.to, &guarantee.among, &guarantee.via}) {
      const bool may_be_relative = !relative && (selector == &guarantee.from || selector == &guarantee.to);
      for (const Chosen& chosen : selectors_.choose(*selector)) {
        end_of_guarantee(guarantee, chosen);
        if (chosen.kind == Chosen::Kind::same_site) {
          relative = true;
          if (!may_be_relative) {
            nothing_to_relate_to(guarantee, chosen);
          }
        }
      }
    }
    ports(guarantee.ports);
    for (const Exception& exception : guarantee.except) {
      check(exception);
    }
  }
  void end_of_guarantee(const Guarantee& guarantee, const Chosen& chosen) {
    const bool odd = chosen.kind == Chosen::Kind::link || chosen.kind == Chosen::Kind::availability_zone;
    if (odd) {
      work_.findings.error({.code = "CL1212",
                            .where = chosen.span,
                            .summary = fmt::format("'{}' cannot be an end of guarantee {}", selectors_.text(chosen),
                                                   printable(guarantee.id)),
                            .hint = "ends are sites, segments, hosts, nodes, groups, environments or 'internet'"});
    }
  }
  void nothing_to_relate_to(const Guarantee& guarantee, const Chosen& chosen) {
    work_.findings.error({.code = "CL1416",
                          .where = chosen.span,
                          .summary = fmt::format("'{}' has no other end in guarantee {}", selectors_.text(chosen),
                                                 printable(guarantee.id)),
                          .detail = "'same-site' means the site of the other end, so one of 'from' and 'to' may be it",
                          .hint = "name the site, for example 'lab.lan'"});
  }
  void located(const Guarantee& guarantee) {
    const auto data = guarantee.located.find("data");
    if (data == guarantee.located.end()) {
      return;
    }
    std::set<std::string> labels;
    for (const Zone& zone : work_.topology.zones) {
      if (zone.data) {
        labels.insert(zone.data->value);
      }
    }
    for (const ResolvedSegment& segment : work_.out.segments) {
      if (segment.segment != nullptr && segment.segment->data) {
        labels.insert(segment.segment->data->value);
      }
    }
    for (const ResolvedHost& host : work_.out.hosts) {
      if (host.host != nullptr && host.host->data) {
        labels.insert(host.host->data->value);
      }
    }
    for (const Name& name : data->second) {
      if (!labels.contains(name.value)) {
        work_.findings.error({.code = "CL1502",
                              .where = name.span,
                              .summary = fmt::format("no zone, segment or host holds data '{}'", printable(name.value)),
                              .detail = fmt::format("guarantee {} would hold for nothing", printable(guarantee.id)),
                              .hint = labels.empty() ? fmt::format("add 'data: {}' to a zone", printable(name.value))
                                                     : did_you_mean(name.value, {labels.begin(), labels.end()})});
      }
    }
  }
  void check(const Exception& exception) {
    if (exception.what != "flow") {
      static_cast<void>(selectors_.choose(exception.which));
      return;
    }
    for (const SelectorTerm& term : exception.which.terms) {
      flow_named(Name{term.path, term.span}, false);
    }
  }

  bool flow_named(const Name& name, bool infrastructure) {
    if (ids_.contains(name.value) || (infrastructure && infrastructure_.contains(name.value))) {
      return true;
    }
    std::vector<std::string> known(ids_.begin(), ids_.end());
    if (infrastructure) {
      known.insert(known.end(), infrastructure_.begin(), infrastructure_.end());
    }
    work_.findings.error({.code = "CL1218",
                          .where = name.span,
                          .summary = fmt::format("flow '{}' is not declared", printable(name.value)),
                          .hint = known.empty() ? "there are no flows: remove it" : did_you_mean(name.value, known)});
    return false;
  }

  void ports(const Ports& ports) {
    if (!ports.empty() && !flows_) {
      flows_.emplace(work_);
    }
    if (flows_) {
      static_cast<void>(flows_->matches(ports));
    }
  }

  void check(const Scenario& scenario) {
    std::map<uint32_t, std::set<std::string>> lost;  // site -> underlays
    for (const Chosen& chosen : selectors_.choose(scenario.down, {.links = true})) {
      switch (chosen.kind) {
        case Chosen::Kind::underlay:
          lost[chosen.index].insert(chosen.name);
          break;
        case Chosen::Kind::group:
        case Chosen::Kind::internet:
        case Chosen::Kind::environment:
        case Chosen::Kind::same_site:
          work_.findings.error({.code = "CL1505",
                                .where = chosen.span,
                                .summary = fmt::format("'{}' cannot be down", selectors_.text(chosen)),
                                .hint = "sites, nodes, hosts, gateways, underlays, links, availability zones and "
                                        "'SERVICE.primary' can"});
          break;
        default:
          break;
      }
    }
    std::set<std::string> required;
    for (const Name& name : scenario.requires_) {
      if (flow_named(name, true)) {
        required.insert(infrastructure_.contains(name.value) ? "I-" + name.value : name.value);
      }
    }
    single_underlay(scenario, lost, required);
  }
  /// A site that loses its only underlay keeps nothing that leaves it.
  void single_underlay(const Scenario& scenario, const std::map<uint32_t, std::set<std::string>>& lost,
                       const std::set<std::string>& required) {
    std::map<std::string, std::set<uint32_t>> stopped;
    for (const FlowPair& pair : work_.out.pairs) {
      const std::string& id = work_.out.flows[pair.flow].id;
      if (lost.empty() || !required.contains(id) || pair.path.empty()) {
        continue;
      }
      for (const FlowEnd* end : {&pair.from, &pair.to}) {
        const uint32_t site = site_of(*end);
        const auto down = lost.find(site);
        if (down == lost.end()) {
          continue;
        }
        const auto& underlays = work_.topology.sites[site].underlays;
        const bool left = std::any_of(underlays.begin(), underlays.end(),
                                      [&](const Underlay& one) { return !down->second.contains(one.name); });
        if (!left || (scenario.each && underlays.size() < 2)) {
          stopped[id].insert(site);
        }
      }
    }
    for (const auto& [id, sites] : stopped) {
      const Site& first = work_.topology.sites[*sites.begin()];
      work_.findings.warning(
          {.code = "CL1507",
           .where = scenario.span,
           .summary = fmt::format("in scenario '{}' flow {} stops: {} {} no other underlay", scenario.name, id,
                                  sites.size() == 1 ? first.path : counted(sites.size(), "site"),
                                  sites.size() == 1 ? "has" : "have"),
           .detail = sites.size() == 1 ? "" : fmt::format("'{}' among them", first.path),
           .hint = fmt::format("add a second underlay, or take {} out of 'requires'", id),
           .related = {{first.span, fmt::format("'{}'", first.path)}}});
    }
  }
  [[nodiscard]] uint32_t site_of(const FlowEnd& end) const {
    switch (end.kind) {
      case FlowEnd::Kind::host:
        return work_.out.segments[work_.out.hosts[end.index].segment].site;
      case FlowEnd::Kind::segment:
        return work_.out.segments[end.index].site;
      case FlowEnd::Kind::node:
        return work_.out.nodes[end.index].site;
      default:
        return k_none;
    }
  }

  void check(const Service& service) {
    ports(service.listen);
    if (service.behind) {
      const auto word = work_.index.words.find(service.behind->value);
      if (word == work_.index.words.end() || word->second.kind != NameIndex::Kind::service) {
        work_.findings.error({.code = "CL1508",
                              .where = service.behind->span,
                              .summary = fmt::format("service '{}' stands behind '{}', which is no service",
                                                     service.name, printable(service.behind->value)),
                              .hint = did_you_mean(service.behind->value, names_of(work_.topology.services))});
      } else if (service.listen.empty()) {
        work_.findings.error({.code = "CL1509",
                              .where = service.behind->span,
                              .summary = fmt::format("service '{}' stands behind '{}', but listens on nothing",
                                                     service.name, service.behind->value),
                              .hint = "add 'listen: [https]'"});
      }
    }
    for (const auto& [key, name] : service.settings) {
      if (is_after(key) && service_named(name) == k_none) {
        work_.findings.error({.code = "CL1514",
                              .where = name.span,
                              .summary = fmt::format("service '{}' starts after '{}', which is no service",
                                                     service.name, printable(name.value)),
                              .hint = did_you_mean(name.value, names_of(work_.topology.services))});
      }
    }
    image(service);
    if (!service.runs_on.on.written() && service.kind.value != "external") {
      work_.findings.error({.code = "CL1506",
                            .where = service.span,
                            .summary = fmt::format("service '{}' runs on no host", service.name),
                            .hint = "add 'runs_on: SITE.SEGMENT.HOST'"});
    }
  }
  /// What a tag means is its registry's to change.
  void image(const Service& service) {
    const auto image = service.settings.find("artifact.image");
    if (image == service.settings.end() || image->second.value.find('@') != std::string::npos) return;
    work_.findings.warning(
        {.code = "CL1517",
         .where = image->second.span,
         .summary = fmt::format("the image of service '{}' has no digest", service.name),
         .detail = "what stands behind a tag may change, and nobody can say afterwards what ran",
         .hint = fmt::format("write 'image: {0}@sha256:DIGEST': docker buildx imagetools inspect {0}",
                             printable(image->second.value))});
  }
  [[nodiscard]] uint32_t service_named(const Name& name) const {
    const auto word = work_.index.words.find(name.value);
    const bool is_service = word != work_.index.words.end() && word->second.kind == NameIndex::Kind::service;
    return is_service ? word->second.items.front() : k_none;
  }
  /// "after", or an item of that list.
  static bool is_after(std::string_view key) { return key == "after" || key.starts_with("after."); }

  /// One service names another: `behind` the one that forwards to it, `after` those that start first.
  struct Edge {
    uint32_t to = k_none;
    SpanId span = 0;
  };
  using Edges = std::vector<std::vector<Edge>>;

  void chains() {
    const auto& services = work_.topology.services;
    Edges behind(services.size()), after(services.size());
    for (uint32_t i = 0; i < services.size(); ++i) {
      if (services[i].behind && service_named(*services[i].behind) != k_none) {
        behind[i].push_back({service_named(*services[i].behind), services[i].behind->span});
      }
      for (const auto& [key, name] : services[i].settings) {
        if (is_after(key) && service_named(name) != k_none) {
          after[i].push_back({service_named(name), name.span});
        }
      }
    }
    cycles(behind, [&](const std::vector<std::string>& names, SpanId where) {
      work_.findings.error({.code = "CL1510",
                            .where = where,
                            .summary = fmt::format("service '{}' stands behind itself", names.front()),
                            .detail = join(names, " -> "),
                            .hint = fmt::format("remove 'behind:' from '{}'", names[names.size() - 2])});
    });
    cycles(after, [&](const std::vector<std::string>& names, SpanId where) {
      work_.findings.error(
          {.code = "CL1515",
           .where = where,
           .summary = fmt::format("service '{}' starts after itself", names.front()),
           .detail = join(names, " -> "),
           .hint = fmt::format("remove '{}' from 'after:' of '{}'", names.back(), names[names.size() - 2])});
    });
  }
  /// Depth first with a stack of its own: a chain may be as long as a file.
  template <class Report>
  void cycles(const Edges& edges, const Report& report) const {
    enum class Seen : uint8_t { no, open, done };
    std::vector<Seen> seen(edges.size(), Seen::no);
    struct Visit {
      uint32_t service = 0;
      std::size_t next = 0;
    };
    for (uint32_t start = 0; start < edges.size(); ++start) {
      std::vector<Visit> stack;
      if (seen[start] == Seen::no) {
        stack.push_back({start, 0});
        seen[start] = Seen::open;
      }
      while (!stack.empty()) {
        Visit& top = stack.back();
        if (top.next == edges[top.service].size()) {
          seen[top.service] = Seen::done;
          stack.pop_back();
          continue;
        }
        const Edge& edge = edges[top.service][top.next++];
        if (seen[edge.to] == Seen::open) {
          std::vector<std::string> names;
          for (const Visit& visit : stack) {
            if (!names.empty() || visit.service == edge.to) {
              names.push_back(work_.topology.services[visit.service].name);
            }
          }
          names.push_back(work_.topology.services[edge.to].name);
          report(names, edge.span);
        } else if (seen[edge.to] == Seen::no) {
          seen[edge.to] = Seen::open;
          stack.push_back({edge.to, 0});
        }
      }
    }
  }

  void check(const Backup& backup) {
    for (const Chosen& chosen : selectors_.choose(backup.to, {.addresses = false, .provider = true})) {
      const bool store = chosen.kind == Chosen::Kind::host || chosen.kind == Chosen::Kind::provider ||
                         chosen.kind == Chosen::Kind::group;
      if (!store) {
        work_.findings.error({.code = "CL1511",
                              .where = chosen.span,
                              .summary = fmt::format("backup '{}' goes to '{}', which keeps no backups", backup.name,
                                                     selectors_.text(chosen)),
                              .hint = "name a host, a group (an object store) or 'provider' (its snapshots)"});
      }
    }
    static_cast<void>(selectors_.choose(backup.of));
  }

  /// A certification that ends soon takes `located` guarantees with it.
  void certifications() {
    std::set<std::tuple<std::string, std::string>> seen;
    for (const Site& site : work_.topology.sites) {
      for (const Certification& one : site.location.certifications) {
        if (!one.until || !seen.emplace(site.name, one.name).second) {
          continue;
        }
        const auto left = one.until->at - work_.options.now;
        if (left >= std::chrono::days(90)) {
          continue;
        }
        const bool over = left.count() < 0;
        const auto days = std::chrono::duration_cast<std::chrono::days>(left).count();
        work_.findings.warning(
            {.code = "CL1513",
             .where = one.span != 0 ? one.span : site.span,
             .summary = fmt::format("certification {} of site '{}' {} {}", one.name, site.name, over ? "ended" : "ends",
                                    one.until->text),
             .detail = over ? "'located' guarantees that ask for it fail"
                            : fmt::format("that is in {}", counted(static_cast<std::size_t>(days), "day")),
             .hint = "write the date of the renewed certificate at 'until:'"});
      }
    }
  }

  Work& work_;
  Selectors selectors_;
  std::optional<Flows> flows_{};
  std::set<std::string> ids_{}, infrastructure_{};
};

}  // namespace

void check_policies(Work& work) {
  Policies(work).run();
}

}  // namespace cloison::topology
