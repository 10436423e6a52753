// The shared namespace of first words, names inside a site, and ids.
#include <map>
#include <set>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/topology/resolve_work.h"

namespace cloison::topology {

namespace {

struct Declared {
  std::string_view kind{};
  SpanId span = 0;
};

class Namespace {
 public:
  explicit Namespace(Findings& findings) : findings_(findings) {}

  void declare(std::string_view kind, const std::string& name, SpanId span) {
    if (is_first_word(name)) {
      findings_.error({.code = "CL1202",
                       .where = span,
                       .summary = fmt::format("{} '{}' has the name of something built in", kind, name),
                       .detail = "internet, same-site, environments, provider and none have a meaning of their own",
                       .hint = fmt::format("rename it, for example to '{}-{}'", name, kind)});
      return;
    }
    const auto [at, added] = names_.try_emplace(name, Declared{kind, span});
    if (!added && at->second.kind != kind) {
      findings_.error({.code = "CL1201",
                       .where = span,
                       .summary = fmt::format("{} and {} are both named '{}'", at->second.kind, kind, name),
                       .detail = "sites, links, groups, services, clusters and scenarios share one namespace, because "
                                 "selectors begin with their names",
                       .hint = fmt::format("rename one of them, for example the {} to '{}-{}'", kind, name, kind),
                       .related = {{at->second.span, fmt::format("the {} is declared here", at->second.kind)}}});
    } else if (!added && kind != "site") {
      twice(kind, name, span, at->second.span);
    }
  }
  void twice(std::string_view kind, const std::string& name, SpanId span, SpanId first) {
    findings_.error({.code = "CL1219",
                     .where = span,
                     .summary = fmt::format("{} '{}' is declared twice", kind, name),
                     .hint = "rename or remove one of them",
                     .related = {{first, "first declared here"}}});
  }

 private:
  Findings& findings_;
  std::map<std::string, Declared> names_{};
};

void declare_words(Work& work, Namespace& names) {
  const Topology& topology = work.topology;
  std::map<std::string, SpanId> paths;
  for (const Site& site : topology.sites) {
    names.declare("site", site.name, site.span);
    if (const auto [at, added] = paths.try_emplace(site.path, site.span); !added) {
      names.twice("site", site.path, site.span, at->second);
    }
  }
  for (const Link& one : topology.links) {
    names.declare("link", one.name, one.span);
  }
  for (const Group& one : topology.groups) {
    names.declare("group", one.name, one.span);
  }
  for (const Service& one : topology.services) {
    names.declare("service", one.name, one.span);
  }
  for (const Cluster& one : topology.clusters) {
    names.declare("cluster", one.name, one.span);
  }
  for (const Scenario& one : topology.scenarios) {
    names.declare("scenario", one.name, one.span);
  }
}

void inside_site(Work& work, const Site& site) {
  std::map<std::string_view, SpanId> vpcs;
  const auto reserved = [&](std::string_view kind, const std::string& name, SpanId span) {
    if (is_site_word(name)) {
      work.findings.error(
          {.code = "CL1203",
           .where = span,
           .summary = fmt::format("{} '{}' has the name of a reserved word", kind, name),
           .detail = "after a site, nodes, underlays, gateways and availability_zones come first",
           .hint = fmt::format("rename it, for example to '{}-{}'", name.substr(0, name.size() - 1), kind)});
    }
  };
  for (const Vpc& vpc : site.vpcs) {
    reserved("vpc", vpc.name, vpc.span);
    vpcs.try_emplace(vpc.name, vpc.span);
  }
  const auto segment = [&](const Segment& one) {
    reserved("segment", one.name, one.span);
    if (const auto vpc = vpcs.find(one.name); vpc != vpcs.end()) {
      work.findings.error(
          {.code = "CL1204",
           .where = one.span,
           .summary = fmt::format("segment '{}' has the name of a VPC of site '{}'", one.name, site.name),
           .detail = fmt::format("'{}.{}' would mean both", site.name, one.name),
           .hint = fmt::format("rename the segment, for example to '{}-segment'", one.name),
           .related = {{vpc->second, "the VPC is declared here"}}});
    }
  };
  for (const Vpc& vpc : site.vpcs) {
    for (const Segment& one : vpc.segments) {
      segment(one);
    }
  }
  for (const Segment& one : site.segments) {
    segment(one);
  }
}

void flow_ids(Work& work) {
  for (const Flow& flow : work.topology.flows) {
    if (flow.id.starts_with("I-") || flow.id.starts_with("S-")) {
      work.findings.error(
          {.code = "CL1418",
           .where = flow.id_span,
           .summary = fmt::format("flow id '{}' begins as those of generated flows do", printable(flow.id)),
           .detail = "I- stands for infrastructure, management and backups, S- for the system's own flows",
           .hint = fmt::format("name it 'F-{}'", printable(flow.id.substr(2)))});
    }
  }
}

}  // namespace

void index_names(Work& work) {
  Namespace names(work.findings);
  declare_words(work, names);
  for (const Site& site : work.topology.sites) {
    inside_site(work, site);
  }
  flow_ids(work);
  work.index.add_words(work.topology);
}

}  // namespace cloison::topology
