#pragma once
// `cloison explain`: one packet from end to end and the answer back, by what the resources say, not by the flows.

#include <string>
#include <vector>

#include "core/ops/context.h"
#include "core/ops/reasons.h"
#include "core/verify/travel.h"

namespace cloison::ops {

struct ExplainQuestion {
  std::string from{}, to{};  // addresses, or paths of hosts, segments and nodes
  std::string port{};        // "tcp/443", "icmp/echo-request", a name
};

struct Explained {
  enum class Verdict : uint8_t { permitted, refused, one_way, unknown };
  Ending ending = Ending::done;
  Diagnostics notes{};
  SourceMap sources{};
  Verdict verdict = Verdict::refused;
  std::string from{}, to{}, service{};  // "10.16.3.20", "10.0.30.10", "tcp/443"
  std::string from_path{}, to_path{};   // as the topology calls them, where it does
  std::vector<ExplainedLeap> there{}, back{};
  std::vector<Unmodelled> unknown{};  // what was not modelled and may have a say
};

/// From the topology alone, as it is written now: no account, no state. CL6101: an end that nobody knows; CL6102: a
/// port that nobody knows; CL6103: ends of different families, or without an address.
[[nodiscard]] Explained explain(const Context& context, const ExplainQuestion& question);

}  // namespace cloison::ops
