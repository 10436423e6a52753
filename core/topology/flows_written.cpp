// The flows of the topology, with their dates and conditions.
#include <algorithm>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/topology/flows.h"

namespace cloison::topology {

void date_flow(Work& work, const Flow& flow, ResolvedFlow& resolved) {
  const Instant now = work.options.now;
  if (flow.starts && flow.expires && flow.expires->at <= flow.starts->at) {
    work.findings.error({.code = "CL1406",
                         .where = flow.expires->span,
                         .summary = fmt::format("flow {} expires before it starts", printable(flow.id)),
                         .detail = fmt::format("it starts {} and expires {}", printable(flow.starts->text),
                                               printable(flow.expires->text)),
                         .hint = "exchange the two dates, or write a later 'expires'",
                         .related = {{flow.starts->span, "it starts here"}}});
  }
  if (flow.disabled) {
    resolved.in_force = false;
    resolved.why_not = "disabled";
    work.findings.note({.code = "CL1408",
                        .where = flow.id_span != 0 ? flow.id_span : flow.span,
                        .summary = fmt::format("flow {} is disabled", printable(flow.id)),
                        .hint = "remove 'disabled: true' to open it"});
  } else if (flow.expires && flow.expires->at <= now) {
    resolved.in_force = false;
    resolved.why_not = fmt::format("expired {}", flow.expires->text);
    work.findings.warning(
        {.code = "CL1405",
         .where = flow.expires->span,
         .summary = fmt::format("flow {} has expired", printable(flow.id)),
         .detail = fmt::format("it permits nothing any more; its date was {}", printable(flow.expires->text)),
         .hint = "remove the flow, or write a later 'expires'"});
  } else if (flow.starts && flow.starts->at > now) {
    resolved.in_force = false;
    resolved.why_not = fmt::format("starts {}", flow.starts->text);
    work.findings.note({.code = "CL1407",
                        .where = flow.starts->span,
                        .summary = fmt::format("flow {} has not begun", printable(flow.id)),
                        .detail = fmt::format("it opens {}", printable(flow.starts->text)),
                        .hint = "nothing is to be done: the first apply after that date opens it"});
  }
}

namespace {

/// Reviews that are due, one finding a date: hundreds of flows share the default.
void reviews(Work& work) {
  std::map<Instant, std::vector<const Flow*>> due;
  for (const Flow& flow : work.topology.flows) {
    if (flow.governance.review && flow.governance.review->at < work.options.now && !flow.disabled) {
      due[flow.governance.review->at].push_back(&flow);
    }
  }
  for (const auto& [date, flows] : due) {
    std::vector<std::string> ids;
    for (const Flow* flow : flows) {
      ids.push_back(printable(flow->id));
    }
    std::sort(ids.begin(), ids.end());
    constexpr std::size_t k_shown = 8;
    const std::size_t left = ids.size() > k_shown ? ids.size() - k_shown : 0;
    ids.resize(ids.size() - left);
    work.findings.warning({.code = "CL1414",
                           .where = flows.front()->governance.review->span != 0 ? flows.front()->governance.review->span
                                                                                : flows.front()->span,
                           .summary = fmt::format("the review of {} was due {}", counted(flows.size(), "flow"),
                                                  flows.front()->governance.review->text),
                           .detail = join(ids, ", ") + (left == 0 ? "" : fmt::format(" and {} more", left)),
                           .hint = "review them, then write the next date at 'review:'"});
  }
}

struct Down {
  std::set<uint32_t> sites{}, links{};
  bool otherwise = false;
};

Down down_of(const Scenario& scenario, Flows& flows) {
  Down down;
  for (const Chosen& chosen : flows.selectors().choose(scenario.down, {.links = true})) {
    if (chosen.kind == Chosen::Kind::site) {
      down.sites.insert(chosen.index);
    } else if (chosen.kind == Chosen::Kind::link) {
      down.links.insert(chosen.index);
    } else {
      down.otherwise = true;
    }
  }
  return down;
}

/// Names of links and scenarios that are not declared are reported with the references.
uint32_t word_of(const Work& work, const std::optional<Name>& name, NameIndex::Kind kind) {
  const auto at = name ? work.index.words.find(name->value) : work.index.words.end();
  return at != work.index.words.end() && at->second.kind == kind ? at->second.items.front() : k_none;
}

void expand_one(Work& work, Flows& flows, const Flow& flow) {
  FlowSpec spec{.flow = {.id = flow.id,
                         .flow_class = flow.flow_class,
                         .matches = flows.matches(flow.ports),
                         .flow = &flow,
                         .conditional = flow.when.has_value(),
                         .span = flow.span},
                .from = flows.side(flow.from),
                .to = flows.side(flow.to),
                .across = flow.across.has_value(),
                .within = flow.within ? flow.within->value : ""};
  for (const Name& port : flow.ports) {
    spec.flow.port_words.push_back(port.value);
  }
  date_flow(work, flow, spec.flow);
  spec.route.via = word_of(work, flow.via, NameIndex::Kind::link);
  Down down;
  if (const uint32_t scenario = word_of(work, flow.when, NameIndex::Kind::scenario); scenario != k_none) {
    down = down_of(work.topology.scenarios[scenario], flows);
    spec.route.down_sites = &down.sites;
    spec.route.down_links = &down.links;
    spec.flow.down_sites.assign(down.sites.begin(), down.sites.end());
    spec.flow.down_links.assign(down.links.begin(), down.links.end());
    spec.flow.down_otherwise = down.otherwise;
  }
  if (!spec.from.same_site.empty() && !spec.to.same_site.empty()) {
    work.findings.error({.code = "CL1416",
                         .where = flow.from.span != 0 ? flow.from.span : flow.span,
                         .summary = fmt::format("flow {} is relative at both ends", printable(flow.id)),
                         .detail = "'same-site' means the site of the other end",
                         .hint = "name the site at one end, for example 'lab.lan'"});
    return;
  }
  flows.expand(std::move(spec));
}

}  // namespace

void expand_written(Work& work, Flows& flows) {
  for (const Flow& flow : work.topology.flows) {
    expand_one(work, flows, flow);
  }
  reviews(work);
}

void expand_flows(Work& work) {
  Flows flows(work);
  expand_written(work, flows);
  expand_generated(work, flows);
  flows.finish();
  work.out.link_ends = flows.paths().link_ends();
  if (!work.out.dropped.empty() && !work.links_broken) {
    std::set<std::string> joined;  // a flow without any pair has its own finding
    for (const FlowPair& pair : work.out.pairs) {
      joined.insert(work.out.flows[pair.flow].id);
    }
    std::map<std::string, std::size_t> by_flow;
    std::map<std::string, const DroppedPair*> first;
    for (const DroppedPair& one : work.out.dropped) {
      ++by_flow[one.flow];
      first.try_emplace(one.flow, &one);
    }
    for (const auto& [id, count] : by_flow) {
      if (!joined.contains(id)) {
        continue;
      }
      const DroppedPair& one = *first[id];
      work.findings.note({.code = "CL1409",
                          .where = one.span,
                          .summary = fmt::format("{} of flow {} {} no path", counted(count, "pair"), printable(id),
                                                 count == 1 ? "has" : "have"),
                          .detail = fmt::format("{} -> {}: {}", one.from, one.to, one.why),
                          .hint = "`cloison plan -v` lists them; narrow the flow's ends if they are not meant"});
    }
  }
}

}  // namespace cloison::topology
