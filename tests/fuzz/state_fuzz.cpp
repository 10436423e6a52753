// What a damaged state may hold in its columns, log and lock file, and a platform in its markers: never a crash.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "core/model/resource.h"
#include "core/state/row.h"
#include "core/state/stored_json.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cloison;
  const std::string text(reinterpret_cast<const char*>(data), size);

  static_cast<void>(state::operation_started_from(text));
  static_cast<void>(state::intent_from(text));
  static_cast<void>(state::added_provider_from(text));
  static_cast<void>(state::facts_change_from(text));
  static_cast<void>(state::allocations_change_from(text));
  static_cast<void>(state::lock_info_from(text));
  static_cast<void>(state::map_from_flat_json(text));
  const auto change = state::row_change_from(text);
  // The short way may read less, never something else.
  const auto head = state::row_change_head_from(text);
  if (change && (!head || head->key != change->key || head->digest != change->digest)) std::abort();

  state::StoredRow row;
  row.key.address = "cloud.main.lan";
  row.applied = row.depends_on = row.origins = text;
  static_cast<void>(state::restored(row));
  row.depends_on = row.origins = "[]";
  row.observed = text;
  const auto restored = state::restored(row);
  if (restored && state::check_storable(*restored)) {
    const auto again = state::restored(state::stored(*restored));
    if (!again || state::row_digest(*again) != state::row_digest(*restored)) std::abort();
  }

  if (const auto marker = Marker::parse(text); marker && Marker::parse(marker->text()) != marker) std::abort();
  return 0;
}
