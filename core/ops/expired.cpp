#include "core/ops/expired.h"

#include <algorithm>
#include <set>
#include <tuple>

namespace cloison::ops {

namespace {

/// By the word that stands in a row's origins.
std::map<std::string, const topology::ResolvedFlow*> expired_flows(const topology::Resolved& resolved, Instant now) {
  std::map<std::string, const topology::ResolvedFlow*> expired;
  for (const auto& flow : resolved.flows)
    if (!flow.in_force && flow.flow != nullptr && !flow.flow->disabled && flow.flow->expires &&
        flow.flow->expires->at <= now)
      expired.emplace("flow " + flow.id, &flow);
  return expired;
}

/// Rules stand in closed containers; what else a flow asked for (an address group) opens nothing by itself.
bool opens(const ResourceState& row, const Providers& providers) {
  const auto provider = providers.find(row.provider);
  const auto* kind = provider == providers.end() ? nullptr : find_kind(provider->second->kinds(), row.kind);
  return kind != nullptr && kind->closed;
}

/// What was seen, by provider entry, kind and id.
using Seen = std::set<std::tuple<std::string_view, std::string_view, std::string_view>>;

Seen seen_in(const LiveReading& live) {
  Seen seen;
  for (const auto& [provider, objects] : live.observed)
    for (const auto& object : objects) seen.emplace(provider, object.kind, object.remote_id);
  return seen;
}

}  // namespace

std::vector<Drift> still_open(const topology::Resolved& resolved, Instant now, const std::vector<Resource>& desired,
                              const Snapshot& snapshot, const LiveReading& live, const Providers& providers) {
  std::vector<Drift> open;
  const auto expired = expired_flows(resolved, now);
  if (expired.empty()) return open;
  std::set<std::string_view> wanted;
  for (const auto& resource : desired) wanted.insert(resource.address.text);
  const auto seen = seen_in(live);
  const auto is_there = [&](const ResourceState& row) {
    // An entry that was not read holds what is believed of it.
    return !live.observed.contains(row.provider) || seen.contains({row.provider, row.kind, row.remote_id});
  };
  for (const auto& [key, row] : snapshot.rows) {
    if (wanted.contains(key.address)) continue;
    for (const auto& origin : row.origins) {
      const auto flow = expired.find(origin.declared_by);
      if (flow == expired.end() || !opens(row, providers) || !is_there(row)) continue;
      open.push_back({.address = key.address,
                      .provider = row.provider,
                      .kind = row.kind,
                      .remote_id = row.remote_id,
                      .what = Drift::What::expired,
                      .mended = true,
                      .origins = {{origin.declared_by, flow->second->span}},
                      .flow = flow->second->id,
                      .expires = flow->second->flow->expires->text});
      break;
    }
  }
  std::stable_sort(open.begin(), open.end(), [](const Drift& a, const Drift& b) { return a.flow < b.flow; });
  return open;
}

}  // namespace cloison::ops
