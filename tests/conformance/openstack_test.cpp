// The suite against real servers: OS_CLOUD (and OS_CLIENT_CONFIG_FILE) name the cloud, CLOISON_OTHER_CLOUD one of
// another project.

#include <cstdlib>

#include "providers/registry.h"
#include "tests/conformance/provider_conformance.h"

namespace cloison::conformance {

namespace {

std::optional<std::string> variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): nothing sets variables here
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

std::shared_ptr<Provider> cloud(const std::string& name) {
  net::Access access;
  access.environment = variable;
  auto made = providers::make({.name = "conformance", .kind = "openstack", .settings = {{"cloud", name}}}, access);
  return made ? *made : nullptr;
}

class RealServers final : public Platform {
 public:
  RealServers() : ours_(cloud(*variable("OS_CLOUD"))) {
    if (const auto other = variable("CLOISON_OTHER_CLOUD")) theirs_ = cloud(*other);
  }
  Provider& provider() override { return *ours_; }
  Provider* other_project() override { return theirs_.get(); }

 private:
  std::shared_ptr<Provider> ours_, theirs_{};
};

std::unique_ptr<Platform> real_servers() {
  return variable("OS_CLOUD") ? std::make_unique<RealServers>() : nullptr;
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(OpenStack, ProviderConformance,
                         testing::Values(PlatformUnderTest{"real servers", real_servers}),
                         [](const auto&) { return std::string("real"); });

}  // namespace cloison::conformance
