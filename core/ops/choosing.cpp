#include "core/ops/choosing.h"

#include <algorithm>

#include "core/base/strings.h"

namespace cloison::ops {

namespace {

/// "cloud.production.data" covers itself and everything below: "cloud.production.data.network", "….postgres-2.server".
bool covers(const std::string& path, const std::string& address) {
  return address.starts_with(path) &&
         (address.size() == path.size() || address[path.size()] == '.' || address[path.size()] == '-');
}

void add_paths_of_environment(const topology::Resolved& resolved, const std::string& environment,
                              std::vector<std::string>& paths) {
  for (const auto& vpc : resolved.vpcs)
    if (vpc.environment == environment) paths.push_back(vpc.path);
  for (const auto& segment : resolved.segments)
    if (segment.environment == environment && segment.vpc_path.empty()) paths.push_back(segment.path);
  paths.push_back(environment);  // address sets are named after their environment
}

std::vector<std::string> paths_of_environments(const Context& context, const topology::Resolved& resolved,
                                               Diagnostics& notes) {
  std::vector<std::string> known, paths;
  for (const auto& environment : resolved.topology->environments) known.push_back(environment.name);
  for (const auto& environment : context.environments) {
    if (std::find(known.begin(), known.end(), environment) == known.end()) {
      notes.push_back({.kind = ErrorKind::usage,
                       .code = "CL6010",
                       .summary = "environment '" + printable(environment) + "' is not declared",
                       .detail = "--environment takes the name of an environment of this topology.",
                       .hint = did_you_mean(environment, known)});
      continue;
    }
    add_paths_of_environment(resolved, environment, paths);
  }
  return paths;
}

Diagnostic unknown_environment(const std::string& environment) {
  return {.kind = ErrorKind::usage,
          .code = "CL6010",
          .summary = "what is of environment '" + printable(environment) + "' cannot be told",
          .detail = "The topology says it, and this one does not validate. Nothing was changed.",
          .hint = "mend what `cloison validate` reports, or name addresses: --target"};
}

Diagnostic nothing_below(const std::string& target) {
  return {.kind = ErrorKind::usage,
          .code = "CL4060",
          .summary = "the state has no resource at or below '" + printable(target) + "'",
          .detail = "The topology does not validate, so only addresses can be chosen. Nothing was changed.",
          .hint = "`cloison state list` names what there is"};
}

}  // namespace

std::set<std::string> chosen_addresses(const Context& context, const topology::Resolved* resolved,
                                       const std::vector<Resource>& desired, const Snapshot& snapshot,
                                       Diagnostics& notes) {
  std::vector<std::string> paths;
  if (resolved)
    paths = paths_of_environments(context, *resolved, notes);
  else
    for (const auto& environment : context.environments) notes.push_back(unknown_environment(environment));
  std::set<std::string> all;
  for (const auto& resource : desired) all.insert(resource.address.text);
  for (const auto& [key, row] : snapshot.rows) all.insert(key.address);
  for (const auto& target : context.targets) {
    const auto is_of_target = [&](const std::string& address) { return covers(target, address); };
    if (all.contains(target) || (!resolved && std::any_of(all.begin(), all.end(), is_of_target))) {
      paths.push_back(target);
      continue;
    }
    if (!resolved) {
      notes.push_back(nothing_below(target));
      continue;
    }
    auto selected = topology::selected_paths(*resolved, target);
    append(notes, std::move(selected.notes));
    if (selected.value) paths.insert(paths.end(), selected.value->begin(), selected.value->end());
  }
  std::set<std::string> chosen;
  for (const auto& address : all)
    if (std::any_of(paths.begin(), paths.end(), [&](const std::string& path) { return covers(path, address); }))
      chosen.insert(address);
  choose_services(context, resolved, desired, snapshot, chosen, notes);
  return chosen;
}

Diagnostics unknown_replacements(const Context& context, const std::vector<Resource>& desired,
                                 const Snapshot& snapshot) {
  Diagnostics notes;
  if (context.replace.empty()) return notes;
  std::vector<std::string> known;
  for (const auto& resource : desired)
    if (snapshot.current(resource.address.text)) known.push_back(resource.address.text);
  for (const auto& address : context.replace) {
    if (std::find(known.begin(), known.end(), address) != known.end()) continue;
    const auto near = suggestions(address, known);
    std::vector<std::string> below;
    std::copy_if(known.begin(), known.end(), std::back_inserter(below),
                 [&](const std::string& one) { return covers(address, one); });
    constexpr std::size_t k_most = 3;
    if (below.size() > k_most) below.resize(k_most);
    notes.push_back(
        {.kind = ErrorKind::usage,
         .code = "CL4060",
         .summary = "--replace: there is no resource '" + printable(address) + "' to be replaced",
         .detail = "It takes addresses of resources that are declared and in the state. Nothing was changed.",
         .hint = !near.empty()    ? "did you mean '" + near.front() + "'?"
                 : !below.empty() ? "below it are " + join(below, ", ")
                                  : "`cloison state list` names all of them"});
  }
  return notes;
}

}  // namespace cloison::ops
