#pragma once
// One suite that each platform of the OpenStack kinds must pass: the real servers and the simulator. What the server
// refuses, the simulator refuses. A platform joins with
//   INSTANTIATE_TEST_SUITE_P(Sandbox, ProviderConformance, testing::Values(PlatformUnderTest{"sandbox", make_it}));
// in a file of its own in this folder.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "core/model/provider.h"

namespace cloison::conformance {

/// What the suite is run against, with hooks for what the seam cannot do. A hook that is not there skips its cases.
class Platform {
 public:
  virtual ~Platform() = default;
  [[nodiscard]] virtual Provider& provider() = 0;
  /// An account of another project at the same platform, or nullptr.
  [[nodiscard]] virtual Provider* other_project() { return nullptr; }
  /// Sets what the account may hold (-1: no limit); false: cannot.
  [[nodiscard]] virtual bool set_quota(const std::string& name, int64_t allowed) {
    (void)name, (void)allowed;
    return false;
  }
  /// Image by which servers are made, as a topology would write it.
  [[nodiscard]] virtual std::string image() const { return "debian-12"; }
  [[nodiscard]] virtual std::string zone() const { return "nova-a"; }

 protected:
  Platform() = default;
  Platform(const Platform&) = default;
  Platform& operator=(const Platform&) = default;
};

struct PlatformUnderTest {
  std::string name;
  /// nullptr: not available here, all cases are skipped.
  std::function<std::unique_ptr<Platform>()> make;
};

using Named = std::vector<std::pair<std::string_view, Value>>;

class ProviderConformance : public testing::TestWithParam<PlatformUnderTest> {
 protected:
  void SetUp() override;
  /// Removes what the case made, newest first.
  void TearDown() override;

  [[nodiscard]] Provider& provider() { return platform_->provider(); }
  [[nodiscard]] Platform& platform() { return *platform_; }
  [[nodiscard]] const KindSchema& schema(std::string_view kind);
  /// A name of this run alone.
  [[nodiscard]] std::string unique(std::string_view name) const { return run_ + "." + std::string(name); }

  [[nodiscard]] CreateRequest request(std::string_view kind, std::string_view name, Named attributes);
  [[nodiscard]] Result<Applied> create(std::string_view kind, std::string_view name, Named attributes);
  /// Creates, checks that what came back and what is then listed are what was asked for, and gives the remote id.
  [[nodiscard]] std::string made(std::string_view kind, std::string_view name, Named attributes);
  [[nodiscard]] ResourceState row(std::string_view kind, std::string_view name);
  [[nodiscard]] Result<Applied> update(std::string_view kind, std::string_view name, Named attributes);
  [[nodiscard]] Result<void> remove(std::string_view kind, std::string_view name);
  [[nodiscard]] std::vector<Observed> listed(std::string_view kind);
  [[nodiscard]] std::optional<Observed> found(std::string_view kind, const std::string& remote_id);
  /// Every attribute that was asked for and can be read back is as asked: "known at plan = equal after apply".
  void expect_as_asked(std::string_view kind, const Value& asked, const Value& seen);

  // Common ground.
  std::string network(std::string_view name = "net");
  std::string subnet(const std::string& network, std::string_view cidr, std::string_view gateway,
                     std::string_view name = "sub");
  std::string router(std::string_view name = "router");
  std::string group(std::string_view name = "group");
  std::string port(const std::string& network, const std::string& subnet, std::string_view address,
                   const std::vector<std::string>& groups, std::string_view name = "port");
  static Named tcp_rule(const std::string& group, int64_t first, int64_t last, std::string_view remote);

 private:
  struct Made {
    ResourceState row;
    std::string name;
  };
  std::unique_ptr<Platform> platform_{};
  std::string run_{};
  std::vector<Made> made_{};
};

/// Kinds of failure, by name in messages.
#define EXPECT_REFUSED(result, expected)                                                                  \
  do {                                                                                                    \
    const auto& refused_ = (result);                                                                      \
    ASSERT_FALSE(refused_.has_value());                                                                   \
    EXPECT_EQ(static_cast<int>(refused_.error().kind), static_cast<int>(expected))                        \
        << refused_.error().code << ": " << refused_.error().summary << " - " << refused_.error().detail; \
  } while (false)

}  // namespace cloison::conformance
