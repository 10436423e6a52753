#pragma once
// Resolved topology -> neutral intents, one per provider entry. Pure and deterministic.

#include <map>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/model/intent.h"
#include "core/model/provider.h"
#include "core/topology/resolved.h"

namespace cloison::compile {

struct Compiled {
  std::map<std::string, Intent> intents{};  // by provider entry, only those that a known provider applies
  std::vector<NotApplied> not_applied{};    // blocks and entries that nothing applies yet
};

/// Who may log in to a new machine. Without a name, the image's own account gets the keys.
struct FirstAccount {
  std::string name{};
  std::vector<std::string> keys{};  // references to public keys (file:, env:)
};

struct CompileOptions {
  /// Provider kinds that can apply ("openstack"); entries of other kinds are "not applied".
  std::vector<std::string> applied_kinds{};
  /// By provider entry: what cloud-init sets up on the machines that it makes; "" for an entry without one of its own.
  std::map<std::string, FirstAccount> first_accounts{};
};

/// Errors are those that only compiling finds, such as two rules of one address with different meaning (a bug) or an
/// address set too large.
[[nodiscard]] Checked<Compiled> compile(const topology::Resolved& resolved, const CompileOptions& options);

}  // namespace cloison::compile
