// Links: their ends, underlays and who dials whom; groups and their pins.
#include <algorithm>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/topology/check_peers.h"
#include "core/topology/paths.h"

namespace cloison::topology {

namespace {

class Links {
 public:
  explicit Links(Work& work) : work_(work), before_(work.findings.errors()), paths_(work) {}

  void run() {
    for (uint32_t i = 0; i < work_.topology.links.size(); ++i) {
      const Link& link = work_.topology.links[i];
      const std::size_t errors = work_.findings.errors();
      keys(link);
      ends(link);
      if (work_.findings.errors() == errors) {
        gateways(link);
        underlays(i);
        dialling(i);
        environments(i);
      }
    }
    check_peers(work_, paths_);
    work_.links_broken = work_.links_broken || work_.findings.errors() > before_;
  }

 private:
  void required(const Link& link, bool there, std::string_view key, std::string_view example) {
    if (!there) {
      work_.findings.error({.code = "CL1413",
                            .where = link.kind.span != 0 ? link.kind.span : link.span,
                            .summary = fmt::format("link '{}' of kind {} lacks '{}'", link.name, link.kind.value, key),
                            .hint = fmt::format("add '{}: {}'", key, example)});
    }
  }
  void keys(const Link& link) {
    const std::string& kind = link.kind.value;
    const std::string first = work_.topology.sites.empty() ? "cloud" : work_.topology.sites.front().name;
    if (kind == "sdwan") {
      required(link, link.hub.has_value(), "hub", first);
      required(link, !link.spokes.empty(), "spokes", "[lab]");
    } else if (kind == "vpn" || kind == "peering") {
      required(link, !link.between.empty(), "between", fmt::format("[{}, other-site]", first));
    } else if (kind == "remote-access") {
      required(link, link.users.has_value() && link.users->written(), "users", "lab.tablets");
      required(link, link.to.has_value(), "to", "same-site");
      required(link, link.at.has_value(), "at", "same-site");
    } else if (kind == "internet") {
      required(link, link.at.has_value(), "at", first);
    }
  }

