#include "tests/support/fake_provider.h"

#include <algorithm>
#include <thread>

namespace cloison::test {
namespace {

AttributeSchema attribute_of(std::string name, Type type, bool forces_replace = false) {
  AttributeSchema schema;
  schema.name = std::move(name);
  schema.type = type;
  schema.forces_replace = forces_replace;
  return schema;
}

std::vector<KindSchema> make_kinds() {
  KindSchema network;
  network.kind = "network";
  network.attributes = {attribute_of("name", Type::text), attribute_of("mtu", Type::integer, true),
                        attribute_of("status", Type::text)};
  network.attributes[2].computed = true;

  KindSchema subnet;
  subnet.kind = "subnet";
  subnet.attributes = {attribute_of("network", Type::text, true), attribute_of("cidr", Type::prefix, true),
                       attribute_of("dns", Type::list)};
  subnet.attributes[2].unordered = true;
  subnet.container = "network";
  subnet.unique = {{"network", "cidr"}};
  subnet.disjoint = {{"network", "cidr"}};

  KindSchema group;
  group.kind = "group";
  group.attributes = {attribute_of("title", Type::text)};

  KindSchema rule;
  rule.kind = "rule";
  rule.attributes = {attribute_of("group", Type::text, true), attribute_of("port", Type::integer, true),
                     attribute_of("remote", Type::text, true)};
  rule.identity = KindSchema::Identity::natural;
  rule.natural_key = {"port", "remote"};
  rule.container = "group";
  rule.closed = true;
  rule.can_update = false;
  rule.bulk = 4;
  rule.exclusive = {"group"};

  KindSchema port;
  port.kind = "port";
  port.attributes = {attribute_of("network", Type::text, true), attribute_of("subnet", Type::text, true),
                     attribute_of("groups", Type::list)};
  port.attributes[2].unordered = true;

  std::vector<KindSchema> kinds{network, subnet, group, rule, port};
  for (KindSchema& kind : kinds) {
    if (kind.identity == KindSchema::Identity::marker) kind.marker_attribute = "description";
    kind.settle = std::chrono::seconds(1);
  }
  return kinds;
}

const KindSchema& schema_of(const std::string& kind) {
  return *find_kind(fake_kinds(), kind);
}

Diagnostic answer(ErrorKind kind, std::string summary) {
  return {.kind = kind, .code = "CL5599", .summary = std::move(summary)};
}

bool names(const Value& value, const std::string& id) {
  if (value.text_or_empty() == id && !id.empty()) return true;
  const auto* items = value.as_list() != nullptr ? value.as_list() : value.as_slots();
  return items != nullptr &&
         std::any_of(items->begin(), items->end(), [&](const Value& item) { return names(item, id); });
}

Observed seen(const FakeObject& object) {
  return {.kind = object.kind,
          .remote_id = object.id,
          .attributes = object.attributes,
          .marker = object.marker,
          .container_id = object.container};
}

}  // namespace

const std::vector<KindSchema>& fake_kinds() {
  static const std::vector<KindSchema> kinds = make_kinds();
  return kinds;
}

std::string FakePlatform::add_foreign(const std::string& kind,
                                      std::vector<std::pair<std::string_view, Value>> attributes,
                                      std::string container) {
  const std::lock_guard lock(mutex_);
  FakeObject object{.kind = kind,
                    .id = "f" + std::to_string(next_++),
                    .attributes = record(schema_of(kind), std::move(attributes)),
                    .container = std::move(container),
                    .foreign = true};
  return objects_.emplace(object.id, object).first->first;
}

std::map<std::string, FakeObject> FakePlatform::objects() const {
  const std::lock_guard lock(mutex_);
  return objects_;
}

std::vector<FakeObject> FakePlatform::of_kind(const std::string& kind) const {
  std::vector<FakeObject> found;
  for (const auto& [id, object] : objects()) {
    if (object.kind == kind) found.push_back(object);
  }
  return found;
}

void FakePlatform::set(const std::string& id, std::string_view name, Value value) {
  const std::lock_guard lock(mutex_);
  FakeObject& object = objects_.at(id);
  object.attributes = with_attribute(schema_of(object.kind), object.attributes, name, std::move(value));
}

void FakePlatform::drop(const std::string& id) {
  const std::lock_guard lock(mutex_);
  objects_.erase(id);
}

void FakePlatform::put(FakeObject object) {
  const std::lock_guard lock(mutex_);
  objects_.insert_or_assign(object.id, std::move(object));
}

Result<std::vector<Observed>> FakeProvider::observe(const Scope&, std::span<const std::string> kinds, const Call&) {
  const std::lock_guard lock(platform_->mutex_);
  ++platform_->observations;
  if (platform_->fate) {
    const Fault fault = platform_->fate("observe", "", "");
    if (fault != Fault::none && fault != Fault::late) return fail(answer(ErrorKind::transient, "try again"));
  }
  std::vector<Observed> all;
  for (const auto& [id, object] : platform_->objects_) {
    if (std::find(kinds.begin(), kinds.end(), object.kind) != kinds.end()) all.push_back(seen(object));
  }
  return all;
}

std::optional<Diagnostic> FakeProvider::refusal(const FakeObject& wanted) const {
  const KindSchema& kind = schema_of(wanted.kind);
  const auto& objects = platform_->objects_;
  const auto there = [&](const Value& id, const std::string& of) {
    const auto found = objects.find(id.text_or_empty());
    return found != objects.end() && found->second.kind == of;
  };
  for (const auto& [name, target] : {std::pair("network", "network"), {"subnet", "subnet"}, {"group", "group"}}) {
    if (kind.slot(name) && !there(attribute(kind, wanted.attributes, name), target))
      return answer(ErrorKind::not_found, std::string("no such ") + target);
  }
  if (wanted.kind == "rule") {
    const Value& remote = attribute(kind, wanted.attributes, "remote");
    if (!remote.is_null() && !there(remote, "group")) return answer(ErrorKind::not_found, "no such remote group");
  }
  if (const auto* groups = attribute(kind, wanted.attributes, "groups").as_list()) {
    for (const Value& one : *groups) {
      if (!there(one, "group")) return answer(ErrorKind::not_found, "no such group");
    }
  }
  for (const auto& [id, other] : objects) {
    if (other.kind != wanted.kind || id == wanted.id || other.container != wanted.container) continue;
    const IpPrefix* here = attribute(kind, wanted.attributes, "cidr").as_prefix();
    const IpPrefix* taken = attribute(kind, other.attributes, "cidr").as_prefix();
    if (here != nullptr && taken != nullptr && here->overlaps(*taken))
      return answer(ErrorKind::conflict, "subnets overlap");
    if (wanted.kind == "rule" && other.attributes == wanted.attributes)
      return answer(ErrorKind::conflict, "the rule exists");
  }
  return std::nullopt;
}

std::optional<Diagnostic> FakeProvider::in_use(const FakeObject& object) const {
  if (object.kind == "rule" || object.kind == "port") return std::nullopt;
  for (const auto& [id, other] : platform_->objects_) {
    if (other.kind != "rule" && names(other.attributes, object.id))
      return answer(ErrorKind::conflict, object.kind + " is used by " + other.kind + " " + id);
  }
  return std::nullopt;
}

Result<Applied> FakeProvider::create_one(const CreateRequest& request) {
  const Resource& resource = request.resource;
  FakePlatform& platform = *platform_;
  platform.calls.push_back("create " + resource.kind + " " + resource.address.text);
  const Fault fault = platform.fate ? platform.fate("create", resource.kind, resource.address.text) : Fault::none;
  if (fault == Fault::refused) return fail(answer(ErrorKind::permission, "no"));
  if (fault == Fault::transient) return fail(answer(ErrorKind::transient, "try again"));
  if (fault == Fault::throttled) return fail(answer(ErrorKind::throttled, "slow down"));
  if (fault == Fault::lost) return fail(answer(ErrorKind::in_doubt, "no answer"));
  if (has_references(resource.attributes)) return fail(answer(ErrorKind::internal, "a reference arrived"));
  const KindSchema& kind = schema_of(resource.kind);
  FakeObject object{
      .kind = resource.kind, .id = "o" + std::to_string(platform.next_), .attributes = resource.attributes};
  if (kind.identity == KindSchema::Identity::marker) object.marker = request.marker;
  if (!kind.container.empty()) object.container = attribute(kind, resource.attributes, kind.container).text_or_empty();
  if (kind.slot("status")) object.attributes = with_attribute(kind, object.attributes, "status", Value::text("up"));
  if (const auto why = refusal(object)) return fail(*why);
  ++platform.next_;
  if (platform.rewrite) platform.rewrite(object);
  platform.objects_.emplace(object.id, object);
  if (fault == Fault::late) return fail(answer(ErrorKind::in_doubt, "no answer"));
  return Applied{object.id, object.attributes};
}

std::vector<Result<Applied>> FakeProvider::create_many(std::span<const CreateRequest> requests, const Call& call) {
  {
    const std::lock_guard lock(platform_->mutex_);
    platform_->most_at_once = std::max(platform_->most_at_once, ++platform_->running_);
  }
  const auto until = std::chrono::steady_clock::now() + platform_->duration;
  while (std::chrono::steady_clock::now() < until && !call.stop.stop_requested())
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const std::lock_guard lock(platform_->mutex_);
  --platform_->running_;
  if (requests.size() > 1) ++platform_->bulk_calls;
  std::vector<Result<Applied>> answers;
  for (const CreateRequest& request : requests) answers.push_back(create_one(request));
  return answers;
}

Result<Applied> FakeProvider::update(const ResourceState& now, const Resource& desired, const Call&) {
  const std::lock_guard lock(platform_->mutex_);
  FakePlatform& platform = *platform_;
  platform.calls.push_back("update " + desired.kind + " " + desired.address.text);
  const Fault fault = platform.fate ? platform.fate("update", desired.kind, desired.address.text) : Fault::none;
  if (fault == Fault::refused) return fail(answer(ErrorKind::permission, "no"));
  if (fault == Fault::transient) return fail(answer(ErrorKind::transient, "try again"));
  if (fault == Fault::throttled) return fail(answer(ErrorKind::throttled, "slow down"));
  if (fault == Fault::lost) return fail(answer(ErrorKind::in_doubt, "no answer"));
  const auto found = platform.objects_.find(now.remote_id);
  if (found == platform.objects_.end()) return fail(answer(ErrorKind::not_found, "it is gone"));
  const KindSchema& kind = schema_of(desired.kind);
  FakeObject object = found->second;
  // Only what differs from what it has is sent, as an economical client does.
  for (const AttributeSchema& one : kind.attributes) {
    const Value& wanted = attribute(kind, desired.attributes, one.name);
    if (one.computed || wanted == attribute(kind, now.observed, one.name)) continue;
    object.attributes = with_attribute(kind, object.attributes, one.name, wanted);
  }
  if (const auto why = refusal(object)) return fail(*why);
  if (platform.rewrite) platform.rewrite(object);
  found->second = object;
  if (fault == Fault::late) return fail(answer(ErrorKind::in_doubt, "no answer"));
  return Applied{object.id, object.attributes};
}

Result<void> FakeProvider::remove(const ResourceState& row, const Call&) {
  const std::lock_guard lock(platform_->mutex_);
  FakePlatform& platform = *platform_;
  platform.calls.push_back("remove " + row.kind + " " + row.key.address);
  const Fault fault = platform.fate ? platform.fate("remove", row.kind, row.key.address) : Fault::none;
  if (fault == Fault::refused) return fail(answer(ErrorKind::permission, "no"));
  if (fault == Fault::transient) return fail(answer(ErrorKind::transient, "try again"));
  if (fault == Fault::throttled) return fail(answer(ErrorKind::throttled, "slow down"));
  if (fault == Fault::lost) return fail(answer(ErrorKind::in_doubt, "no answer"));
  const auto found = platform.objects_.find(row.remote_id);
  if (found == platform.objects_.end()) return {};
  if (const auto why = in_use(found->second)) return fail(*why);
  // As Neutron does: with a group go its rules and the rules that name it.
  if (row.kind == "group")
    std::erase_if(platform.objects_, [&](const auto& one) {
      return one.second.kind == "rule" && names(one.second.attributes, row.remote_id);
    });
  platform.objects_.erase(row.remote_id);
  if (fault == Fault::late) return fail(answer(ErrorKind::in_doubt, "no answer"));
  return {};
}

/// Strict as a node is: where one is refused, what came after it in the call is not made without it.
std::vector<Result<Applied>> FakeProvider::change_many(std::span<const ChangeRequest> changes, const Call& call) {
  {
    const std::lock_guard lock(platform_->mutex_);
    ++platform_->changes;
  }
  std::vector<Result<Applied>> answers;
  bool refused = false;
  for (const auto& one : changes) {
    if (refused) {
      answers.emplace_back(fail({.kind = ErrorKind::transient, .summary = "not without what was refused"}));
      continue;
    }
    answers.push_back(std::move(Provider::change_many({&one, 1}, call).front()));
    refused = !answers.back();
  }
  return answers;
}

Result<std::vector<Observed>> FakeProvider::cascade(const ResourceState& row, const Call&) {
  const std::lock_guard lock(platform_->mutex_);
  std::vector<Observed> along;
  for (const auto& [id, object] : platform_->objects_) {
    if (id != row.remote_id && names(object.attributes, row.remote_id)) along.push_back(seen(object));
  }
  return along;
}

namespace {
Resource resource_of(const std::string& kind, const std::string& address,
                     std::vector<std::pair<std::string_view, Value>> attributes) {
  return {.address = {address},
          .provider = "cloud",
          .kind = kind,
          .attributes = record(schema_of(kind), std::move(attributes))};
}
}  // namespace

Resource network(const std::string& address, int64_t mtu, const std::string& name) {
  return resource_of("network", address, {{"name", Value::text(name)}, {"mtu", Value::integer(mtu)}});
}

Resource subnet(const std::string& address, const std::string& network, const std::string& cidr,
                const std::vector<std::string>& dns) {
  return resource_of(
      "subnet", address,
      {{"network", Value::ref(network)}, {"cidr", Value::prefix(*IpPrefix::parse(cidr))}, {"dns", Value::texts(dns)}});
}

Resource group(const std::string& address, const std::string& title) {
  return resource_of("group", address, {{"title", Value::text(title)}});
}

Resource rule(const std::string& address, const std::string& group, int64_t port, const std::string& remote_group) {
  return resource_of("rule", address,
                     {{"group", Value::ref(group)},
                      {"port", Value::integer(port)},
                      {"remote", remote_group.empty() ? Value::null() : Value::ref(remote_group)}});
}

Resource port(const std::string& address, const std::string& network, const std::string& subnet,
              const std::vector<std::string>& groups) {
  std::vector<Value> list;
  for (const std::string& one : groups) list.push_back(Value::ref(one));
  return resource_of(
      "port", address,
      {{"network", Value::ref(network)}, {"subnet", Value::ref(subnet)}, {"groups", Value::list(std::move(list))}});
}

}  // namespace cloison::test
