// The sandbox of the OpenStack provider against the suite that the real servers pass. No account, no socket.

#include "providers/sandbox/sandbox.h"

#include <cstdlib>
#include <filesystem>

#include "core/base/digest.h"
#include "providers/openstack/provider.h"
#include "providers/sandbox/tampering.h"
#include "tests/conformance/provider_conformance.h"

namespace cloison::conformance {

namespace {

class SandboxPlatform final : public Platform {
 public:
  SandboxPlatform() : folder_(std::filesystem::temp_directory_path() / ("cloison-conformance-" + random_hex(8))) {
    ours_ = joined("cloud");
    theirs_ = joined("other");
  }
  ~SandboxPlatform() override {
    ours_.reset();
    theirs_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  SandboxPlatform(const SandboxPlatform&) = delete;
  SandboxPlatform& operator=(const SandboxPlatform&) = delete;

  [[nodiscard]] bool usable() const { return ours_ && theirs_; }
  Provider& provider() override { return *ours_; }
  Provider* other_project() override { return theirs_.get(); }
  bool set_quota(const std::string& name, int64_t allowed) override {
    auto tampering = sandbox::Tampering::open(ours_, folder_ / "objects.db");
    return tampering && tampering->set_quota(name, allowed);
  }

 private:
  /// Two entries in one file are two projects.
  [[nodiscard]] std::shared_ptr<Provider> joined(const std::string& entry) const {
    auto real = openstack::make_openstack({.name = entry, .kind = "openstack", .settings = {{"cloud", "nowhere"}}}, {});
    if (!real) return nullptr;
    auto sandbox = sandbox::make_sandbox(*real, {.database = folder_ / "objects.db"});
    return sandbox ? *sandbox : nullptr;
  }

  std::filesystem::path folder_;
  std::shared_ptr<Provider> ours_{}, theirs_{};
};

std::unique_ptr<Platform> make() {
  auto platform = std::make_unique<SandboxPlatform>();
  // Never a silent skip: without an account the sandbox must work everywhere.
  if (!platform->usable()) std::abort();
  return platform;
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(Sandbox, ProviderConformance, testing::Values(PlatformUnderTest{"sandbox", make}),
                         [](const auto& about) { return about.param.name; });

}  // namespace cloison::conformance