  void ends(const Link& link) {
    std::vector<const Name*> names;
    if (link.hub) {
      names.push_back(&*link.hub);
    }
    if (link.at && link.at->value != "same-site") {
      names.push_back(&*link.at);
    }
    for (const Names* list : {&link.spokes, &link.between}) {
      for (const Name& name : *list) {
        names.push_back(&name);
      }
    }
    for (const Name* name : names) {
      end(link, *name);
    }
    Selectors selectors(work_.topology, work_.out, work_.index, work_.service_hosts, work_.findings);
    if (link.users) {
      for (const Chosen& chosen : selectors.choose(*link.users)) {
        if (selectors.segments_of(chosen).empty()) {
          work_.findings.error({.code = "CL1212",
                                .where = chosen.span,
                                .summary = fmt::format("'{}' has no remote users", selectors.text(chosen)),
                                .hint = "name the segment whose 'peers:' they are"});
        }
      }
    }
    if (link.to && split(link.to->value, '.').front() == "same-site") {
      relative(link, selectors);
    } else if (link.to && link.to->value != "internet") {
      static_cast<void>(selectors.choose(SelectorTerm{.path = link.to->value, .span = link.to->span}, {}));
    }
    joins_itself(link);
  }
  /// `to: same-site.lan` must be there at each site that has users.
  void relative(const Link& link, Selectors& selectors) {
    const auto dot = link.to->value.find('.');
    if (dot == std::string::npos || !link.users) {
      return;
    }
    const std::string rest = link.to->value.substr(dot + 1);
    for (const Chosen& chosen : selectors.choose(*link.users)) {
      for (const uint32_t segment : selectors.segments_of(chosen)) {
        const uint32_t site = work_.out.segments[segment].site;
        if (!selectors.at_site(site, rest).empty()) {
          continue;
        }
        std::vector<std::string> names;
        for (const uint32_t one : work_.index.site_segments[site]) {
          if (const Segment* written = work_.out.segments[one].segment; written != nullptr && one != segment) {
            names.push_back("same-site." + written->name);
          }
        }
        work_.findings.error({.code = "CL1211",
                              .where = link.to->span,
                              .summary = fmt::format("selector '{}' matches nothing", printable(link.to->value)),
                              .detail = fmt::format("'{}' is not there at site '{}', where users of link '{}' are",
                                                    printable(rest), work_.topology.sites[site].path, link.name),
                              .hint = names.empty() ? "write 'to: same-site'" : did_you_mean(link.to->value, names)});
        return;
      }
    }
  }
  /// A tunnel from a site to itself would carry nothing.
  void joins_itself(const Link& link) {
    const Name* first = link.hub ? &*link.hub : link.between.size() == 2 ? &link.between.front() : nullptr;
    if (first == nullptr) {
      return;
    }
    const auto vpc = [](const Name& end) { return end.value.substr(std::min(end.value.find('.'), end.value.size())); };
    const std::vector<uint32_t> one = sites_of(*first);
    for (const Name& other : link.hub ? link.spokes : Names{link.between.back()}) {
      const std::vector<uint32_t> many = sites_of(other);
      const bool shared = std::any_of(one.begin(), one.end(), [&](uint32_t site) {
        return std::find(many.begin(), many.end(), site) != many.end();
      });
      const bool mesh = !link.hub && one.size() > 1;  // between the instances of a family
      if (!shared || mesh || vpc(*first) != vpc(other)) {
        continue;
      }
      const std::string& site = work_.topology.sites[one.front()].path;
      work_.findings.error(
          {.code = "CL1425",
           .where = other.span,
           .summary = fmt::format("link '{}' joins '{}' with itself", link.name, printable(first->value)),
           .detail = link.hub ? fmt::format("'{}' is its hub and one of its spokes", site) : "both of its ends are one",
           .hint = link.hub
                       ? fmt::format("remove '{}' from 'spokes', or list the spokes without it", printable(other.value))
                       : "name another site at one end"});
    }
  }
  void end(const Link& link, const Name& name) {
    const auto words = split(name.value, '.');
    const std::string head(words.front());
    const std::string family(split(head, '/').front());
    const auto word = work_.index.words.find(family);
    const bool site = word != work_.index.words.end() && word->second.kind == NameIndex::Kind::site;
    const bool exact = head == family || work_.index.sites.contains(head);
    const bool vpc =
        words.size() < 2 || !site ||
        std::any_of(
            word->second.items.begin(), word->second.items.end(),
            [&](uint32_t one) {
              return work_.index.vpcs.contains(fmt::format("{}.{}", work_.topology.sites[one].path, words[1]));
            });
    if (site && exact && vpc && words.size() <= 2) {
      return;
    }
    std::vector<std::string> sites;
    for (const auto& [text, entry] : work_.index.words) {
      if (entry.kind == NameIndex::Kind::site) {
        sites.push_back(text);
      }
    }
    work_.findings.error(
        {.code = "CL1421",
         .where = name.span,
         .summary = fmt::format("link '{}' ends at '{}', which is no site", link.name, printable(name.value)),
         .hint = did_you_mean(name.value, sites)});
  }

  void gateways(const Link& link) {
    if (link.kind.value != "sdwan" && link.kind.value != "vpn") {
      return;
    }
    std::vector<const Name*> names;
    if (link.hub) {
      names.push_back(&*link.hub);
    }
    for (const Names* list : {&link.spokes, &link.between}) {
      for (const Name& name : *list) {
        names.push_back(&name);
      }
    }
    for (const Name* name : names) {
      for (const uint32_t site : sites_of(*name)) {
        const Site& written = work_.topology.sites[site];
        if (!written.vpcs.empty() && written.gateways.empty()) {
          work_.findings.error(
              {.code = "CL1411",
               .where = name->span,
               .summary = fmt::format("link '{}' ends at '{}', which has no gateway", link.name, written.name),
               .detail = "at a cloud, a gateway in one of its segments ends tunnels",
               .hint = fmt::format(
                   "add 'gateways: {{hub: {{vpc: {}, segment: {}, replicas: 2}}}}' to site '{}'",
                   written.vpcs.front().name,
                   written.vpcs.front().segments.empty() ? "SEGMENT" : written.vpcs.front().segments.front().name,
                   written.name),
               .related = {{written.span, "the site is declared here"}}});
        }
        if (work_.sites[site].external && !link.peer) {
          work_.findings.error({.code = "CL1412",
                                .where = name->span,
                                .summary = fmt::format("link '{}' ends at external site '{}', but names no peer",
                                                       link.name, written.name),
                                .detail = "the far gateway is not ours, so its address must be written",
                                .hint = "add 'peer: ADDRESS', for example 'peer: 198.51.100.4'"});
        }
      }
    }
  }
  [[nodiscard]] std::vector<uint32_t> sites_of(const Name& name) const {
    const std::string head(split(name.value, '.').front());
    if (const auto exact = work_.index.sites.find(head); exact != work_.index.sites.end()) {
      return {exact->second};
    }
    const auto word = work_.index.words.find(head);
    return word == work_.index.words.end() ? std::vector<uint32_t>{} : word->second.items;
  }

