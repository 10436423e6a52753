#pragma once
// What was wanted when an operation began: the topology's own files and what is said of each flow. The log keeps a text
// once; a record names the entry that holds it.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cloison::state {

struct RecordedFile {
  std::string role{};  // "topology", "overlay", "table", "service_file", "lock", "flows" (role_name of the plan)
  std::string path{};  // from the topology's folder on
  std::string digest{};
  std::optional<std::string> text{};  // absent: that of `entry`
  uint64_t entry = 0;                 // whose record has the text; 0: this one
};

struct RecordedTopology {
  std::string digest{};  // as the operation says it
  std::vector<RecordedFile> files{};
};

/// What a reviewer decided about a flow. Dates are "2026-04-05"; "": none.
struct FlowReview {
  std::string flow{}, decision{};  // "keep", "change", "remove"
  std::string reviewer{}, date{}, until{}, comment{};
  std::string said{};  // digest of what the topology said of the flow then
};

/// An evidence pack that was made, so that none is replaced or left out without a trace.
struct RecordedPack {
  uint64_t number = 0;            // in its chain, from 1
  std::string manifest_sha256{};  // hexadecimal, of its MANIFEST.sha256
  std::string as_of{};            // RFC 3339
  std::string signed_by{};        // "SHA256:…", fingerprint of the key
  uint64_t last_entry = 0;        // of the log, up to which it tells
};

}  // namespace cloison::state
