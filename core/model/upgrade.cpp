#include "core/model/upgrade.h"

namespace cloison {
namespace {

Diagnostic written_later(const ResourceState& row, uint32_t known) {
  return {.kind = ErrorKind::state,
          .code = "CL3211",
          .summary = "a later version of cloison wrote the state of '" + row.key.address + "'",
          .detail = "Its kind '" + row.kind + "' is stored in layout " + std::to_string(row.schema_version) +
                    "; this version knows layouts up to " + std::to_string(known) + ". Nothing was changed.",
          .hint = "use the version that wrote it: `cloison log -n 1 --json` names it (cloison_version)",
          .address = row.key.address};
}

Diagnostic unfit(const ResourceState& row) {
  return {.kind = ErrorKind::internal,
          .code = "CL3209",
          .summary = "a provider broke its contract",
          .detail = "It gave the row of '" + row.key.address + "' a form that is not that of its kind '" + row.kind +
                    "' when it brought it up to date.",
          .hint = "report it as a bug of cloison; the state is safe",
          .address = row.key.address};
}

bool fits(const Value& attributes, const KindSchema& kind) {
  const auto* slots = attributes.as_slots();
  return slots != nullptr && slots->size() == kind.attributes.size();
}

}  // namespace

std::optional<Diagnostic> upgrade_row(ResourceState& row, const Provider& provider) {
  const KindSchema* known = find_kind(provider.kinds(), row.kind);
  if (known == nullptr || row.schema_version == known->version) return std::nullopt;
  const KindSchema& kind = *known;
  if (row.schema_version > kind.version) return written_later(row, kind.version);
  auto today = provider.upgraded(row);
  if (!today) return std::move(today).error();
  if (!fits(today->applied, kind) || !fits(today->observed, kind)) return unfit(row);
  // Only the layout is the provider's to change.
  row.applied = std::move(today->applied);
  row.observed = today->observed == row.applied ? row.applied : std::move(today->observed);
  row.schema_version = kind.version;
  row.upgraded = true;
  return std::nullopt;
}

Diagnostics upgrade_rows(Snapshot& snapshot, const Providers& providers) {
  Diagnostics notes;
  for (auto& [key, row] : snapshot.rows) {
    const auto provider = providers.find(row.provider);
    if (provider == providers.end()) continue;
    if (auto why = upgrade_row(row, *provider->second)) notes.push_back(*std::move(why));
  }
  return notes;
}

}  // namespace cloison
