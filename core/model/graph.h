#pragma once
// Topological order of string- or number-keyed graphs; deterministic (ties by key), or the cycle as a path.

#include <map>
#include <set>
#include <variant>
#include <vector>

namespace cloison {

/// `after[k]` holds what must come before k. Keys that are only mentioned count as nodes.
/// Kahn's algorithm with a sorted frontier; on failure one cycle, first node repeated at the end.
template <class Key>
struct Order {
  std::vector<Key> order{};
  std::vector<Key> cycle{};
  [[nodiscard]] bool ok() const { return cycle.empty(); }
};

template <class Key>
[[nodiscard]] Order<Key> topological_order(const std::map<Key, std::set<Key>>& after) {
  std::map<Key, std::size_t> waiting{};
  std::map<Key, std::vector<Key>> before{};
  for (const auto& [key, needs] : after) {
    waiting[key] += needs.size();
    for (const auto& need : needs) {
      waiting.try_emplace(need, 0);
      before[need].push_back(key);
    }
  }
  std::set<Key> ready{};
  for (const auto& [key, count] : waiting)
    if (count == 0) ready.insert(key);
  Order<Key> result;
  while (!ready.empty()) {
    const Key key = *ready.begin();
    ready.erase(ready.begin());
    result.order.push_back(key);
    waiting.erase(key);
    for (const auto& next : before[key])
      if (--waiting[next] == 0) ready.insert(next);
  }
  if (waiting.empty()) return result;
  // Every node left has a predecessor that is left: walking back must close a circle.
  std::map<Key, std::size_t> seen{};
  std::vector<Key> path{};
  Key at = waiting.begin()->first;
  while (!seen.contains(at)) {
    seen[at] = path.size();
    path.push_back(at);
    for (const auto& need : after.at(at))
      if (waiting.contains(need)) {
        at = need;
        break;
      }
  }
  result.order.clear();
  result.cycle.assign(path.begin() + static_cast<std::ptrdiff_t>(seen[at]), path.end());
  result.cycle.push_back(at);
  return result;
}

}  // namespace cloison
