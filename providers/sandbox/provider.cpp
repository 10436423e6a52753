#include <algorithm>
#include <condition_variable>
#include <functional>
#include <iterator>
#include <mutex>
#include <set>

#include <fmt/format.h>

#include "core/model/rollout.h"
#include "providers/sandbox/refusal.h"
#include "providers/sandbox/sandbox.h"
#include "providers/sandbox/simulator.h"

namespace cloison::sandbox {

namespace {

using Fault = FaultDice::Fault;
using Steady = std::chrono::steady_clock;

Diagnostic happened(ErrorKind kind, const char* code, std::string_view what, std::string_view object) {
  return {.kind = kind,
          .code = code,
          .summary = fmt::format("the sandbox was told to {}", what),
          .detail = fmt::format("A fault asked for by CLOISON_SANDBOX_FAULTS, at {}.", object),
          .hint = "unset CLOISON_SANDBOX_FAULTS, or run it again"};
}

/// What a fault answers; nothing for none. `after`: the change was made.
std::optional<Diagnostic> answer_of(Fault fault, bool after, std::string_view object) {
  if (after) {
    if (fault == Fault::in_doubt_after) return happened(ErrorKind::in_doubt, "CL5514", "lose an answer", object);
    return {};
  }
  switch (fault) {
    case Fault::fail:
      return happened(ErrorKind::transient, "CL5512", "fail", object);
    case Fault::throttle:
      return happened(ErrorKind::throttled, "CL5513", "throttle", object);
    case Fault::in_doubt_before:
      return happened(ErrorKind::in_doubt, "CL5514", "lose a request", object);
    default:
      return {};
  }
}

Diagnostic cancelled() {
  return {.kind = ErrorKind::cancelled,
          .code = "CL5518",
          .summary = "the call was stopped before it was made",
          .hint = "run it again"};
}

Diagnostic late(ErrorKind kind) {
  return {.kind = kind,
          .code = "CL5519",
          .summary = "the sandbox did not answer in time",
          .detail = "CLOISON_SANDBOX_FAULTS asks for more delay than a call may take.",
          .hint = "ask for less, or allow more time: `cloison COMMAND --call-timeout 10m`"};
}

/// True when it slept to the end, false when stopped or out of time before.
bool slept(std::chrono::milliseconds how_long, const Call& call) {
  if (how_long.count() <= 0) return true;
  const auto wake = Steady::now() + how_long;
  const auto until = std::min(wake, call.deadline);
  std::mutex mutex;
  std::condition_variable_any waiting;
  std::unique_lock lock(mutex);
  waiting.wait_until(lock, call.stop, until, [] { return false; });
  return Steady::now() >= wake && !call.stop.stop_requested();
}

/// Values that steps hold alone (KindSchema::exclusive); a second one is refused as the platform would.
class Held {
 public:
  [[nodiscard]] bool take(const std::set<std::string>& keys) {
    const std::lock_guard lock(mutex_);
    if (std::any_of(keys.begin(), keys.end(), [&](const auto& key) { return taken_.contains(key); })) return false;
    taken_.insert(keys.begin(), keys.end());
    return true;
  }
  void release(const std::set<std::string>& keys) {
    const std::lock_guard lock(mutex_);
    for (const auto& key : keys) taken_.erase(key);
  }

 private:
  std::mutex mutex_{};
  std::set<std::string> taken_{};
};

/// Holds keys until destroyed.
class Holding {
 public:
  Holding(Held& held, std::set<std::string> keys) : held_(held), keys_(std::move(keys)), ok_(held_.take(keys_)) {}
  ~Holding() {
    if (ok_) held_.release(keys_);
  }
  Holding(const Holding&) = delete;
  Holding& operator=(const Holding&) = delete;
  [[nodiscard]] bool ok() const { return ok_; }

