#include "core/plan/desired.h"

#include <algorithm>
#include <functional>
#include <queue>

#include "core/base/strings.h"

namespace cloison::plan {
namespace {

constexpr std::size_t k_suggest_among = 20'000;  // edit distances to more names than this cost more than they help

Diagnostic duplicate(const Resource& first, const Resource& second) {
  Diagnostic why{.kind = ErrorKind::topology,
                 .code = "CL3001",
                 .summary = "two resources have the address '" + first.address.text + "'",
                 .detail = "An address names one resource; these two come from different declarations.",
                 .hint = "rename one of the two declarations",
                 .address = first.address.text};
  if (!first.origins.empty()) why.where = first.origins.front().span;
  if (!second.origins.empty()) why.related.emplace_back(second.origins.front().span, "the other declaration");
  return why;
}

Diagnostic dangling(const Resource& resource, const std::string& target, const std::vector<Resource>& all) {
  std::vector<std::string> names;
  if (all.size() <= k_suggest_among) {
    for (const Resource& one : all) names.push_back(one.address.text);
  }
  const std::vector<std::string> near = suggestions(target, names);
  Diagnostic why{
      .kind = ErrorKind::topology,
      .code = "CL3002",
      .summary = "'" + resource.address.text + "' needs '" + target + "', which is not there",
      .detail = "No resource of this plan has that address.",
      .hint = near.empty() ? "declare it, or remove what refers to it" : "did you mean '" + near.front() + "'?",
      .address = resource.address.text};
  if (!resource.origins.empty()) why.where = resource.origins.front().span;
  return why;
}

}  // namespace

DesiredGraph::DesiredGraph(std::vector<Resource>& resources, Diagnostics& notes) : resources_(&resources) {
  const auto by_address = [](const Resource& a, const Resource& b) { return a.address.text < b.address.text; };
  if (!std::is_sorted(resources.begin(), resources.end(), by_address))
    std::stable_sort(resources.begin(), resources.end(), by_address);
  index_.reserve(resources.size());
  for (std::size_t i = 0; i < resources.size(); ++i) {
    // Sorted, so that equal addresses are neighbours.
    if (i > 0 && resources[i].address == resources[i - 1].address)
      notes.push_back(duplicate(resources[*find(resources[i].address.text)], resources[i]));
    else
      index_.add(std::hash<std::string_view>{}(resources[i].address.text), static_cast<uint32_t>(i));
  }
  if (has_errors(notes)) return;
  collect_needs(resources, notes);
  if (has_errors(notes)) return;
  sort_topologically(resources, notes);
}

std::optional<uint32_t> DesiredGraph::find(std::string_view address) const {
  return index_.find(std::hash<std::string_view>{}(address),
                     [&](uint32_t index) { return (*resources_)[index].address.text == address; });
}

void DesiredGraph::collect_needs(const std::vector<Resource>& resources, Diagnostics& notes) {
  begin_.reserve(resources.size() + 1);
  begin_.push_back(0);
  for (const Resource& resource : resources) {
    const auto need = [&](const std::string& target) {
      if (const auto found = find(target))
        needs_.push_back(*found);
      else
        notes.push_back(dangling(resource, target, resources));
    };
    for_each_reference(resource.attributes, [&](const Ref& ref) { need(ref.address); });
    for (const std::string& address : resource.after) need(address);
    const auto first = needs_.begin() + static_cast<std::ptrdiff_t>(begin_.back());
    std::sort(first, needs_.end());
    needs_.erase(std::unique(first, needs_.end()), needs_.end());
    begin_.push_back(needs_.size());
  }
}

void DesiredGraph::sort_topologically(const std::vector<Resource>& resources, Diagnostics& notes) {
  const std::size_t count = resources.size();
  std::vector<uint32_t> waiting(count);
  std::vector<std::size_t> first_user(count + 1);
  for (const uint32_t need : needs_) ++first_user[need + 1];
  for (std::size_t i = 0; i < count; ++i) first_user[i + 1] += first_user[i];
  std::vector<uint32_t> users(needs_.size());
  std::vector<std::size_t> next = first_user;
  for (uint32_t i = 0; i < count; ++i) {
    waiting[i] = static_cast<uint32_t>(needs(i).size());
    for (const uint32_t need : needs(i)) users[next[need]++] = i;
  }
  std::priority_queue<uint32_t, std::vector<uint32_t>, std::greater<>> ready;
  for (uint32_t i = 0; i < count; ++i) {
    if (waiting[i] == 0) ready.push(i);
  }
  order_.reserve(count);
  while (!ready.empty()) {
    const uint32_t index = ready.top();
    ready.pop();
    order_.push_back(index);
    for (std::size_t u = first_user[index]; u < first_user[index + 1]; ++u) {
      if (--waiting[users[u]] == 0) ready.push(users[u]);
    }
  }
  if (order_.size() == count) return;
  order_.clear();
  // Whatever still waits has a need that still waits: following those must close a circle.
  auto at = static_cast<uint32_t>(std::find_if(waiting.begin(), waiting.end(), [](uint32_t n) { return n > 0; }) -
                                  waiting.begin());
  std::vector<uint32_t> path;
  std::vector<bool> seen(count);
  while (!seen[at]) {
    seen[at] = true;
    path.push_back(at);
    at = *std::find_if(needs(at).begin(), needs(at).end(), [&](uint32_t need) { return waiting[need] > 0; });
  }
  std::vector<std::string> names;
  for (auto step = std::find(path.begin(), path.end(), at); step != path.end(); ++step)
    names.push_back(resources[*step].address.text);
  names.push_back(resources[at].address.text);
  Diagnostic why{.kind = ErrorKind::topology,
                 .code = "CL3003",
                 .summary = "resources need each other in a circle",
                 .detail = join(names, " -> "),
                 .hint = "remove one of these references",
                 .address = resources[at].address.text};
  if (!resources[at].origins.empty()) why.where = resources[at].origins.front().span;
  notes.push_back(std::move(why));
}

}  // namespace cloison::plan
