#include "core/state/stored_json.h"

#include <array>
#include <limits>

#include <nlohmann/json.hpp>

#include "core/model/value_json.h"
#include "core/state/errors.h"

namespace cloison::state {

namespace {

using nlohmann::json;

/// Deeper than anything we write; the library prints a tree by recursion.
constexpr int k_depth_limit = 64;

json parsed(std::string_view text) {
  const auto shallow = [](int depth, json::parse_event_t, const json&) { return depth <= k_depth_limit; };
  return json::parse(text.begin(), text.end(), shallow, /*allow_exceptions=*/false);
}

/// Fields of one object. Missing or mistyped ones are remembered, and asked for once at the end.
class ObjectReader {
 public:
  explicit ObjectReader(std::string_view text) : owned_(parsed(text)), object_(&owned_), ok_(owned_.is_object()) {}
  explicit ObjectReader(const json& object) : object_(&object), ok_(object.is_object()) {}
  ObjectReader(const ObjectReader&) = delete;
  ObjectReader& operator=(const ObjectReader&) = delete;
  ~ObjectReader() = default;

  [[nodiscard]] bool ok() const { return ok_; }

  [[nodiscard]] const json* find(const char* name) const {
    if (!object_->is_object()) return nullptr;
    const auto found = object_->find(name);
    return found == object_->end() ? nullptr : &*found;
  }
  std::string text(const char* name) {
    const json* field = find(name);
    if (field && field->is_string()) return field->get_ref<const std::string&>();
    ok_ = false;
    return {};
  }
  template <class Number>
  Number number(const char* name) {
    const json* field = find(name);
    if (field && field->is_number_unsigned()) {
      const auto value = field->get<uint64_t>();
      if (value <= static_cast<uint64_t>(std::numeric_limits<Number>::max())) return static_cast<Number>(value);
    }
    ok_ = false;
    return {};
  }
  bool boolean(const char* name) {
    const json* field = find(name);
    ok_ = ok_ && field && field->is_boolean();
    return field && field->is_boolean() && field->get<bool>();
  }
  Instant when(const char* name) {
    const auto instant = parse_rfc3339(text(name));
    ok_ = ok_ && instant.has_value();
    return instant.value_or(Instant{});
  }
  Value value(const char* name) {
    const json* field = find(name);
    auto value = field ? value_from_json(field->dump()) : std::nullopt;
    ok_ = ok_ && value.has_value();
    return value ? *std::move(value) : Value::null();
  }
  std::vector<std::string> texts(const char* name) {
    auto read = texts_from(value(name));
    ok_ = ok_ && read.has_value();
    return std::move(read).value_or(std::vector<std::string>{});
  }
  std::vector<StoredOrigin> origins(const char* name) {
    auto read = origins_from(value(name));
    ok_ = ok_ && read.has_value();
    return std::move(read).value_or(std::vector<StoredOrigin>{});
  }

