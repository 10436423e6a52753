#pragma once
// What the log tells of the past: who did what when, what was wanted then, and since when each rule is in place.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ops/context.h"
#include "core/ops/recording.h"
#include "core/report/temporary_folder.h"
#include "core/state/store.h"

namespace cloison::ops {

/// An operation that the log tells of.
struct PastOperation {
  uint64_t number = 0;  // as `apply` names it: the how-manieth operation
  std::string command{}, user{}, ticket{}, approved_by{}, override_reason{}, git_commit{}, status{};
  Instant when{};
};

/// What was said of a flow from one operation on; nothing once it was gone.
struct FlowVersion {
  std::size_t operation = 0;  // in Past::operations
  Said said{};
};

/// Since when a text is in a resource without a break, by the address of the resource; "": the resource as it is.
using InPlaceSince = std::map<std::string, std::map<std::string, std::size_t, std::less<>>, std::less<>>;

struct Past {
  std::vector<PastOperation> operations{};                               // oldest first
  std::optional<state::RecordedTopology> topology{};                     // the last one, its texts still in the log
  std::map<std::string, std::vector<FlowVersion>, std::less<>> flows{};  // by id, oldest first
  std::map<std::string, state::FlowReview, std::less<>> reviews{};       // of each flow the last
  InPlaceSince since{};                                                  // operations, by their index
  uint64_t serial = 0;                                                   // up to which commit
  Instant until{};                                                       // the instant for which this speaks
};

/// A point of the past: a serial of the state, or an instant, which takes the last commit until then.
struct PointInTime {
  std::string written{};
  std::optional<uint64_t> serial{};
  Instant instant{};
};
/// "42", "2026-03-31" (until that day's end, UTC), "2026-03-31T12:00:00Z"; nothing for anything else.
[[nodiscard]] std::optional<PointInTime> point_in_time(std::string_view text);

/// All of the log, or until a point; with the rows as they were then. CL7201: nothing was there yet.
struct PastView {
  Past past{};
  Snapshot snapshot{};
};
[[nodiscard]] Result<PastView> read_past(state::StateStore& store, const std::optional<PointInTime>& until);

/// Of each flow the last review, without reading anything else of the log.
[[nodiscard]] Result<std::map<std::string, state::FlowReview, std::less<>>> last_reviews(state::StateStore& store);

/// The topology that was recorded last, laid out in a folder of its own, and the context to read it in.
struct PastTopologyFolder {
  report::TemporaryFolder folder;
  Context context;
};
/// `instant`: for which the context's clock stands.
[[nodiscard]] Result<PastTopologyFolder> lay_out(const Context& context, const std::vector<WrittenFile>& files,
                                                 Instant instant);
/// With their texts. CL7203: the log does not hold one of them as it was.
[[nodiscard]] Result<std::vector<WrittenFile>> recorded_files(state::StateStore& store,
                                                              const state::RecordedTopology& topology);
/// CL7202: the log holds none of that time.
[[nodiscard]] Result<PastTopologyFolder> restore_topology(const Context& context, state::StateStore& store,
                                                          const Past& past);

}  // namespace cloison::ops
