#pragma once
// `cloison export kubernetes --check`: whether manifests permit exactly what the flows do, over all packets. What the
// manifests say is read back from their text (core/manifests), and what the flows say is worked out as for `verify`:
// neither knows how the export writes policies.

#include <filesystem>
#include <string>
#include <vector>

#include "core/ops/context.h"

namespace cloison::ops {

struct PolicyDifference {
  enum class What : uint8_t {
    more,     ///< packets pass that no flow permits
    less,     ///< packets of a flow do not pass
    missing,  ///< a workload of the topology has no pods
    stranger  ///< pods of which the topology knows nothing
  };
  What what = What::more;
  std::string pods{};     // "paris-production-dmz/gateway"
  bool inward = false;    // what is sent to them; else what they send
  std::string rule{};     // of a policy that lets it pass; "" where none isolates the pods
  std::string pair{};     // of the flow that should pass
  std::string witness{};  // one packet: "paris-production-dmz/gateway -> 10.0.20.10 tcp/3001"
  SpanId declared = 0;
};
[[nodiscard]] std::string_view difference_word(PolicyDifference::What what);

struct ManifestCheck {
  Ending ending = Ending::done;
  Diagnostics notes{};
  SourceMap sources{};
  bool done = false;  // the manifests were compared
  std::vector<PolicyDifference> differences{};
  std::vector<std::string> not_understood{};
  std::size_t objects = 0, policies = 0, pods = 0, pairs = 0;
  int64_t milliseconds = 0;
};

/// `place`: a folder of which all *.yaml, *.yml and *.json are read, or one file.
[[nodiscard]] ManifestCheck check_manifests(const Context& context, const std::filesystem::path& place);

}  // namespace cloison::ops
