#include "core/state/batch_writer.h"

#include "core/state/errors.h"
#include "core/state/log_body.h"
#include "core/state/log_chain.h"

namespace cloison::state {

namespace {

using Done = Result<void>;

class BatchWriter {
 public:
  BatchWriter(Tables& tables, Head& head, Instant fallback) : tables_(tables), head_(head), when_(fallback) {
    ++head_.serial;
  }

  /// Rows without an entry beside them belong to the operation under way, when it is the only one.
  Done adopt_operation() {
    auto open = tables_.open_operations();
    if (!open) return fail(open.error());
    if (open->size() == 1) operation_ = std::move(open->front());
    return {};
  }

  Done write(const Entry& entry) {
    return std::visit([this](const auto& one) { return write_entry(one); }, entry);
  }

  Done add_config(const std::string& digest, const StoredProvider& provider) {
    const auto known = tables_.has_config(digest);
    if (!known) return fail(known.error());
    if (*known) return {};
    if (Done ok = tables_.add_config(digest, provider); !ok) return ok;
    grow(element_digest(digest, provider));
    return log(entry_kind::k_provider_added, body_of_provider(digest, provider));
  }

  Done put(const ResourceState& row) {
    const auto former = tables_.row(row.key);
    if (!former) return fail(former.error());
    StoredRow after = stored(row);
    after.revision = head_.serial;
    const Digest digest = digest_of(after);
    if (*former) shrink(digest_of(**former));
    grow(digest);
    if (Done ok = tables_.put_row(after, digest, former->has_value()); !ok) return ok;
    return log(entry_kind::k_row_put, body_of_put(after, digest, *former));
  }

  /// Removing what is not there is a success.
  Done remove(const RowKey& key) {
    const auto former = tables_.row(key);
    if (!former) return fail(former.error());
    if (!*former) return {};
    shrink(digest_of(**former));
    if (Done ok = tables_.remove_row(key); !ok) return ok;
    return log(entry_kind::k_row_removed, body_of_removal(**former));
  }

  Done put_facts(const std::string& provider, const Facts& facts) {
    const auto former = tables_.facts(provider);
    if (!former) return fail(former.error());
    if (*former && flat_json(**former) == flat_json(facts)) return {};
    if (*former) shrink(element_digest(provider, **former));
    grow(element_digest(provider, facts));
    if (Done ok = tables_.put_facts(provider, facts); !ok) return ok;
    return log(entry_kind::k_facts_put, body_of_facts(provider, *former));
  }

  Done put_allocations(const std::map<std::string, std::string>& wanted) {
    const auto present = tables_.allocations();
    if (!present) return fail(present.error());
    FormerAllocations changed;
    for (const auto& [key, value] : *present) {
      const auto kept = wanted.find(key);
      if (kept != wanted.end() && kept->second == value) continue;
      changed.emplace(key, value);
      shrink(allocation_digest(key, value));
      if (kept != wanted.end()) continue;
      if (Done ok = tables_.remove_allocation(key); !ok) return ok;
    }
    for (const auto& [key, value] : wanted) {
      const auto former = present->find(key);
      if (former != present->end() && former->second == value) continue;
      changed.emplace(key, std::nullopt);  // keeps the former value where there was one
      grow(allocation_digest(key, value));
      if (Done ok = tables_.put_allocation(key, value); !ok) return ok;
    }
    if (changed.empty()) return {};
    return log(entry_kind::k_allocations_put, body_of_allocations(changed));
  }

 private:
  Done write_entry(const OperationStarted& entry) {
    note(entry.id, entry.when);
    if (Done ok = opened(entry_kind::k_operation_started, body_of(entry), {.operation = entry.id}); !ok) return ok;
    if (entry.recorded)
      if (Done ok = log(entry_kind::k_topology_recorded, body_of(*entry.recorded, entry.id, entry.when)); !ok)
        return ok;
    if (entry.pack)
      if (Done ok = log(entry_kind::k_pack_made, body_of(*entry.pack, entry.id, entry.when)); !ok) return ok;
    if (entry.reviews.empty()) return {};
    return log(entry_kind::k_flows_reviewed, body_of(entry.reviews, entry.id, entry.when));
  }
  Done write_entry(const StepIntent& entry) {
    note(entry.operation, entry.when);
    return opened(entry_kind::k_intent, body_of(entry), {.operation = entry.operation, .step = entry.step});
  }
  Done write_entry(const StepOutcome& entry) {
    note(entry.operation, entry.when);
    return closed(entry_kind::k_outcome, body_of(entry), entry.step);
  }
  Done write_entry(const OperationFinished& entry) {
    note(entry.id, entry.when);
    return closed(entry_kind::k_operation_finished, body_of(entry), std::nullopt);
  }

