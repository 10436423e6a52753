// Flows as their owners know them.

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/ops/lint_parts.h"
#include "core/ops/recording.h"
#include "core/ops/report_rules.h"

namespace cloison::ops {

namespace {

std::string text_of(const std::optional<topology::Name>& name) {
  return name ? name->value : std::string();
}
std::string text_of(const std::optional<topology::Date>& date) {
  return date ? date->text : std::string();
}

std::string called(const std::string& title, const std::string& name) {
  return title.empty() ? name : title;
}

/// What people call the ends of a flow's pairs, each once.
class EndTitles {
 public:
  explicit EndTitles(const topology::Resolved& resolved) : resolved_(resolved) {
    for (const auto& group : resolved.topology->groups) groups_.emplace(group.name, called(group.title, group.name));
  }
  /// Of a selector that is one path to a group, a segment or the outside; "": it is not.
  [[nodiscard]] std::string of(const topology::Selector& selector) const {
    if (selector.terms.size() != 1 || selector.terms.front().path.empty()) return {};
    const auto& path = selector.terms.front().path;
    if (path == "internet") return "Internet";
    if (const auto group = groups_.find(path); group != groups_.end()) return group->second;
    const auto words = split(path, '.');
    for (const auto& segment : resolved_.segments) {
      const auto& site = resolved_.topology->sites[segment.site];
      if (segment.segment != nullptr && segment.segment->name == words.back() && words.size() > 1 &&
          (site.name == words.front() || site.path == words.front()))
        return called(segment.segment->title, segment.segment->name);
    }
    return {};
  }
  void add(const topology::FlowEnd& end, std::vector<std::string>& into) const {
    auto title = of(end);
    if (!title.empty() && std::find(into.begin(), into.end(), title) == into.end()) into.push_back(std::move(title));
  }