 private:
  Held& held_;
  std::set<std::string> keys_;
  bool ok_;
};

void add_exclusive(std::set<std::string>& keys, const KindSchema& schema, const Value& attributes) {
  for (const auto& name : schema.exclusive)
    if (const auto* text = attribute(schema, attributes, name).as_text()) keys.insert(name + ' ' + *text);
}

std::string lineage_of(const std::string& marker) {
  const auto parsed = Marker::parse(marker);
  return parsed ? parsed->lineage : std::string{};
}

/// What the platform would show: all but what is only asked for.
Value shown(const Object& object) {
  const KindSchema& schema = *object.schema;
  const auto* slots = object.attributes.as_slots();
  const auto hidden = [](const AttributeSchema& attribute) { return attribute.write_only; };
  if (slots == nullptr || std::none_of(schema.attributes.begin(), schema.attributes.end(), hidden))
    return object.attributes;
  std::vector<Value> items = *slots;
  for (std::size_t i = 0; i < items.size() && i < schema.attributes.size(); ++i)
    if (schema.attributes[i].write_only) items[i] = Value::null();
  return Value::slots(std::move(items));
}

Observed observed_of(Object object) {
  const auto& schema = *object.schema;
  Observed seen{.kind = schema.kind};
  // A platform that has nowhere to write the marker cannot answer with it.
  if (!schema.marker_attribute.empty()) seen.marker = Marker::parse(object.marker);
  if (!schema.container.empty())
    seen.container_id = attribute(schema, object.attributes, schema.container).text_or_empty();
  seen.attributes = shown(object);
  seen.remote_id = std::move(object.id);
  return seen;
}

class Sandbox final : public Provider {
 public:
  Sandbox(std::shared_ptr<Provider> real, std::unique_ptr<Simulator> simulator, const SandboxOptions& options)
      : real_(std::move(real)), simulator_(std::move(simulator)), dice_(options.faults), latency_(options.latency) {}

  [[nodiscard]] std::span<const KindSchema> kinds() const override { return real_->kinds(); }
  [[nodiscard]] Forwarding semantics(std::span<const PlacedResource> resources) const override {
    return real_->semantics(resources);
  }
  [[nodiscard]] Checked<Lowered> lower(const Intent& intent, const Facts& facts) const override {
    return real_->lower(intent, facts);
  }
  [[nodiscard]] Resource canonical(Resource resource) const override { return real_->canonical(std::move(resource)); }
  [[nodiscard]] Result<ResourceState> upgraded(ResourceState row) const override {
    return real_->upgraded(std::move(row));
  }
  [[nodiscard]] StoredProvider configuration() const override { return real_->configuration(); }
  [[nodiscard]] std::map<std::string, int64_t> quota_of(const Resource& resource) const override {
    return real_->quota_of(resource);
  }
  [[nodiscard]] Facts specimen_facts() const override { return real_->specimen_facts(); }
  [[nodiscard]] bool stands_alone() const override { return real_->stands_alone(); }
  [[nodiscard]] RolloutPart rollout_of(std::string_view kind, const Value& applied) const override {
    return real_->rollout_of(kind, applied);
  }
  [[nodiscard]] Passage passage(std::string_view kind, const Value& applied, const Value& desired) const override {
    return real_->passage(kind, applied, desired);
  }
  /// As its objects say; since when is nobody's to say.
  [[nodiscard]] Result<std::vector<RunningService>> running(const Call& call) override {
    if (auto why = unread("running", call)) return fail(std::move(*why));
    std::vector<std::string> kinds_of_all;
    for (const auto& schema : kinds()) kinds_of_all.push_back(schema.kind);
    auto objects = simulator_->objects(kinds_of_all);
    if (!objects) return fail(std::move(objects.error()));
    std::vector<RunningService> all;
    for (const auto& object : *objects) {
      auto part = real_->rollout_of(object.schema->kind, object.attributes);
      if (!part.runs) continue;
      all.push_back({.name = std::move(part.name),
                     .release = std::move(part.release),
                     .state = part.stopped ? "inactive" : "active",
                     .ails = std::move(part.ails)});
    }
    return all;
  }
  [[nodiscard]] bool counts_use() const override { return real_->counts_use(); }
  /// Nobody sends anything here, so nothing was met; since when that is counted is nobody's to say.
  [[nodiscard]] std::vector<RuleUse> uses() const override {
    if (!counts_use()) return {};
    std::vector<std::string> kinds_of_all;
    for (const auto& schema : kinds()) kinds_of_all.push_back(schema.kind);
    const auto objects = simulator_->objects(kinds_of_all);
    std::vector<RuleUse> all;
    for (const auto& object : objects ? *objects : std::vector<Object>{}) {
      auto uses = real_->counted_rules(object.schema->kind, object.attributes);
      std::move(uses.begin(), uses.end(), std::back_inserter(all));
    }
    return all;
  }
  [[nodiscard]] std::string account() const override {
    return fmt::format("sandbox of {}, nothing real", configuration().name);
  }

