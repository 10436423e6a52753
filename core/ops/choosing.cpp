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

}  // namespace

std::set<std::string> chosen_addresses(const Context& context, const topology::Resolved& resolved,
                                       const std::vector<Resource>& desired, const Snapshot& snapshot,
                                       Diagnostics& notes) {
  std::vector<std::string> known;
  for (const auto& environment : resolved.topology->environments) known.push_back(environment.name);
  std::vector<std::string> paths;
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
  std::set<std::string> all;
  for (const auto& resource : desired) all.insert(resource.address.text);
  for (const auto& [key, row] : snapshot.rows) all.insert(key.address);
  for (const auto& target : context.targets) {
    if (all.contains(target)) {
      paths.push_back(target);
      continue;
    }
    auto selected = topology::selected_paths(resolved, target);
    append(notes, std::move(selected.notes));
    if (selected.value) paths.insert(paths.end(), selected.value->begin(), selected.value->end());
  }
  std::set<std::string> chosen;
  for (const auto& address : all)
    if (std::any_of(paths.begin(), paths.end(), [&](const std::string& path) { return covers(path, address); }))
      chosen.insert(address);
  return chosen;
}

}  // namespace cloison::ops
