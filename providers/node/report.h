#pragma once
// What the agent tells of a node, in sections (agent.sh, `observe`). Hostile input: whatever does not fit is refused or
// left out, never guessed.

#include <charconv>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/numbers.h"
#include "core/base/result.h"
#include "core/model/provider.h"

namespace cloison::node {

struct Section {
  int status = 0;  // of the command that told it
  std::string text{};
};
using Report = std::map<std::string, Section, std::less<>>;

/// Errors (CL5410): the text is no report, or ends before its end.
[[nodiscard]] Result<Report> parse_report(std::string_view text);

/// What `lower` needs to know of a node: "kernel/wireguard", "package/nftables" -> version, "os", "datapath".
/// `now`: seconds since 1970, by our own clock. A node's that is more than half a minute off is told ("clock_off").
[[nodiscard]] Facts facts_of(const Report& report, std::optional<int64_t> now = std::nullopt);

/// What an ordinary node tells: Debian 12 with all that it may need.
[[nodiscard]] Facts specimen();

/// Our resources as they are: settings as their files tell them, overridden by what runs.
[[nodiscard]] std::vector<Observed> objects_of(const Report& report);

/// The rules of each chain as nft lists them, counters and all.
[[nodiscard]] std::map<std::string, std::vector<std::string>> listed_rules(const Report& report);

/// A file for each section, as the node told it. Not what is different each time (the clock, salted digests of secrets,
/// whose connection it was).
[[nodiscard]] std::vector<RawAnswer> raw_answers(const Report& report);
/// When the node went back to its former configuration by itself, and why: "2026-11-25T20:00:00Z unconfirmed", or "".
/// Addresses of global scope with their lengths, by interface.
[[nodiscard]] std::map<std::string, std::vector<std::string>> addresses_of(const Report& report);
/// Of the agent's `status`.
[[nodiscard]] std::vector<RunningService> running_services(const Report& report);
[[nodiscard]] std::string restored(const Report& report);

}  // namespace cloison::node
