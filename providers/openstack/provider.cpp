#include "providers/openstack/provider.h"

#include <mutex>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/net/url.h"
#include "providers/openstack/canonical.h"
#include "providers/openstack/change.h"
#include "providers/openstack/create.h"
#include "providers/openstack/facts.h"
#include "providers/openstack/lower.h"
#include "providers/openstack/observe.h"
#include "providers/openstack/quota.h"
#include "providers/openstack/schema.h"
#include "providers/openstack/semantics.h"

namespace cloison::openstack {

namespace {

constexpr std::chrono::seconds k_facts_last{60};

class OpenStack final : public Provider {
 public:
  OpenStack(StoredProvider entry, net::Access access)
      : entry_(std::move(entry)), access_(std::move(access)), client_(entry_.settings, access_) {}

  std::span<const KindSchema> kinds() const override { return schemas(); }
  Forwarding semantics(std::span<const PlacedResource> resources) const override {
    return openstack::semantics(resources);
  }
  Checked<Lowered> lower(const Intent& intent, const Facts& facts) const override {
    return openstack::lower(intent, facts);
  }
  Resource canonical(Resource resource) const override { return canonical_resource(std::move(resource)); }
  Facts specimen_facts() const override { return specimen(); }

  /// The entry, and where it leads today, so that a changed clouds.yaml cannot turn a removal against another account.
  StoredProvider configuration() const override {
    StoredProvider stored = entry_;
    const auto login = load_login(entry_.settings, access_);
    if (!login) return stored;
    if (!login->cloud.empty() && login->cloud != "OS_*") stored.settings["cloud"] = login->cloud;
    stored.settings["auth_url"] = login->auth_url;
    if (!login->region.empty()) stored.settings["region"] = login->region;
    const std::string& project = login->project_id.empty() ? login->project_name : login->project_id;
    if (!project.empty()) stored.settings["project"] = project;
    return stored;
  }

  void has_rows_of(const StoredProvider& stored) override { client_.expect(stored.settings); }

  std::string account() const override {
    const std::lock_guard lock(mutex_);
    const auto named = entry_.settings.find("cloud");
    const std::string cloud = named == entry_.settings.end() ? entry_.name : named->second;
    return account_.empty() ? cloud : fmt::format("{} {}", cloud, account_);
  }

  Result<Facts> probe(const Call& call) override {
    auto facts = read_facts(client_, limits_of(call));
    if (facts) remember(*facts);
    return facts;
  }

  Result<std::vector<Observed>> observe(const Scope& scope, std::span<const std::string> kinds,
                                        const Call& call) override {
    (void)scope;  // markers tell lineages apart; the whole project is listed
    return observe_project(client_, kinds, limits_of(call));
  }

  Result<std::vector<RawAnswer>> raw(const Call& call) override { return raw_project(client_, limits_of(call)); }

  std::vector<Result<Applied>> create_many(std::span<const CreateRequest> requests, const Call& call) override {
    const Maker maker{client_, access_, [this](const net::Limits& limits) { return compute_facts(limits); }};
    return create_all(maker, requests, limits_of(call));
  }

  Result<Applied> update(const ResourceState& now, const Resource& desired, const Call& call) override {
    return with_address(update_object(client_, now, desired, limits_of(call)), now);
  }

  Result<void> remove(const ResourceState& row, const Call& call) override {
    return with_address(remove_object(client_, row, limits_of(call)), row);
  }

  Result<std::vector<Observed>> cascade(const ResourceState& row, const Call& call) override {
    return foreign_around(client_, row, limits_of(call));
  }

  Result<std::vector<Quota>> quotas(const Call& call) override { return read_quotas(client_, limits_of(call)); }

  std::map<std::string, int64_t> quota_of(const Resource& resource) const override {
    const std::lock_guard lock(mutex_);
    return takes(resource, facts_);
  }

 private:
  static net::Limits limits_of(const Call& call) { return {call.stop, call.deadline}; }

  template <class T>
  static Result<T> with_address(Result<T> result, const ResourceState& row) {
    if (!result && result.error().address.empty()) result.error().address = row.key.address;
    return result;
  }

  void remember(const Facts& facts) {
    const std::lock_guard lock(mutex_);
    facts_ = facts;
    facts_read_ = std::chrono::steady_clock::now();
    const auto where = facts.find("account");
    if (where != facts.end()) account_ = where->second;
  }

  Result<Facts> compute_facts(const net::Limits& limits) {
    {
      const std::lock_guard lock(mutex_);
      if (facts_.contains("service/compute") && std::chrono::steady_clock::now() - facts_read_ < k_facts_last)
        return facts_;
    }
    auto facts = read_facts(client_, limits);
    if (facts) remember(*facts);
    return facts;
  }

  StoredProvider entry_;
  net::Access access_;
  Client client_;
  mutable std::mutex mutex_;
  Facts facts_{};
  std::chrono::steady_clock::time_point facts_read_{};
  std::string account_{};
};

}  // namespace

std::span<const KindSchema> openstack_kinds() {
  return schemas();
}

Result<std::shared_ptr<Provider>> make_openstack(StoredProvider entry, net::Access access) {
  Diagnostics notes = check_settings(entry.name, entry.settings);
  if (!notes.empty()) return fail(std::move(notes.front()));
  return std::make_shared<OpenStack>(std::move(entry), std::move(access));
}

}  // namespace cloison::openstack