  /// Each underlay must be there somewhere, and each site on premises must have one of them.
  void underlays(uint32_t index) {
    const Link& link = work_.topology.links[index];
    for (const Name& name : link.underlays) {
      std::vector<std::string> known;
      bool there = false;
      for (const Paths::Member& member : paths_.members(index)) {
        for (const Underlay& underlay : work_.topology.sites[member.site].underlays) {
          there = there || underlay.name == name.value;
          known.push_back(underlay.name);
        }
      }
      if (!there && !known.empty()) {
        std::sort(known.begin(), known.end());
        work_.findings.error(
            {.code = "CL1214",
             .where = name.span,
             .summary = fmt::format("no site of link '{}' has an underlay '{}'", link.name, printable(name.value)),
             .hint = did_you_mean(name.value, known)});
        return;
      }
    }
    for (const Paths::Member& member : paths_.members(index)) {
      const Site& site = work_.topology.sites[member.site];
      const Route out = paths_.way_out(member.site, member.domain, false);
      if (!work_.sites[member.site].premises && !work_.sites[member.site].external && !out.found &&
          member.role == Paths::Role::spoke && !own_gateways(member).empty()) {
        work_.findings.error({.code = "CL1420",
                              .where = link.span,
                              .summary = fmt::format("site '{}' has no way out for link '{}'", site.path, link.name),
                              .detail = "a cloud's gateway dials the hub through the site's link to the internet",
                              .hint = out.mend,
                              .related = {{site.span, "the site is declared here"}}});
      }
      if (work_.sites[member.site].premises && !link.underlays.empty() && used(site, link).empty()) {
        work_.findings.error({.code = "CL1420",
                              .where = link.underlays.front().span,
                              .summary = fmt::format("site '{}' has none of the underlays of link '{}'",
                                                     site.instance.family.empty() ? site.path : site.name, link.name),
                              .hint = fmt::format("add an underlay '{}' to it", link.underlays.front().value),
                              .related = {{site.span, "the site is declared here"}}});
      }
    }
  }
  static std::vector<const Underlay*> used(const Site& site, const Link& link) {
    std::vector<const Underlay*> those;
    for (const Underlay& underlay : site.underlays) {
      if (link.underlays.empty() || std::any_of(link.underlays.begin(), link.underlays.end(),
                                                [&](const Name& name) { return name.value == underlay.name; })) {
        those.push_back(&underlay);
      }
    }
    return those;
  }

