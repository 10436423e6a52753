#pragma once
// What the commands that change platforms share.

#include <optional>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "cli/console.h"
#include "core/ops/rollback.h"

namespace cloison::cli {

struct ChangeWanted {
  bool destroy = false;
  bool plan = false;  // the first word is a saved plan
  std::vector<std::string> services{};
  std::string wave{};
  std::optional<ops::RollbackRequest> rollback{};
};

struct ChangeEnded {
  int status = 0;
  bool declined = false;
};

/// Plans, shows, asks, changes and tells.
[[nodiscard]] ChangeEnded run_change(const Arguments& arguments, Session& session, Console& console,
                                     ChangeWanted wanted);

}  // namespace cloison::cli