 private:
  [[nodiscard]] std::string of(const topology::FlowEnd& end) const {
    using Kind = topology::FlowEnd::Kind;
    if (end.kind == Kind::internet) return "Internet";
    if (const auto group = groups_.find(end.set); group != groups_.end()) return group->second;
    if (end.kind == Kind::prefixes) return end.prefixes.empty() ? end.set : end.prefixes.front().text();
    if (end.kind == Kind::node) return resolved_.nodes[end.index].path;
    if (end.kind == Kind::host) {
      const auto& host = resolved_.hosts[end.index];
      return host.host == nullptr ? host.name : called(host.host->title, host.name);
    }
    const auto& segment = resolved_.segments[end.index];
    return segment.segment == nullptr ? segment.path : called(segment.segment->title, segment.segment->name);
  }
  const topology::Resolved& resolved_;
  std::map<std::string, std::string> groups_{};
};

std::string titles_text(const std::vector<std::string>& titles, const std::string& otherwise) {
  constexpr std::size_t k_most = 4;
  if (titles.empty() || titles.size() > k_most) return otherwise;
  return join(titles, ", ");
}

}  // namespace

void add_governance(const topology::Flow& flow, report::FlowFacts& facts) {
  const auto& said = flow.governance;
  facts.application = text_of(said.application), facts.purpose = text_of(said.purpose);
  facts.owner = text_of(said.owner), facts.requester = text_of(said.requester);
  facts.approver = text_of(said.approver), facts.ticket = text_of(said.ticket);
  facts.data = text_of(said.data), facts.encryption = text_of(said.encryption);
  facts.protocol = text_of(said.protocol), facts.control = text_of(said.control);
  facts.next_review = text_of(said.review);
  facts.starts = text_of(flow.starts), facts.expires = text_of(flow.expires);
}

std::string selector_text(const topology::Selector& selector) {
  std::vector<std::string> terms;
  for (const auto& term : selector.terms) {
    if (!term.path.empty()) {
      terms.push_back(term.path);
      continue;
    }
    std::vector<std::string> entries;
    for (const auto& [key, values] : term.match) {
      std::vector<std::string> names;
      for (const auto& one : values) names.push_back(one.value);
      entries.push_back(fmt::format("{}: {}", key, names.size() == 1 ? names.front() : "[" + join(names, ", ") + "]"));
    }
    terms.push_back("{" + join(entries, ", ") + "}");
  }
  return join(terms, ", ");
}

std::map<std::string, Said> flow_statements(const topology::Resolved& resolved) {
  std::map<std::string, Said> statements;
  for (const auto& flow : resolved.flows) {
    auto& said = statements[flow.id];
    const auto say = [&](const char* name, const std::string& value) {
      if (!value.empty()) said.emplace(name, value);
    };
    report::FlowFacts facts;
    if (flow.flow != nullptr) {
      add_governance(*flow.flow, facts);
      say("from", selector_text(flow.flow->from)), say("to", selector_text(flow.flow->to));
      say("disabled", flow.flow->disabled ? "true" : "");
    }
    std::vector<std::string> services;
    for (const auto& match : flow.matches) services.push_back(match.text());
    say("class", flow.flow_class), say("services", join(services, ", "));
    say("starts", facts.starts), say("expires", facts.expires), say("next_review", facts.next_review);
    say("owner", facts.owner), say("requester", facts.requester), say("approver", facts.approver);
    say("ticket", facts.ticket), say("purpose", facts.purpose), say("application", facts.application);
    say("protocol", facts.protocol), say("data", facts.data), say("encryption", facts.encryption);
    say("control", facts.control);
  }
  return statements;
}

FlowFactsById flow_facts(const topology::Resolved& resolved, const SourceMap& sources,
                         const verify::ProofInput& input) {
  // Flows are judged by themselves: neither rules nor what passes beyond them are looked at.
  const verify::World nothing({});
  std::map<std::string, std::string> insecure;
  for (const auto& found : lint_services({nothing, input, resolved, Reasons()}, {}))
    insecure.emplace(flow_of_reason(found.finding.reason), found.finding.what);
  std::map<uint32_t, std::set<std::string>> environments;
  std::map<uint32_t, std::size_t> pairs;
  std::map<uint32_t, std::pair<std::vector<std::string>, std::vector<std::string>>> titles;
  const EndTitles ends(resolved);
  for (const auto& pair : resolved.pairs) {
    ++pairs[pair.flow];
    ends.add(pair.from, titles[pair.flow].first), ends.add(pair.to, titles[pair.flow].second);
    if (!pair.environment.empty()) environments[pair.flow].insert(pair.environment);
  }
  FlowFactsById all;
  for (uint32_t index = 0; index < resolved.flows.size(); ++index) {
    const auto& flow = resolved.flows[index];
    auto facts = std::make_shared<report::FlowFacts>();
    facts->id = flow.id, facts->flow_class = flow.flow_class;
    for (const auto& match : flow.matches) facts->services.push_back(match.text());
    if (flow.flow != nullptr) {
      add_governance(*flow.flow, *facts);
      facts->source = selector_text(flow.flow->from), facts->destination = selector_text(flow.flow->to);
    }
    const auto& [sources_called, destinations_called] = titles[index];
    if (flow.flow != nullptr) facts->source_title = ends.of(flow.flow->from);
    if (flow.flow != nullptr) facts->destination_title = ends.of(flow.flow->to);
    if (facts->source_title.empty()) facts->source_title = titles_text(sources_called, facts->source);
    if (facts->destination_title.empty())
      facts->destination_title = titles_text(destinations_called, facts->destination);
    if (!flow.in_force) facts->not_in_force = flow.why_not;
    if (flow.span != 0) facts->declared = sources.location(flow.span);
    facts->pairs = pairs[index];
    facts->environments.assign(environments[index].begin(), environments[index].end());
    if (const auto wrong = insecure.find(flow.id); wrong != insecure.end()) facts->insecure = wrong->second;
    all.emplace(flow.id, std::move(facts));
  }
  return all;
}

}  // namespace cloison::ops