  [[nodiscard]] Result<Facts> probe(const Call& call) override {
    if (auto why = unread("probe", call)) return fail(std::move(*why));
    return simulator_->facts();
  }

  [[nodiscard]] Result<std::vector<Observed>> observe(const Scope&, std::span<const std::string> wanted,
                                                      const Call& call) override {
    if (auto why = unread("observe", call)) return fail(std::move(*why));
    auto objects = simulator_->objects(wanted);
    if (!objects) return fail(std::move(objects.error()));
    std::vector<Observed> seen;
    seen.reserve(objects->size());
    for (auto& object : *objects) seen.push_back(observed_of(std::move(object)));
    return seen;
  }

  [[nodiscard]] std::vector<Result<Applied>> create_many(std::span<const CreateRequest> requests,
                                                         const Call& call) override;
  [[nodiscard]] Result<Applied> update(const ResourceState& now, const Resource& desired, const Call& call) override;
  [[nodiscard]] Result<void> remove(const ResourceState& row, const Call& call) override;
  [[nodiscard]] Result<std::vector<Observed>> cascade(const ResourceState& row, const Call& call) override;

  [[nodiscard]] Result<std::vector<Quota>> quotas(const Call& call) override {
    if (auto why = unread("quotas", call)) return fail(std::move(*why));
    return simulator_->quotas();
  }

 private:
  /// Why a read is not answered: a fault, a stop, a deadline.
  [[nodiscard]] std::optional<Diagnostic> unread(std::string_view what, const Call& call) {
    if (call.stop.stop_requested()) return cancelled();
    if (!slept(latency_ + dice_.latency("read", what), call))
      return call.stop.stop_requested() ? cancelled() : late(ErrorKind::timeout);
    if (dice_.read_fails(what, configuration().name))
      return happened(ErrorKind::timeout, "CL5512", "leave a list unanswered", what);
    return {};
  }

  /// The answer to a write arrives late, or never.
  [[nodiscard]] std::optional<Diagnostic> unanswered(std::string_view verb, const std::string& object,
                                                     const Call& call) {
    if (slept(latency_ + dice_.latency(verb, object), call)) return {};
    return late(ErrorKind::in_doubt);
  }

  /// One write to one object; `keys` are held while it runs.
  template <class T>
  [[nodiscard]] Result<T> write(std::string_view verb, const std::string& object, std::set<std::string> keys,
                                const Call& call, const std::function<Result<T>()>& change) {
    if (call.stop.stop_requested()) return fail(cancelled());
    const Fault fault = dice_.write(verb, object);
    if (auto why = answer_of(fault, false, object)) return fail(std::move(*why));
    const Holding holding(held_, std::move(keys));
    if (!holding.ok()) return fail(refusal::busy(object));
    auto answer = change();
    if (auto why = unanswered(verb, object, call)) return fail(std::move(*why));
    if (auto why = answer_of(fault, true, object)) return fail(std::move(*why));
    return answer;
  }

