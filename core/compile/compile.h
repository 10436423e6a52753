#pragma once
// Resolved topology -> neutral intents, one per provider entry. Pure and deterministic.

#include <map>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/model/intent.h"
#include "core/topology/resolved.h"

namespace cloison::compile {

struct Compiled {
  std::map<std::string, Intent> intents{};  // by provider entry, only those that a known provider applies
  std::vector<NotApplied> not_applied{};    // blocks and entries that nothing applies yet
};

struct CompileOptions {
  /// Provider kinds that can apply ("openstack"); entries of other kinds are "not applied".
  std::vector<std::string> applied_kinds{};
  /// Public key references of the node account for made machines.
  std::vector<std::string> authorized_keys{};
};

/// Errors are those that only compiling finds, such as two rules of one address with different meaning (a bug) or an
/// address set too large.
[[nodiscard]] Checked<Compiled> compile(const topology::Resolved& resolved, const CompileOptions& options);

}  // namespace cloison::compile
