#include "core/plan/read_set.h"

#include "core/base/digest.h"
#include "core/model/value_json.h"

namespace cloison::plan {
namespace {

/// One digest per resource, then one over all: no text of the whole plan is ever held.
std::string digest_of_desired(const std::vector<Resource>& desired) {
  std::string digests;
  digests.reserve(desired.size() * sizeof(Digest));
  std::string text;
  for (const Resource& resource : desired) {
    text.clear();
    append_json_string(text, resource.address.text);
    append_json_string(text, resource.provider);
    append_json_string(text, resource.kind);
    append_json(text, resource.attributes);
    for (const std::string& address : resource.after) append_json_string(text, address);
    const Digest digest = sha256(text);
    digests.append(reinterpret_cast<const char*>(digest.data()), digest.size());
  }
  return sha256_hex(digests);
}

}  // namespace

ReadSet read_set_of(const PlanInput& input, const Decisions& decisions, const DesiredGraph& graph,
                    const std::vector<Step>& steps) {
  ReadSet read;
  const auto& rows = input.snapshot->rows;
  const auto add_rows = [&](const std::string& address) {
    bool any = false;
    for (auto row = rows.lower_bound(RowKey{address, 0}); row != rows.end() && row->first.address == address; ++row) {
      read.revisions.emplace(row->first, row->second.revision);
      any = true;
    }
    if (!any) read.absent.insert(address);
  };
  for (const Step& step : steps) {
    if (step.unexpected) {
      read.live.insert_or_assign(step.key.address, value_digest(step.live));
      if (!step.container_address.empty()) add_rows(step.container_address);
      continue;
    }
    add_rows(step.key.address);
    if (!step.moved_from.address.empty()) add_rows(step.moved_from.address);
    for_each_reference(step.desired, [&](const Ref& ref) { add_rows(ref.address); });
    const auto index = graph.find(step.key.address);
    if (index && decisions.items[*index].live != nullptr)
      read.live.insert_or_assign(step.key.address, value_digest(decisions.items[*index].live->attributes));
  }
  for (const Removal& removal : decisions.removals) {
    if (removal.row != nullptr && removal.object != nullptr && read.revisions.contains(removal.row->key))
      read.live.try_emplace(removal.address, value_digest(removal.object->attributes));
  }
  read.desired_digest = digest_of_desired(input.desired);
  for (const auto& [key, value] : input.allocations)
    if (const auto known = input.snapshot->allocations.find(key); known != input.snapshot->allocations.end())
      read.allocations.emplace(key, known->second);
  return read;
}

}  // namespace cloison::plan