  /// A cloud's gateways that are machines of ours, not the platform's.
  [[nodiscard]] std::vector<uint32_t> own_gateways(const Paths::Member& member) const {
    std::vector<uint32_t> ours;
    for (const uint32_t host : work_.index.site_gateways[member.site]) {
      const ResolvedHost& gateway = work_.out.hosts[host];
      if (gateway.made && paths_.domain_of(member.site, gateway.segment) == member.domain) {
        ours.push_back(host);
      }
    }
    return ours;
  }
  /// Whether tunnels at a cloud's own gateways can be dialled; the platform's gateways and far ones (`peer`) can.
  [[nodiscard]] Route to_cloud(const Paths::Member& member) const {
    const std::vector<uint32_t> ours = own_gateways(member);
    if (ours.empty()) {
      return {.found = true};
    }
    if (std::none_of(ours.begin(), ours.end(), [&](uint32_t host) { return work_.out.hosts[host].is_public; })) {
      return {.why = fmt::format("gateway '{}' is not public", work_.out.hosts[ours.front()].path),
              .mend = "remove 'public: false' from the gateway"};
    }
    return paths_.way_out(member.site, member.domain, true);
  }
  [[nodiscard]] bool can_be_dialled(const Paths::Member& member, const Link& link) const {
    if (!work_.sites[member.site].premises) {
      return work_.sites[member.site].external || to_cloud(member).found;
    }
    const auto those = used(work_.topology.sites[member.site], link);
    return std::any_of(those.begin(), those.end(),
                       [](const Underlay* one) { return one->how == Underlay::Public::address; });
  }
  /// One end must have an address that the other can dial.
  void dialling(uint32_t index) {
    const Link& link = work_.topology.links[index];
    const Paths::Member* silent = nullptr;
    for (const Paths::Member& member : paths_.members(index)) {
      if (can_be_dialled(member, link)) {
        continue;
      }
      if (member.role == Paths::Role::hub) {
        no_dial(link, member, "the hub");
        return;
      }
      if (member.role == Paths::Role::side) {
        if (silent != nullptr && (silent->side != member.side || link.between.size() == 1)) {
          no_dial(link, member, fmt::format("'{}'", work_.topology.sites[silent->site].path));
          return;
        }
        silent = silent == nullptr ? &member : silent;
      }
    }
  }
  void no_dial(const Link& link, const Paths::Member& member, std::string_view other) {
    const Site& site = work_.topology.sites[member.site];
    if (const Route way = work_.sites[member.site].premises ? Route{.found = true} : to_cloud(member); !way.found) {
      work_.findings.error({.code = "CL1419",
                            .where = link.span,
                            .summary = fmt::format("neither end of link '{}' can be dialled", link.name),
                            .detail = member.role == Paths::Role::hub
                                          ? fmt::format("spokes dial its hub, and {}", way.why)
                                          : fmt::format("{}, and {} has no public address either", way.why, other),
                            .hint = way.mend,
                            .related = {{site.span, "cannot be dialled"}}});
      return;
    }
    work_.findings.error(
        {.code = "CL1419",
         .where = link.span,
         .summary = fmt::format("neither end of link '{}' can be dialled", link.name),
         .detail = member.role == Paths::Role::hub
                       ? fmt::format("its hub '{}' has no underlay with a public address", site.path)
                       : fmt::format("'{}' and {} have no underlay with a public address", site.path, other),
         .hint = fmt::format("write the address at 'public:' of an underlay of one of them"),
         .related = {{site.underlays.empty()                    ? site.span
                      : site.underlays.front().public_span != 0 ? site.underlays.front().public_span
                                                                : site.underlays.front().span,
                      "cannot be dialled"}}});
  }

  void environments(uint32_t index) {
    const Link& link = work_.topology.links[index];
    const auto environment = [&](const Paths::Member& member) {
      const auto sites = work_.topology.sites.size();
      return member.domain < sites ? work_.sites[member.domain].environment
                                   : work_.out.vpcs[member.domain - sites].environment;
    };
    const auto path = [&](const Paths::Member& member) -> const std::string& {
      const auto sites = work_.topology.sites.size();
      return member.domain < sites ? work_.topology.sites[member.site].path
                                   : work_.out.vpcs[member.domain - sites].path;
    };
    std::map<std::string, const Paths::Member*> seen;
    for (const Paths::Member& member : paths_.members(index)) {
      if (!work_.sites[member.site].external && !environment(member).empty()) {
        seen.try_emplace(environment(member), &member);
      }
    }
    if (seen.size() > 1) {
      const auto& [first, a] = *seen.begin();
      const auto& [last, b] = *seen.rbegin();
      work_.findings.error(
          {.code = "CL1422",
           .where = link.span,
           .summary = fmt::format("link '{}' would join environments '{}' and '{}'", link.name, first, last),
           .detail =
               fmt::format("'{}' is in the one, '{}' in the other; nothing crosses environments", path(*a), path(*b)),
           .hint = link.kind.value == "peering" ? "name VPCs of one environment at 'between:'"
                                                : "make one link for each environment"});
    }
  }

  Work& work_;
  std::size_t before_;
  Paths paths_;
};

}  // namespace

void check_links(Work& work) {
  Links(work).run();
}

}  // namespace cloison::topology
