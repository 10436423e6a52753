#pragma once
// A made-up platform with every form of rule that a schema can state, and a sandbox of it in a folder of its own.

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/base/digest.h"
#include "core/model/provider.h"
#include "providers/sandbox/sandbox.h"
#include "providers/sandbox/tampering.h"

namespace cloison::sandbox::trial {

using Named = std::vector<std::pair<std::string_view, Value>>;

inline const std::vector<KindSchema>& platform_kinds() {
  using On = AttributeSchema::OnRemoval;
  static const std::vector<KindSchema> kinds = [] {
    const auto text = [](std::string name) { return AttributeSchema{.name = std::move(name)}; };
    const auto refers = [](std::string name, std::string kind, On on, bool fixed = true) {
      return AttributeSchema{.name = std::move(name),
                             .required = fixed,
                             .forces_replace = fixed,
                             .refers_to = std::move(kind),
                             .on_removal = on};
    };
    const AttributeSchema name{.name = "name", .required = true, .minimum = 1, .maximum = 40};
    std::vector<KindSchema> all;
    all.push_back({.kind = "network",
                   .title = "network",
                   .attributes = {name, {.name = "mtu", .type = Type::integer}},
                   .marker_attribute = "description"});
    all.push_back({.kind = "subnet",
                   .title = "subnet",
                   .attributes = {refers("network", "network", On::cascades),
                                  {.name = "cidr", .type = Type::prefix, .required = true, .forces_replace = true},
                                  text("gateway")},
                   .marker_attribute = "description",
                   .unique = {{"network", "cidr"}},
                   .disjoint = {{"network", "cidr"}},
                   .inside = {{"gateway", "cidr"}}});
    all.push_back({.kind = "router",
                   .title = "router",
                   .attributes = {name, {.name = "outward", .fact = "external_network"}},
                   .marker_attribute = "description"});
    all.push_back({.kind = "interface",
                   .title = "interface",
                   .attributes = {refers("router", "router", On::refused), refers("subnet", "subnet", On::refused)},
                   .identity = KindSchema::Identity::natural,
                   .natural_key = {"router", "subnet"},
                   .container = "router",
                   .can_update = false,
                   .exclusive = {"router"},
                   .disjoint = {{"router", "subnet.cidr"}}});
    all.push_back({.kind = "group",
                   .title = "group",
                   .attributes = {name, {.name = "revision", .type = Type::integer, .computed = true}},
                   .marker_attribute = "description",
                   .revision = "revision"});
    all.push_back(
        {.kind = "rule",
         .title = "rule",
         .attributes =
             {refers("group", "group", On::cascades),
              {.name = "direction", .required = true, .forces_replace = true, .one_of = {"in", "out"}},
              {.name = "port_min", .type = Type::integer, .forces_replace = true, .minimum = 0, .maximum = 65535},
              {.name = "port_max", .type = Type::integer, .forces_replace = true, .minimum = 0, .maximum = 65535}},
         .identity = KindSchema::Identity::natural,
         .marker_attribute = "description",
         .natural_key = {"group", "direction", "port_min", "port_max"},
         .container = "group",
         .closed = true,
         .can_update = false,
         .limits = {{"rules_per_group", 4}},
         .ordered = {{"port_min", "port_max"}}});
    const AttributeSchema address{
        .name = "", .type = Type::record, .fields = {{.name = "subnet", .refers_to = "subnet"}, {.name = "address"}}};
    all.push_back(
        {.kind = "port",
         .title = "port",
         .attributes =
             {refers("network", "network", On::refused),
              {.name = "addresses", .type = Type::list, .unordered = true, .fields = {address}},
              {.name = "groups", .type = Type::list, .unordered = true, .fields = {{.name = "", .refers_to = "group"}}},
              {.name = "mac", .computed = true, .simulated = "mac"},
              {.name = "status", .computed = true, .simulated = "ACTIVE"}},
         .marker_attribute = "description",
         .inside = {{"addresses.address", "addresses.subnet.cidr"}}});
    all.push_back({.kind = "public_ip",
                   .title = "public address",
                   .attributes = {refers("port", "port", On::clears, false),
                                  {.name = "address", .computed = true, .simulated = "address 198.51.100.0/29"}},
                   .marker_attribute = "description",
                   .sole = {"port"}});
    all.push_back({.kind = "machine",
                   .title = "machine",
                   .attributes = {name,
                                  {.name = "image", .required = true, .forces_replace = true, .fact = "image"},
                                  {.name = "flavor", .forces_replace = true, .fact = "flavor"},
                                  {.name = "secret", .sensitive = true}},
                   .identity = KindSchema::Identity::client_token,
                   .marker_attribute = "metadata"});
    return all;
  }();
  return kinds;
}

/// Fails the test when it is asked for anything that is not pure.
class Platform : public Provider {
 public:
  [[nodiscard]] std::span<const KindSchema> kinds() const override { return platform_kinds(); }
  [[nodiscard]] Checked<Lowered> lower(const Intent&, const Facts&) const override { return {.value = Lowered{}}; }
  [[nodiscard]] StoredProvider configuration() const override {
    return {.name = "cloud", .kind = "trial", .settings = {{"availability_zones.a", "paris-1"}}};
  }
  [[nodiscard]] Result<Facts> probe(const Call&) override { return touched<Facts>(); }
  [[nodiscard]] Result<std::vector<Observed>> observe(const Scope&, std::span<const std::string>,
                                                      const Call&) override {
    return touched<std::vector<Observed>>();
  }
  [[nodiscard]] std::vector<Result<Applied>> create_many(std::span<const CreateRequest> requests,
                                                         const Call&) override {
    return std::vector<Result<Applied>>(requests.size(), touched<Applied>());
  }
  [[nodiscard]] Result<Applied> update(const ResourceState&, const Resource&, const Call&) override {
    return touched<Applied>();
  }
  [[nodiscard]] Result<void> remove(const ResourceState&, const Call&) override { return touched<void>(); }