  Done opened(std::string_view kind, std::string body, OpenEntry entry) {
    if (Done ok = log(kind, std::move(body)); !ok) return ok;
    entry.number = head_.log_entries;
    grow(element_digest(entry));
    return tables_.open(entry);
  }

  Done closed(std::string_view kind, std::string body, std::optional<uint32_t> step) {
    if (Done ok = log(kind, std::move(body)); !ok) return ok;
    const auto entries = tables_.close(operation_, step);
    if (!entries) return fail(entries.error());
    for (const OpenEntry& entry : *entries) shrink(element_digest(entry));
    return {};
  }

  Done log(std::string_view kind, std::string body) {
    const LogEntry entry{.number = head_.log_entries + 1,
                         .serial = head_.serial,
                         .kind = std::string(kind),
                         .operation = operation_,
                         .when = when_,
                         .json = std::move(body),
                         .seal = {}};
    head_.log_head = next_seal(head_.log_head, entry);
    head_.log_entries = entry.number;
    return tables_.append(entry, head_.log_head);
  }

  void note(const std::string& operation, Instant when) {
    operation_ = operation;
    when_ = when;
  }
  void grow(const Digest& element) {
    head_.sum.add(element);
    ++head_.elements;
  }
  void shrink(const Digest& element) {
    head_.sum.subtract(element);
    --head_.elements;
  }

  Tables& tables_;
  Head& head_;
  Instant when_;
  std::string operation_{};  // of the newest entry written: rows of a batch belong to it
};

}  // namespace

Result<void> check_batch(Tables& tables, const Batch& batch) {
  const auto check_config = [&](const std::string& address, const std::string& config) -> Result<void> {
    if (config.empty() || batch.provider_configs.contains(config)) return {};
    const auto known = tables.has_config(config);
    if (!known) return fail(known.error());
    return *known ? Result<void>{} : Result<void>(fail(unknown_config(address, config)));
  };
  for (const ResourceState& row : batch.put) {
    if (auto ok = check_config(row.key.address, row.provider_config); !ok) return ok;
    if (auto ok = check_storable(row); !ok) return ok;
  }
  for (const Entry& entry : batch.entries)
    if (const auto* intent = std::get_if<StepIntent>(&entry)) {
      if (auto ok = check_config(intent->key.address, intent->provider_config); !ok) return ok;
      ResourceState wanted{.key = intent->key, .kind = intent->kind, .applied = intent->desired, .observed = {}};
      if (auto ok = check_storable(wanted); !ok) return ok;
    }
  return {};
}

Result<std::vector<uint64_t>> write_batch(Tables& tables, Head& head, const Batch& batch, Instant fallback) {
  BatchWriter writer(tables, head, fallback);
  if (batch.entries.empty())
    if (Done ok = writer.adopt_operation(); !ok) return fail(ok.error());
  // The operation's own entries come first: they name what the rows after them belong to.
  for (const Entry& entry : batch.entries)
    if (Done ok = writer.write(entry); !ok) return fail(ok.error());
  for (const auto& [digest, provider] : batch.provider_configs)
    if (Done ok = writer.add_config(digest, provider); !ok) return fail(ok.error());
  for (const ResourceState& row : batch.put)
    if (Done ok = writer.put(row); !ok) return fail(ok.error());
  for (const RowKey& key : batch.remove)
    if (Done ok = writer.remove(key); !ok) return fail(ok.error());
  for (const auto& [provider, facts] : batch.facts)
    if (Done ok = writer.put_facts(provider, facts); !ok) return fail(ok.error());
  if (batch.allocations)
    if (Done ok = writer.put_allocations(*batch.allocations); !ok) return fail(ok.error());
  return std::vector<uint64_t>(batch.put.size(), head.serial);
}

}  // namespace cloison::state
