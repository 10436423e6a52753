#include "core/plan/live.h"

#include <algorithm>
#include <tuple>

namespace cloison::plan {

LiveIndex::LiveIndex(const ObservedByProvider& observed, const KindTable& kinds, std::string lineage)
    : kinds_(&kinds), lineage_(std::move(lineage)) {
  for (const auto& [name, objects] : observed) {
    PerProvider& entry = providers_[name];
    entry.objects = &objects;
    entry.claimed.assign(objects.size(), false);
    entry.by_id.reserve(objects.size());
    // Of two with one id the first is found.
    for (std::size_t i = 0; i < objects.size(); ++i)
      entry.by_id.add(ObjectKeyHash{}({objects[i].kind, objects[i].remote_id}), static_cast<uint32_t>(i));
  }
}

const Observed* LiveIndex::claim(std::string_view provider, std::string_view kind, std::string_view remote_id) {
  const auto entry = providers_.find(provider);
  if (entry == providers_.end()) return nullptr;
  const std::vector<Observed>& objects = *entry->second.objects;
  const auto found = entry->second.by_id.find(ObjectKeyHash{}({kind, remote_id}), [&](uint32_t index) {
    return objects[index].remote_id == remote_id && objects[index].kind == kind;
  });
  if (!found || entry->second.claimed[*found]) return nullptr;
  entry->second.claimed[*found] = true;
  return &objects[*found];
}

void LiveIndex::index_one(PerProvider& entry, std::string_view provider, std::size_t index) {
  const Observed& object = (*entry.objects)[index];
  const KindInfo* kind = kinds_->find(provider, object.kind);
  if (kind == nullptr) return;
  if (kind->matched_by_marker()) {
    if (!marked(object)) return;
    entry.by_marker[ObjectKey{object.kind, object.marker->address}].push_back(index);
    entry.digest_markers = entry.digest_markers || object.marker->address.starts_with("sha256:");
  } else if (auto key = natural_identity(*kind, object.container_id, comparable(*kind, object.attributes))) {
    entry.by_nature.emplace(*std::move(key), index);
  }
}

void LiveIndex::index_unclaimed() {
  for (auto& [provider, entry] : providers_) {
    for (std::size_t i = 0; i < entry.objects->size(); ++i) {
      if (!entry.claimed[i]) index_one(entry, provider, i);
    }
    for (auto& [key, indices] : entry.by_marker) {
      const std::vector<Observed>& objects = *entry.objects;
      std::sort(indices.begin(), indices.end(), [&](std::size_t a, std::size_t b) {
        const uint32_t newer = objects[a].marker->generation;
        const uint32_t older = objects[b].marker->generation;
        return newer != older ? newer > older : objects[a].remote_id < objects[b].remote_id;
      });
    }
  }
}

const Observed* LiveIndex::claim_by_marker(std::string_view provider, const KindInfo& kind, std::string_view address) {
  const auto entry = providers_.find(provider);
  if (entry == providers_.end() || !kind.matched_by_marker()) return nullptr;
  PerProvider& found_entry = entry->second;
  auto found = found_entry.by_marker.find(ObjectKey{kind.schema->kind, address});
  if (found == found_entry.by_marker.end() && found_entry.digest_markers) {
    // Only a long address is written as its digest; asking the marker itself keeps that rule in one place.
    const Marker marker{.lineage = lineage_, .generation = 1, .address = std::string(address)};
    if (const auto written = Marker::parse(marker.text()); written && written->address != address)
      found = found_entry.by_marker.find(ObjectKey{kind.schema->kind, written->address});
  }
  if (found == found_entry.by_marker.end()) return nullptr;
  for (const std::size_t index : found->second) {
    if (found_entry.claimed[index]) continue;
    found_entry.claimed[index] = true;
    return &(*found_entry.objects)[index];
  }
  return nullptr;
}

const Observed* LiveIndex::claim_by_nature(std::string_view provider, const std::string& identity) {
  const auto entry = providers_.find(provider);
  if (entry == providers_.end()) return nullptr;
  const auto found = entry->second.by_nature.find(identity);
  if (found == entry->second.by_nature.end() || entry->second.claimed[found->second]) return nullptr;
  entry->second.claimed[found->second] = true;
  return &(*entry->second.objects)[found->second];
}

std::vector<LiveIndex::Unclaimed> LiveIndex::unclaimed() const {
  std::vector<Unclaimed> all;
  for (const auto& [provider, entry] : providers_) {
    for (std::size_t i = 0; i < entry.objects->size(); ++i) {
      if (entry.claimed[i]) continue;
      const Observed& object = (*entry.objects)[i];
      const KindInfo* kind = kinds_->find(provider, object.kind);
      if (kind == nullptr) continue;
      const bool ours = marked(object) && kind->matched_by_marker();
      if (ours || kind->schema->closed) all.push_back({provider, &object, kind, ours});
    }
  }
  std::sort(all.begin(), all.end(), [](const Unclaimed& a, const Unclaimed& b) {
    return std::tie(a.provider, a.object->kind, a.object->remote_id) <
           std::tie(b.provider, b.object->kind, b.object->remote_id);
  });
  return all;
}

}  // namespace cloison::plan
