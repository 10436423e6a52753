#pragma once
// Releases to a machine, before anything there changes: each once, and from where an interrupted upload ended.

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/model/provider.h"
#include "core/net/ssh.h"
#include "providers/node/artifacts.h"

namespace cloison::node {

/// Who fetches, asks and sends.
struct Carrier {
  std::function<Result<std::string>(const std::vector<std::string>& words)> ask{};  // the machine's agent
  std::function<Result<Parcel>(const Artifact& artifact)> find{};
  std::function<Result<void>(const net::Upload& upload)> send{};
  std::function<Diagnostic(const std::string& place)> strange{};  // the machine names another place than this one
};

/// What these changes install and the machine does not have.
[[nodiscard]] Result<void> bring(std::span<const ChangeRequest> changes, const Carrier& carrier);

}  // namespace cloison::node
