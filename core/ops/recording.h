#pragma once
// What a plan was made from, kept in the log by who applies it: so that the past can be told as it was wanted then.

#include <optional>

#include "core/ops/session.h"

namespace cloison::ops {

/// The topology's files as they were read, the files that its services fill, and what is said of each flow. Not the
/// lock file, which is written last.
[[nodiscard]] Written written_of(const Context& context, const Brought& brought, const SourceMap& sources);
/// As the log keeps it, texts that it has already only named; nothing where its newest record says the same.
[[nodiscard]] Result<std::optional<state::RecordedTopology>> record_of(state::StateStore& store,
                                                                       const Written& written);

/// What the topology says of a flow: what is not empty, by name ("owner", "services").
using Said = std::map<std::string, std::string>;
/// Of each flow, by id.
[[nodiscard]] std::map<std::string, Said> flow_statements(const topology::Resolved& resolved);
/// As the log keeps it, read back; nothing of what has another form.
[[nodiscard]] std::map<std::string, Said> statements_from(std::string_view text);

}  // namespace cloison::ops
