// Groups: members, pins of names, groups inside themselves.
#include <algorithm>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/topology/address_places.h"
#include "core/topology/resolve_work.h"

namespace cloison::topology {

namespace {

void pin(Work& work, const Name& name) {
  const std::string key = "pin " + name.value;
  const auto locked = work.lock.entries.find(key);
  const auto answer = work.options.answers.find(name.value);
  if (answer != work.options.answers.end() && !answer->second.empty()) {
    std::vector<IpAddress> addresses = answer->second;
    std::sort(addresses.begin(), addresses.end());
    addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
    std::vector<std::string> texts;
    for (const IpAddress& address : addresses) {
      texts.push_back(address.text());
    }
    work.given[key] = join(texts, " ");
  } else if (locked != work.lock.entries.end()) {
    work.given[key] = locked->second;
  } else if (!work.options.pins_may_be_missing) {
    work.findings.error({.code = "CL1330",
                         .where = name.span,
                         .summary = fmt::format("'{}' has no pinned address", printable(name.value)),
                         .detail = "it is not in the lock file, and no resolver answered",
                         .hint = "check the name, and set CLOISON_RESOLVER to a resolver that knows it"});
    return;
  }
  if (locked == work.lock.entries.end() && work.given.contains(key)) {
    work.out.new_allocations.push_back(key);
  }
}

/// Groups that `group` names among its hosts.
std::vector<uint32_t> inner(const Work& work, uint32_t group) {
  std::vector<uint32_t> groups;
  for (const SelectorTerm& term : work.topology.groups[group].hosts.terms) {
    const auto word = work.index.words.find(term.path);
    if (word != work.index.words.end() && word->second.kind == NameIndex::Kind::group) {
      groups.push_back(word->second.items.front());
    }
  }
  return groups;
}

/// Depth first with an explicit stack: a chain of groups may be as long as a file.
class Cycles {
 public:
  explicit Cycles(Work& work) : work_(work), seen_(work.topology.groups.size(), Seen::no) {}

  void from(uint32_t start) {
    std::vector<Visit> stack;
    enter(stack, start);
    while (!stack.empty()) {
      Visit& top = stack.back();
      if (top.next == top.inside.size()) {
        seen_[top.group] = Seen::done;
        stack.pop_back();
        continue;
      }
      const uint32_t child = top.inside[top.next++];
      if (seen_[child] == Seen::open) {
        report(stack, child);
      }
      enter(stack, child);
    }
  }

 private:
  enum class Seen : uint8_t { no, open, done };
  struct Visit {
    uint32_t group = 0;
    std::vector<uint32_t> inside{};
    std::size_t next = 0;
  };
  void enter(std::vector<Visit>& stack, uint32_t group) {
    if (seen_[group] == Seen::no) {
      seen_[group] = Seen::open;
      stack.push_back({group, inner(work_, group), 0});
    }
  }
  void report(const std::vector<Visit>& stack, uint32_t child) {
    std::vector<std::string> path;
    bool inside = false;
    for (const Visit& visit : stack) {
      inside = inside || visit.group == child;
      if (inside) {
        path.push_back(work_.topology.groups[visit.group].name);
      }
    }
    path.push_back(work_.topology.groups[child].name);
    work_.findings.error(
        {.code = "CL1222",
         .where = work_.topology.groups[child].span,
         .summary = fmt::format("group '{}' contains itself", work_.topology.groups[child].name),
         .detail = join(path, " -> "),
         .hint = fmt::format("remove '{}' from the hosts of '{}'", path.back(), path[path.size() - 2])});
  }

  Work& work_;
  std::vector<Seen> seen_;
};

}  // namespace

void resolve_groups(Work& work) {
  Cycles cycles(work);
  const AddressPlaces places(work);
  Selectors selectors(work.topology, work.out, work.index, work.service_hosts, work.findings);
  for (uint32_t i = 0; i < work.topology.groups.size(); ++i) {
    const Group& group = work.topology.groups[i];
    for (const auto& cidr : group.cidrs) {
      if (const auto answer = places.whose(cidr.value); answer.whose == AddressPlaces::Whose::several) {
        report_several(work.findings, places, cidr, answer.name, fmt::format("group '{}'", group.name));
      }
    }
    for (const Name& name : group.fqdns) {
      pin(work, name);
    }
    cycles.from(i);
    static_cast<void>(selectors.choose(group.hosts));
  }
}

}  // namespace cloison::topology
