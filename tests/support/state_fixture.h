#pragma once
// The states of released versions, kept in tests/fixtures/state/ and opened by every later version.

#include <filesystem>

#include "core/state/store.h"

namespace cloison::test {

/// What tests/fixtures/state/v0.1.0.db holds: an operation with one intent in doubt, a provider configuration, and
/// three rows of the kind "upgraded", written under its schema versions 1, 2 and 3:
///   1: {name, cidr as text}   2: {name, cidr as a prefix}   3: {name, cidr as a prefix, tags}
[[nodiscard]] state::Batch fixture_batch();
/// Makes such a file with the present code. A file of a released version is never made anew: docs/state.md tells when
/// and how the next one is added.
void write_state_fixture(const std::filesystem::path& file);

}  // namespace cloison::test