 private:
  template <class T>
  static Result<T> touched() {
    ADD_FAILURE() << "the sandbox asked the real platform";
    return fail({.kind = ErrorKind::internal});
  }
};

inline std::filesystem::path fresh_folder() {
  const auto folder = std::filesystem::temp_directory_path() / ("cloison-sandbox-" + random_hex(8));
  std::filesystem::create_directories(folder);
  return folder;
}

class SandboxTest : public ::testing::Test {
 public:
  SandboxTest() = default;
  SandboxTest(const SandboxTest&) = delete;
  SandboxTest& operator=(const SandboxTest&) = delete;
  ~SandboxTest() override {
    sandbox_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

 protected:
  [[nodiscard]] SandboxOptions options() const { return {.database = folder_ / "cloud.db"}; }
  void open(const SandboxOptions& with) {
    sandbox_.reset();
    auto made = make_sandbox(std::make_shared<Platform>(), with);
    ASSERT_TRUE(made) << made.error().summary << ": " << made.error().detail;
    sandbox_ = *made;
  }
  Provider& sandbox() {
    if (!sandbox_) open(options());
    return *sandbox_;
  }
  [[nodiscard]] Tampering tampering() {
    (void)sandbox();
    auto made = Tampering::open(std::make_shared<Platform>(), options().database);
    EXPECT_TRUE(made);
    return std::move(*made);
  }

  [[nodiscard]] static const KindSchema& schema(std::string_view kind) { return *find_kind(platform_kinds(), kind); }
  [[nodiscard]] static CreateRequest request(std::string_view kind, const std::string& address, Named named) {
    return {.resource = {.address = {address},
                         .provider = "cloud",
                         .kind = std::string(kind),
                         .attributes = record(schema(kind), std::move(named))},
            .marker = {.lineage = "l1", .generation = 1, .address = address}};
  }
  Result<Applied> create(std::string_view kind, const std::string& address, Named named) {
    const auto one = request(kind, address, std::move(named));
    return sandbox().create_many(std::span(&one, 1), {}).front();
  }
  /// Must succeed; the remote id.
  std::string made(std::string_view kind, const std::string& address, Named named) {
    const auto done = create(kind, address, std::move(named));
    if (done) return done->remote_id;
    ADD_FAILURE() << kind << ' ' << address << ": " << done.error().summary << ": " << done.error().detail;
    return {};
  }
  [[nodiscard]] static ResourceState row(std::string_view kind, const std::string& id, Value observed = {}) {
    return {.key = {.address = "row"},
            .provider = "cloud",
            .kind = std::string(kind),
            .remote_id = id,
            .observed = std::move(observed)};
  }
  Result<Applied> update(std::string_view kind, const std::string& id, Named named, Value believed = {}) {
    const Resource desired{.address = {"row"},
                           .provider = "cloud",
                           .kind = std::string(kind),
                           .attributes = record(schema(kind), std::move(named))};
    return sandbox().update(row(kind, id, std::move(believed)), desired, {});
  }
  Result<void> remove(std::string_view kind, const std::string& id) { return sandbox().remove(row(kind, id), {}); }
  std::vector<Observed> seen(const std::string& kind) {
    const std::vector<std::string> kinds = {kind};
    auto observed = sandbox().observe({.lineage = "l1"}, kinds, {});
    EXPECT_TRUE(observed);
    return observed ? *observed : std::vector<Observed>{};
  }
  [[nodiscard]] static Value cidr(std::string_view text) { return Value::prefix(*IpPrefix::parse(text)); }
  [[nodiscard]] static Value at(const std::string& subnet, const std::string& address) {
    return Value::list({Value::slots({Value::text(subnet), Value::text(address)})});
  }
  [[nodiscard]] static const Value& get(std::string_view kind, const Value& attributes, std::string_view name) {
    return attribute(schema(kind), attributes, name);
  }

  const std::filesystem::path folder_ = fresh_folder();
  std::shared_ptr<Provider> sandbox_{};
};

template <class T>
void expect_refused(const Result<T>& answer, ErrorKind kind, std::string_view code) {
  ASSERT_FALSE(answer) << "was accepted, " << code << " was expected";
  EXPECT_EQ(answer.error().code, code) << answer.error().summary << ": " << answer.error().detail;
  EXPECT_EQ(answer.error().kind, kind);
  EXPECT_FALSE(answer.error().summary.empty());
}

/// A refusal that no command can bring about has no golden session: its words are held here.
inline void expect_said(const Diagnostic& why, std::string_view summary, std::string_view detail,
                        std::string_view hint) {
  EXPECT_EQ(why.summary, summary);
  EXPECT_EQ(why.detail, detail);
  EXPECT_EQ(why.hint, hint);
}

}  // namespace cloison::sandbox::trial
