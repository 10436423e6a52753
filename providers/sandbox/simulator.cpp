#include "providers/sandbox/simulator.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/model/value_json.h"
#include "core/model/value_reader.h"
#include "providers/sandbox/refusal.h"

namespace cloison::sandbox {

namespace {

Diagnostic other_layout(const std::string& kind) {
  return {.kind = ErrorKind::state,
          .code = "CL5523",
          .summary = fmt::format("the sandbox holds a {} in a layout that this cloison does not know", kind),
          .detail = "Its database was written by another version, or by hand.",
          .hint = "begin anew, its state included: rm -r .cloison/sandbox"};
}

Result<Object> read(std::span<const KindSchema> kinds, const ObjectView& stored, ValueReader& values) {
  const auto* schema = find_kind(kinds, stored.kind);
  auto attributes = values.read(stored.attributes);
  if (!schema || !attributes || !attributes->as_slots() || attributes->as_slots()->size() != schema->attributes.size())
    return fail(other_layout(std::string(stored.kind)));
  return Object{.id = std::string(stored.id),
                .schema = schema,
                .attributes = *std::move(attributes),
                .marker = std::string(stored.marker),
                .project = std::string(stored.project)};
}

/// What must not be stored in clear is compared by its digest alone.
Value without_secrets(const KindSchema& schema, const Value& attributes) {
  const auto* slots = attributes.as_slots();
  if (!slots) return attributes;
  std::vector<Value> items = *slots;
  bool changed = false;
  for (std::size_t i = 0; i < items.size() && i < schema.attributes.size(); ++i) {
    if (!schema.attributes[i].sensitive || items[i].is_null() || items[i].is_secret()) continue;
    items[i] = Value::secret(value_digest(items[i]));
    changed = true;
  }
  return changed ? Value::slots(std::move(items)) : attributes;
}

}  // namespace

Simulator::Simulator(std::shared_ptr<const Provider> real, std::unique_ptr<Database> database)
    : real_(std::move(real)),
      account_(real_->configuration().name),
      facts_(facts_of(*real_)),
      known_(facts_),
      database_(std::move(database)),
      world_(real_->kinds()) {}

Result<std::unique_ptr<Simulator>> Simulator::open(std::shared_ptr<const Provider> real,
                                                   const SandboxOptions& options) {
  auto database = Database::open(options.database, options.durability, options.seed);
  if (!database) return fail(std::move(database.error()));
  return std::unique_ptr<Simulator>(new Simulator(std::move(real), std::move(*database)));
}

Result<void> Simulator::read_all(uint64_t version, const std::function<void(Object)>& take) {
  counted_.reset();
  auto allowed = database_->quotas(account_);
  if (!allowed) return fail(std::move(allowed.error()));
  used_.clear();
  ValueReader values;
  auto done = database_->for_each_object(account_, [&](const ObjectView& stored) -> Result<void> {
    auto object = read(real_->kinds(), stored, values);
    if (!object) return fail(std::move(object.error()));
    count(*object, 1);
    take(*std::move(object));
    return {};
  });
  if (!done) return done;
  allowed_ = std::move(*allowed);
  counted_ = version;
  return {};
}

Result<void> Simulator::refresh() {
  const auto version = database_->version(account_);
  if (!version) return fail(version.error());
  if (version_ == *version) return {};
  version_.reset();
  World fresh(real_->kinds());
  if (auto done = read_all(*version, [&](Object object) { fresh.put(std::move(object)); }); !done) return done;
  world_ = std::move(fresh);
  simulation_.reset();
  version_ = *version;
  return {};
}

Result<void> Simulator::write(const std::function<Result<void>()>& change) {
  const std::lock_guard lock(mutex_);
  if (auto began = database_->begin(); !began) return began;
  changed_ = false;
  auto done = refresh();
  if (done) done = change();
  if (done && changed_) done = database_->grow_version(account_);
  if (done)
    done = database_->commit();
  else
    database_->roll_back();
  if (!changed_) return done;
  if (done)
    ++*version_;
  else
    version_.reset();  // the world went ahead of the database
  counted_ = version_;
  return done;
}

Result<std::vector<Object>> Simulator::objects(std::span<const std::string> kinds, const std::string& project) {
  const std::lock_guard lock(mutex_);
  const auto version = database_->version(account_);
  if (!version) return fail(version.error());
  std::vector<Object> result;
  const auto wanted = [&](const Object& object) {
    return object.project == project && std::find(kinds.begin(), kinds.end(), object.schema->kind) != kinds.end();
  };
  if (version_ == *version) {
    for (const auto* object : world_.all())
      if (wanted(*object)) result.push_back(*object);
    return result;
  }
  auto done = read_all(*version, [&](Object object) {
    if (wanted(object)) result.push_back(std::move(object));
  });
  if (!done) return fail(std::move(done.error()));
  return result;
}

const Object* Simulator::ours(const std::string& kind, const std::string& id) const {
  const auto* object = world_.find(id);
  return object && object->project.empty() && object->schema->kind == kind ? object : nullptr;
}

std::map<std::string, int64_t> Simulator::needs(const Object& object) const {
  if (!object.project.empty()) return {};
  return real_->quota_of(
      {.address = {}, .provider = account_, .kind = object.schema->kind, .attributes = object.attributes});
}

void Simulator::count(const Object& object, int64_t sign) {
  for (const auto& [name, amount] : needs(object)) used_[name] += sign * amount;
}

std::optional<Diagnostic> Simulator::refused_quota(const Object& wanted) {
  const auto* before = world_.find(wanted.id);
  const auto had = before ? needs(*before) : std::map<std::string, int64_t>{};
  for (const auto& [name, amount] : needs(wanted)) {
    const auto allowed = allowed_.find(name);
    const auto already = had.find(name);
    const int64_t more = amount - (already == had.end() ? 0 : already->second);
    if (allowed == allowed_.end() || allowed->second < 0 || more <= 0) continue;
    if (used_[name] + more > allowed->second)
      return refusal::over_quota(wanted, name, used_[name], more, allowed->second);
  }
  return {};
}

Result<Object> Simulator::keep(Object object) {
  changed_ = true;
  if (const auto* before = world_.find(object.id)) count(*before, -1);
  count(object, 1);
  const StoredObject stored{.id = object.id,
                            .kind = object.schema->kind,
                            .attributes = to_json(object.attributes),
                            .marker = object.marker,
                            .project = object.project};
  world_.put(object);
  if (auto put = database_->put(account_, stored); !put) return fail(std::move(put.error()));
  return object;
}

Result<void> Simulator::drop(const std::string& id) {
  changed_ = true;
  if (const auto* before = world_.find(id)) count(*before, -1);
  world_.erase(id);
  return database_->erase(account_, id);
}

Result<Object> Simulator::create_one(const Wanted& wanted) {
  const auto* schema = find_kind(real_->kinds(), wanted.kind);
  if (!schema) return fail(refusal::unknown_kind(wanted.kind));
  if (has_references(wanted.attributes)) return fail(refusal::unresolved(wanted.key));
  Object object{.id = {},
                .schema = schema,
                .attributes = normalised(*schema, without_secrets(*schema, wanted.attributes)),
                .marker = wanted.marker,
                .project = wanted.project};
  if (const auto token = World::token_key(object); !token.empty())
    if (const auto* already = world_.holder(token, {})) return *already;
  if (auto why = refused_value(world_, known_, object)) return fail(std::move(*why));
  if (auto why = refused_quota(object)) return fail(std::move(*why));
  const auto nth = database_->next_birth(account_, wanted.kind + ' ' + wanted.key);
  if (!nth) return fail(nth.error());
  object.id = simulated_id(database_->seed(), account_, wanted.kind, wanted.key, *nth);
  object.attributes = simulation_.completed(world_, object);
  return keep(std::move(object));
}

std::vector<Result<Object>> Simulator::create(std::span<const Wanted> wanted) {
  std::vector<Result<Object>> answers;
  answers.reserve(wanted.size());
  auto done = write([&]() -> Result<void> {
    for (const auto& one : wanted) {
      answers.push_back(create_one(one));
      // A refusal concerns one object; a database that fails concerns all.
      if (!answers.back() && answers.back().error().kind == ErrorKind::state) return fail(answers.back().error());
    }
    return {};
  });
  if (!done) answers.assign(wanted.size(), fail(done.error()));
  return answers;
}

Result<Object> Simulator::update(const std::string& kind, const std::string& id, const Value& desired,
                                 std::optional<int64_t> believed_revision) {
  Result<Object> answer = fail(refusal::gone(kind, id));
  auto done = write([&]() -> Result<void> {
    const auto* now = ours(kind, id);
    if (!now) return fail(refusal::gone(kind, id));
    const auto& schema = *now->schema;
    if (has_references(desired)) return fail(refusal::unresolved(id));
    const auto* const current = now->attributes.as_slots();
    Object wanted = *now;
    std::vector<Value> items;
    const auto prepared = without_secrets(schema, desired);
    if (const auto* slots = prepared.as_slots()) items = *slots;
    for (std::size_t i = 0; i < items.size() && i < current->size(); ++i)
      if (schema.attributes[i].computed && (items[i].is_null() || schema.attributes[i].name == schema.revision))
        items[i] = (*current)[i];
    wanted.attributes = normalised(schema, Value::slots(std::move(items)));
    wanted.attributes = simulation_.completed(world_, wanted);  // what it had lost
    const auto* revision = attribute(schema, now->attributes, schema.revision).as_integer();
    if (revision && believed_revision && *believed_revision < *revision) return fail(refusal::stale(*now));
    if (auto why = refused_change(*now, wanted)) return fail(std::move(*why));
    if (wanted.attributes == now->attributes) {
      answer = *now;
      return {};
    }
    if (auto why = refused_value(world_, known_, wanted)) return fail(std::move(*why));
    if (auto why = refused_quota(wanted)) return fail(std::move(*why));
    if (revision)
      wanted.attributes = with_attribute(schema, wanted.attributes, schema.revision, Value::integer(*revision + 1));
    answer = keep(std::move(wanted));
    return answer ? Result<void>{} : fail(answer.error());
  });
  return done ? answer : Result<Object>(fail(std::move(done.error())));
}

Result<void> Simulator::carry_out(const Removal& removal) {
  for (const auto& id : removal.gone)
    if (auto dropped = drop(id); !dropped) return dropped;
  for (auto object : removal.changed)
    if (auto kept = keep(std::move(object)); !kept) return fail(std::move(kept.error()));
  return {};
}

Result<void> Simulator::remove(const std::string& kind, const std::string& id) {
  return write([&]() -> Result<void> {
    const auto* object = ours(kind, id);
    if (!object) return {};
    const auto removal = removal_of(world_, *object);
    return removal ? carry_out(*removal) : fail(removal.error());
  });
}

Result<void> Simulator::remove_by_force(const std::string& id) {
  return write([&]() -> Result<void> { return world_.find(id) ? drop(id) : Result<void>{}; });
}

Result<Object> Simulator::set_by_force(const std::string& id, const std::string& name, Value value) {
  Result<Object> answer = fail(refusal::gone("object", id));
  auto done = write([&]() -> Result<void> {
    const auto* now = world_.find(id);
    if (!now) return fail(refusal::gone("object", id));
    const auto& schema = *now->schema;
    Object wanted = *now;
    wanted.attributes =
        normalised(schema, without_secrets(schema, with_attribute(schema, now->attributes, name, std::move(value))));
    if (const auto* revision = attribute(schema, now->attributes, schema.revision).as_integer())
      wanted.attributes = with_attribute(schema, wanted.attributes, schema.revision, Value::integer(*revision + 1));
    answer = keep(std::move(wanted));
    return answer ? Result<void>{} : fail(answer.error());
  });
  return done ? answer : Result<Object>(fail(std::move(done.error())));
}

Result<std::optional<Object>> Simulator::find(const std::string& id) {
  const std::lock_guard lock(mutex_);
  if (auto fresh = refresh(); !fresh) return fail(std::move(fresh.error()));
  const auto* object = world_.find(id);
  return object ? std::optional(*object) : std::nullopt;
}

Result<Simulator::Touched> Simulator::touched(const std::string& kind, const std::string& id) {
  const std::lock_guard lock(mutex_);
  if (auto fresh = refresh(); !fresh) return fail(std::move(fresh.error()));
  Touched result;
  if (const auto* object = ours(kind, id)) {
    result.marker = object->marker;
    for (const auto* other : touched_by_removal(world_, *object)) result.objects.push_back(*other);
  }
  return result;
}

Result<std::vector<Quota>> Simulator::quotas() {
  const std::lock_guard lock(mutex_);
  const auto version = database_->version(account_);
  if (!version) return fail(version.error());
  if (counted_ != *version)
    if (auto done = read_all(*version, [](const Object&) {}); !done) return fail(std::move(done.error()));
  std::map<std::string, Quota> byname;
  for (const auto& schema : real_->kinds())
    for (const auto& [name, amount] :
         real_->quota_of({.address = {}, .provider = account_, .kind = schema.kind, .attributes = record(schema, {})}))
      byname[name].name = name;
  for (const auto& [name, used] : used_) byname[name] = {.name = name, .allowed = -1, .used = used};
  for (const auto& [name, allowed] : allowed_) {
    byname[name].name = name;
    byname[name].allowed = allowed;
  }
  std::vector<Quota> result;
  for (auto& [name, quota] : byname) result.push_back(std::move(quota));
  return result;
}

Result<void> Simulator::set_quota(const std::string& name, int64_t allowed) {
  return write([&]() -> Result<void> {
    changed_ = true;
    allowed_[name] = allowed;
    return database_->set_quota(account_, name, allowed);
  });
}

}  // namespace cloison::sandbox