  std::shared_ptr<Provider> real_;
  std::unique_ptr<Simulator> simulator_;
  FaultDice dice_;
  std::chrono::milliseconds latency_;
  Held held_{};
};

std::vector<Result<Applied>> Sandbox::create_many(std::span<const CreateRequest> requests, const Call& call) {
  std::vector<Result<Applied>> answers(requests.size(), fail(cancelled()));
  if (call.stop.stop_requested()) return answers;
  std::vector<Simulator::Wanted> wanted;
  std::vector<std::pair<std::size_t, Fault>> sent;  // position and what befalls its answer
  std::set<std::string> keys;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const auto& resource = requests[i].resource;
    const Fault fault = dice_.write("create", resource.address.text);
    if (auto why = answer_of(fault, false, resource.address.text)) {
      answers[i] = fail(std::move(*why));
      continue;
    }
    if (const auto* schema = find_kind(kinds(), resource.kind)) add_exclusive(keys, *schema, resource.attributes);
    wanted.push_back({.kind = resource.kind,
                      .attributes = real_->canonical(resource).attributes,
                      .marker = requests[i].marker.text(),
                      .key = resource.address.text});
    sent.emplace_back(i, fault);
  }
  if (sent.empty()) return answers;
  const Holding holding(held_, std::move(keys));
  const auto made = holding.ok() ? simulator_->create(wanted)
                                 : std::vector<Result<Object>>(wanted.size(), fail(refusal::busy(wanted.front().key)));
  const auto late = unanswered("create", wanted.front().key, call);
  for (std::size_t n = 0; n < sent.size(); ++n) {
    const auto [i, fault] = sent[n];
    if (late)
      answers[i] = fail(*late);
    else if (auto lost = answer_of(fault, true, wanted[n].key))
      answers[i] = fail(std::move(*lost));
    else if (made[n])
      answers[i] = Applied{.remote_id = made[n]->id, .observed = shown(*made[n])};
    else
      answers[i] = fail(made[n].error());
    if (!answers[i] && answers[i].error().address.empty()) answers[i].error().address = wanted[n].key;
  }
  return answers;
}

Result<Applied> Sandbox::update(const ResourceState& now, const Resource& desired, const Call& call) {
  std::set<std::string> keys;
  std::optional<int64_t> believed;
  if (const auto* schema = find_kind(kinds(), now.kind)) {
    add_exclusive(keys, *schema, desired.attributes);
    if (const auto* revision = attribute(*schema, now.observed, schema->revision).as_integer()) believed = *revision;
  }
  return write<Applied>("update", now.remote_id, std::move(keys), call, [&]() -> Result<Applied> {
    auto object = simulator_->update(now.kind, now.remote_id, real_->canonical(desired).attributes, believed);
    if (!object) return fail(std::move(object.error()));
    return Applied{.remote_id = object->id, .observed = shown(*object)};
  });
}

Result<void> Sandbox::remove(const ResourceState& row, const Call& call) {
  std::set<std::string> keys;
  if (const auto* schema = find_kind(kinds(), row.kind)) add_exclusive(keys, *schema, row.observed);
  return write<void>("remove", row.remote_id, std::move(keys), call,
                     [&] { return simulator_->remove(row.kind, row.remote_id); });
}

Result<std::vector<Observed>> Sandbox::cascade(const ResourceState& row, const Call& call) {
  if (auto why = unread("cascade", call)) return fail(std::move(*why));
  const auto touched = simulator_->touched(row.kind, row.remote_id);
  if (!touched) return fail(touched.error());
  const auto lineage = lineage_of(touched->marker);
  std::vector<Observed> foreign;
  for (const auto& object : touched->objects) {
    const auto& schema = *object.schema;
    // Closed content is its container's own, whoever wrote it; what carries the container's lineage is ours.
    const bool content =
        schema.closed && attribute(schema, object.attributes, schema.container).text_or_empty() == row.remote_id;
    const bool ours = !lineage.empty() && lineage_of(object.marker) == lineage;
    if (!content && !ours) foreign.push_back(observed_of(object));
  }
  return foreign;
}

}  // namespace

Result<std::shared_ptr<Provider>> make_sandbox(std::shared_ptr<Provider> real, const SandboxOptions& options) {
  auto simulator = Simulator::open(real, options);
  if (!simulator) return fail(std::move(simulator.error()));
  return std::shared_ptr<Provider>(std::make_shared<Sandbox>(std::move(real), std::move(*simulator), options));
}

}  // namespace cloison::sandbox
