#pragma once
// The providers of the program, real ones and the simulator over them, for tests that plan and apply as it does.

#include "core/ops/session.h"
#include "providers/registry.h"
#include "providers/sandbox/sandbox.h"

namespace cloison::test {

/// The simulator keeps what it has in a file that dies with its process.
class ProgramProviders final : public ops::ProviderFactory {
 public:
  [[nodiscard]] std::vector<std::string> applied_kinds() const override { return providers::applied_kinds(); }
  [[nodiscard]] Result<std::shared_ptr<Provider>> make(const StoredProvider& entry, bool simulate,
                                                       const std::filesystem::path& simulator) const override {
    auto real = providers::make(entry, {});
    if (!real || !simulate || simulator.empty()) return real;
    std::error_code ignored;
    std::filesystem::create_directories(simulator.parent_path(), ignored);
    return sandbox::make_sandbox(*std::move(real), {.database = simulator, .durability = sandbox::Durability::process});
  }
};

}  // namespace cloison::test
