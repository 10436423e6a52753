#include "core/state/log_chain.h"

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/state/errors.h"
#include "core/state/stored_json.h"

namespace cloison::state {

Digest first_seal(std::string_view lineage) {
  return Encoder("log").text(lineage).digest();
}

Digest next_seal(const Digest& former, const LogEntry& entry) {
  return Encoder("entry")
      .digest(former)
      .number(entry.number)
      .number(entry.serial)
      .text(entry.kind)
      .text(entry.operation)
      .number(static_cast<uint64_t>(entry.when.time_since_epoch().count()))
      .text(entry.json)
      .digest();
}

Result<void> LogVerifier::take(const LogEntry& entry) {
  if (entry.number != entries_ + 1)
    return fail(broken_log(entries_ + 1, fmt::format("it is missing; entry {} follows", entry.number)));
  if (entry.serial < serial_)
    return fail(broken_log(entry.number, "it belongs to an earlier commit than its precursor"));
  head_ = next_seal(head_, entry);
  if (hex(head_) != entry.seal) return fail(broken_log(entry.number, "its seal does not match its content"));
  ++entries_;
  serial_ = entry.serial;
  if (entry.kind == entry_kind::k_operation_started) ++operations_;
  return note_row(entry);
}

Result<void> LogVerifier::note_row(const LogEntry& entry) {
  const bool removed = entry.kind == entry_kind::k_row_removed;
  if (!removed && entry.kind != entry_kind::k_row_put) return {};
  auto change = row_change_head_from(entry.json);
  if (!change) return fail(broken_log(entry.number, "its content cannot be read"));
  if (removed)
    rows_.erase(change->key);
  else
    rows_.insert_or_assign(std::move(change->key), std::move(change->digest));
  return {};
}

Result<LogCheck> LogVerifier::finish(uint64_t entries, const Digest& head,
                                     const std::map<RowKey, std::string>& rows) const {
  if (entries_ != entries)
    return fail(broken_log(entries_ + 1, fmt::format("the log ends, but the state has written {} entries", entries)));
  if (!same(head_, head)) return fail(broken_log(entries_, "it is not the newest entry that the state has written"));
  for (const auto& [key, digest] : rows) {
    const auto logged = rows_.find(key);
    if (logged == rows_.end() || logged->second != digest)
      return fail(damaged_row(key, "it is not what the log says was written last"));
  }
  if (rows_.size() != rows.size()) return fail(damaged("The log tells of rows that the state does not have."));
  return LogCheck{.entries = entries_, .operations = operations_, .head = hex(head_)};
}

}  // namespace cloison::state
