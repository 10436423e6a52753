#pragma once
// A small platform in memory, strict where real ones are: uniqueness, references, in-use refusals, cascades. It fails
// on demand, so that the engine's rules can be tested one by one and at random.

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/model/provider.h"

namespace cloison::test {

/// What happens to one call. `lost`: no answer, not done. `late`: no answer, done.
enum class Fault { none, refused, transient, throttled, lost, late };

struct FakeObject {
  std::string kind, id;
  Value attributes{};
  std::optional<Marker> marker{};
  std::string container{};
  bool foreign = false;
  bool operator==(const FakeObject&) const = default;
};

/// The far side; outlives providers as a platform outlives processes.
class FakePlatform {
 public:
  /// An object that somebody else made; returns its id.
  std::string add_foreign(const std::string& kind, std::vector<std::pair<std::string_view, Value>> attributes,
                          std::string container = {});
  [[nodiscard]] std::map<std::string, FakeObject> objects() const;
  [[nodiscard]] std::vector<FakeObject> of_kind(const std::string& kind) const;
  void set(const std::string& id, std::string_view attribute, Value value);
  void drop(const std::string& id);
  void put(FakeObject object);

  /// Decides the fate of each call; called under the platform's lock.
  std::function<Fault(const std::string& verb, const std::string& kind, const std::string& address)> fate{};
  /// What an update of a part of a rollout goes through.
  std::function<Passage(const Value& applied, const Value& desired)> passage{};
  /// The server answers this instead of what was asked.
  std::function<void(FakeObject&)> rewrite{};
  std::vector<std::string> calls{};  // "create network a", in order of arrival
  bool together = false;             // whether all that is to be done is one call, of which all or nothing is done
  std::size_t bulk_calls = 0, observations = 0, most_at_once = 0, changes = 0;
  std::chrono::milliseconds duration{0};

 private:
  friend class FakeProvider;
  mutable std::mutex mutex_{};
  std::map<std::string, FakeObject> objects_{};
  std::size_t next_ = 1, running_ = 0;
};

/// Kinds: network (marker), subnet (marker, unique and disjoint in its network), group (marker), rule (natural, closed
/// in its group, cannot be updated, bulk), port (marker).
[[nodiscard]] const std::vector<KindSchema>& fake_kinds();

class FakeProvider final : public Provider {
 public:
  explicit FakeProvider(std::shared_ptr<FakePlatform> platform, std::string name = "cloud")
      : platform_(std::move(platform)), name_(std::move(name)) {}
  [[nodiscard]] std::span<const KindSchema> kinds() const override { return fake_kinds(); }
  [[nodiscard]] Checked<Lowered> lower(const Intent&, const Facts&) const override { return {}; }
  [[nodiscard]] StoredProvider configuration() const override { return {name_, "fake", {{"region", "nowhere"}}}; }
  [[nodiscard]] Result<Facts> probe(const Call&) override { return Facts{}; }
  [[nodiscard]] Result<std::vector<Observed>> observe(const Scope&, std::span<const std::string> kinds,
                                                      const Call&) override;
  [[nodiscard]] std::vector<Result<Applied>> create_many(std::span<const CreateRequest> requests, const Call&) override;
  [[nodiscard]] Result<Applied> update(const ResourceState& now, const Resource& desired, const Call&) override;
  [[nodiscard]] Result<void> remove(const ResourceState& row, const Call&) override;
  [[nodiscard]] bool changes_together() const override { return platform_->together; }
  [[nodiscard]] std::vector<Result<Applied>> change_many(std::span<const ChangeRequest> changes,
                                                         const Call& call) override;
  [[nodiscard]] Result<std::vector<Observed>> cascade(const ResourceState& row, const Call&) override;
  [[nodiscard]] Passage passage(std::string_view kind, const Value& applied, const Value& desired) const override {
    (void)kind;
    return platform_->passage ? platform_->passage(applied, desired) : Passage{};
  }

 private:
  [[nodiscard]] Result<Applied> create_one(const CreateRequest& request);
  [[nodiscard]] std::optional<Diagnostic> refusal(const FakeObject& wanted) const;
  [[nodiscard]] std::optional<Diagnostic> in_use(const FakeObject& object) const;

  std::shared_ptr<FakePlatform> platform_;
  std::string name_;
};

// Resources of that platform, in short. `network` and the like are addresses.
[[nodiscard]] Resource network(const std::string& address, int64_t mtu = 1500, const std::string& name = "n");
[[nodiscard]] Resource subnet(const std::string& address, const std::string& network, const std::string& cidr,
                              const std::vector<std::string>& dns = {});
[[nodiscard]] Resource group(const std::string& address, const std::string& title = "t");
[[nodiscard]] Resource rule(const std::string& address, const std::string& group, int64_t port,
                            const std::string& remote_group = {});
[[nodiscard]] Resource port(const std::string& address, const std::string& network, const std::string& subnet,
                            const std::vector<std::string>& groups);

}  // namespace cloison::test