 private:
  json owned_{};
  const json* object_;
  bool ok_ = false;
};

tl::unexpected<Diagnostic> unreadable(std::string_view what) {
  return fail(damaged("An entry of the log (" + std::string(what) + ") cannot be read."));
}

std::optional<ResourceState> row_from(const json& object) {
  ObjectReader reader(object);
  ResourceState row{.key = {reader.text("address"), reader.number<uint32_t>("generation")},
                    .provider = reader.text("provider"),
                    .kind = reader.text("kind"),
                    .remote_id = reader.text("remote_id"),
                    .schema_version = reader.number<uint32_t>("schema_version"),
                    .revision = reader.number<uint64_t>("revision"),
                    .deposed = reader.boolean("deposed"),
                    .applied = reader.value("applied"),
                    .observed = {},
                    .provider_config = reader.text("provider_config"),
                    .depends_on = reader.texts("depends_on"),
                    .origins = reader.origins("origins")};
  row.observed = reader.find("observed") ? reader.value("observed") : row.applied;
  return reader.ok() ? std::optional(std::move(row)) : std::nullopt;
}

std::optional<std::map<std::string, std::string>> map_from(const json& object) {
  if (!object.is_object()) return std::nullopt;
  std::map<std::string, std::string> map;
  for (const auto& [key, value] : object.items()) {
    if (!value.is_string()) return std::nullopt;
    map.emplace(key, value.get_ref<const std::string&>());
  }
  return map;
}

std::optional<Step::Verb> verb_from(std::string_view name) {
  constexpr std::array k_verbs{Step::Verb::create, Step::Verb::update, Step::Verb::remove, Step::Verb::adopt,
                               Step::Verb::forget};
  for (const Step::Verb verb : k_verbs)
    if (verb_name(verb) == name) return verb;
  return std::nullopt;
}

std::optional<RowChange> change_head(ObjectReader& reader) {
  RowChange change{.key = {reader.text("address"), reader.number<uint32_t>("generation")}, .digest = {}};
  if (reader.find("digest")) change.digest = reader.text("digest");
  return reader.ok() ? std::optional(std::move(change)) : std::nullopt;
}

}  // namespace

Result<TopologyRecord> topology_record_from(std::string_view body) {
  ObjectReader reader(body);
  TopologyRecord record{.operation = reader.text("operation"), .when = reader.when("when")};
  record.topology.digest = reader.text("digest");
  const auto* files = reader.find("files");
  if (!reader.ok() || files == nullptr || !files->is_array()) return unreadable(entry_kind::k_topology_recorded);
  for (const auto& one : *files) {
    ObjectReader file(one);
    RecordedFile read{.role = file.text("role"), .path = file.text("path"), .digest = file.text("digest")};
    if (file.find("text") != nullptr)
      read.text = file.text("text");
    else
      read.entry = file.number<uint64_t>("entry");
    if (!file.ok()) return unreadable(entry_kind::k_topology_recorded);
    record.topology.files.push_back(std::move(read));
  }
  return record;
}

Result<ReviewRecord> review_record_from(std::string_view body) {
  ObjectReader reader(body);
  ReviewRecord record{.operation = reader.text("operation")};
  const auto* reviews = reader.find("reviews");
  if (!reader.ok() || reviews == nullptr || !reviews->is_array()) return unreadable(entry_kind::k_flows_reviewed);
  for (const auto& one : *reviews) {
    ObjectReader review(one);
    record.reviews.push_back({review.text("flow"), review.text("decision"), review.text("reviewer"),
                              review.text("date"), review.text("until"), review.text("comment"), review.text("said")});
    if (!review.ok()) return unreadable(entry_kind::k_flows_reviewed);
  }
  return record;
}

Result<RecordedPack> pack_record_from(std::string_view body) {
  ObjectReader reader(body);
  RecordedPack pack{.number = reader.number<uint64_t>("number"),
                    .manifest_sha256 = reader.text("manifest_sha256"),
                    .as_of = reader.text("as_of"),
                    .signed_by = reader.text("signed_by"),
                    .last_entry = reader.number<uint64_t>("last_entry")};
  if (!reader.ok()) return unreadable(entry_kind::k_pack_made);
  return pack;
}

Result<FinishedOperation> operation_finished_from(std::string_view body) {
  ObjectReader reader(body);
  FinishedOperation entry{.id = reader.text("id"), .status = reader.text("status")};
  if (!reader.ok()) return unreadable(entry_kind::k_operation_finished);
  return entry;
}

Result<OperationStarted> operation_started_from(std::string_view body) {
  ObjectReader reader(body);
  OperationStarted entry{.id = reader.text("id"),
                         .command = reader.text("command"),
                         .user = reader.text("user"),
                         .host = reader.text("host"),
                         .when = reader.when("when"),
                         .plan_digest = reader.text("plan_digest"),
                         .topology_name = reader.text("topology_name"),
                         .topology_digest = reader.text("topology_digest"),
                         .git_commit = reader.text("git_commit"),
                         .ticket = reader.text("ticket"),
                         .approved_by = reader.text("approved_by"),
                         .override_reason = reader.text("override_reason"),
                         .cloison_version = reader.text("cloison_version"),
                         .steps = reader.number<uint64_t>("steps")};
  if (!reader.ok()) return unreadable(entry_kind::k_operation_started);
  return entry;
}

Result<StepOutcome::How> outcome_from(std::string_view body) {
  using How = StepOutcome::How;
  ObjectReader reader(body);
  const auto word = reader.text("how");
  for (const How how : {How::done, How::failed, How::adopted_in_recovery, How::undone})
    if (reader.ok() && word == outcome_name(how)) return how;
  return unreadable(entry_kind::k_outcome);
}

Result<StepIntent> intent_from(std::string_view body) {
  ObjectReader reader(body);
  const auto verb = verb_from(reader.text("verb"));
  StepIntent entry{.operation = reader.text("operation"),
                   .step = reader.number<uint32_t>("step"),
                   .verb = verb.value_or(Step::Verb::create),
                   .key = {reader.text("address"), reader.number<uint32_t>("generation")},
                   .provider = reader.text("provider"),
                   .kind = reader.text("kind"),
                   .remote_id = reader.text("remote_id"),
                   .desired = reader.value("desired"),
                   // the first version did not write it
                   .schema_version = reader.find("schema_version") ? reader.number<uint32_t>("schema_version") : 1,
                   .provider_config = reader.text("provider_config"),
                   .depends_on = reader.texts("depends_on"),
                   .origins = reader.origins("origins"),
                   .when = reader.when("when")};
  if (!reader.ok() || !verb) return unreadable(entry_kind::k_intent);
  return entry;
}

Result<RowChange> row_change_head_from(std::string_view body) {
  ObjectReader reader(body);
  auto change = change_head(reader);
  if (!change) return unreadable("row");
  return *std::move(change);
}

Result<RowChange> row_change_from(std::string_view body) {
  ObjectReader reader(body);
  auto change = change_head(reader);
  const json* former = reader.find("former");
  if (!change || !former) return unreadable("row");
  if (former->is_null()) return *std::move(change);
  change->former = row_from(*former);
  if (!change->former || change->former->key != change->key) return unreadable("row");
  return *std::move(change);
}

Result<std::string> added_provider_from(std::string_view body) {
  ObjectReader reader(body);
  std::string digest = reader.text("digest");
  if (!reader.ok()) return unreadable(entry_kind::k_provider_added);
  return digest;
}

Result<FactsChange> facts_change_from(std::string_view body) {
  ObjectReader reader(body);
  FactsChange change{.provider = reader.text("provider")};
  const json* former = reader.find("former");
  if (!reader.ok() || !former) return unreadable(entry_kind::k_facts_put);
  if (former->is_null()) return change;
  change.former = map_from(*former);
  if (!change.former) return unreadable(entry_kind::k_facts_put);
  return change;
}

Result<FormerAllocations> allocations_change_from(std::string_view body) {
  const ObjectReader reader(body);
  const json* former = reader.find("former");
  if (!former || !former->is_object()) return unreadable(entry_kind::k_allocations_put);
  FormerAllocations change;
  for (const auto& [key, value] : former->items()) {
    if (!value.is_null() && !value.is_string()) return unreadable(entry_kind::k_allocations_put);
    change.emplace(key, value.is_null() ? std::nullopt : std::optional(value.get_ref<const std::string&>()));
  }
  return change;
}

std::optional<LockInfo> lock_info_from(std::string_view text) {
  ObjectReader reader(text);
  LockInfo info{.holder = reader.text("holder"),
                .host = reader.text("host"),
                .pid = reader.number<int64_t>("pid"),
                .command = reader.text("command"),
                .since = reader.when("since")};
  return reader.ok() ? std::optional(std::move(info)) : std::nullopt;
}

}  // namespace cloison::state
