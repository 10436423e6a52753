// The only unit of this folder that knows the JSON library.
#include <charconv>

#include <nlohmann/json.hpp>

#include "core/base/strings.h"
#include "core/plan/plan_text.h"
#include "core/plan/planner.h"

namespace cloison::plan {
namespace {

using Json = nlohmann::json;

/// Thrown and caught in this file: what is wrong with the content.
struct Malformed {
  std::string what;
};

constexpr unsigned k_depth_limit = 32;
constexpr std::size_t k_seal_limit = 128;

const Json& member(const Json& object, const char* name) {
  if (!object.is_object()) throw Malformed{std::string("no object holds '") + name + "'"};
  const auto found = object.find(name);
  if (found == object.end()) throw Malformed{std::string("'") + name + "' is missing"};
  return *found;
}

const Json& element(const Json& list, std::size_t index) {
  if (!list.is_array() || index >= list.size()) throw Malformed{"a list is too short"};
  return list[index];
}

const std::string& text(const Json& json) {
  const auto* value = json.get_ptr<const std::string*>();
  if (value == nullptr) throw Malformed{"a text is expected"};
  return *value;
}

template <class Number>
Number number(const Json& json, uint64_t limit = std::numeric_limits<Number>::max()) {
  if (!json.is_number_unsigned() || json.get<uint64_t>() > limit)
    throw Malformed{"a number is missing or out of range"};
  return static_cast<Number>(json.get<uint64_t>());
}

int64_t signed_number(const Json& json) {
  if (!json.is_number_integer() ||
      (json.is_number_unsigned() && json.get<uint64_t>() > static_cast<uint64_t>(INT64_MAX)))
    throw Malformed{"a number is missing or out of range"};
  return json.get<int64_t>();
}

std::string text_or_empty(const Json& object, const char* name) {
  return object.contains(name) ? text(object[name]) : std::string();
}

bool flag(const Json& object, const char* name) {
  if (!object.contains(name)) return false;
  if (!object[name].is_boolean()) throw Malformed{std::string("'") + name + "' is neither true nor false"};
  return object[name].get<bool>();
}

const Json& items(const Json& object, const char* name) {
  static const Json none = Json::array();
  if (!object.contains(name)) return none;
  if (!object[name].is_array()) throw Malformed{std::string("'") + name + "' is no list"};
  return object[name];
}

std::map<std::string, std::string> text_map(const Json& object) {
  if (!object.is_object()) throw Malformed{"a map is expected"};
  std::map<std::string, std::string> map;
  for (const auto& [key, value] : object.items()) map.emplace(key, text(value));
  return map;
}

std::vector<std::string> texts(const Json& object, const char* name) {
  std::vector<std::string> list;
  for (const Json& one : items(object, name)) list.push_back(text(one));
  return list;
}

template <class Enum, class Name>
Enum named(const std::string& word, Enum last, Name name) {
  for (unsigned i = 0; i <= static_cast<unsigned>(last); ++i) {
    if (name(static_cast<Enum>(i)) == word) return static_cast<Enum>(i);
  }
  throw Malformed{"'" + printable(word) + "' is unknown here"};
}

Value value_of(const Json& json, unsigned depth = 0);

std::vector<Value> values_of(const Json& list, unsigned depth) {
  if (!list.is_array()) throw Malformed{"a list is expected"};
  std::vector<Value> values;
  values.reserve(list.size());
  for (const Json& one : list) values.push_back(value_of(one, depth));
  return values;
}

Value tagged_value(const Json& json, unsigned depth) {
  if (json.size() != 1) throw Malformed{"a value has more than one tag"};
  const auto tag = json.begin();
  if (tag.key() == "s") return Value::slots(values_of(tag.value(), depth + 1));
  if (tag.key() == "r") return Value::ref(text(element(tag.value(), 0)), text(element(tag.value(), 1)));
  if (tag.key() == "p") {
    if (const auto prefix = IpPrefix::parse(text(tag.value()))) return Value::prefix(*prefix);
    throw Malformed{"an address range cannot be read"};
  }
  if (tag.key() != "x") throw Malformed{"a value has an unknown tag"};
  return Value::secret(text(tag.value()));
}

Value value_of(const Json& json, unsigned depth) {
  if (depth > k_depth_limit) throw Malformed{"a value is nested too deeply"};
  if (json.is_null()) return Value::null();
  if (json.is_boolean()) return Value::boolean(json.get<bool>());
  if (json.is_string()) return Value::text(json.get<std::string>());
  if (json.is_array()) return Value::list(values_of(json, depth + 1));
  if (json.is_object()) return tagged_value(json, depth);
  return Value::integer(signed_number(json));
}

Value value_or_null(const Json& object, const char* name) {
  return object.contains(name) ? value_of(object[name]) : Value::null();
}

RowKey key_of(const Json& json) {
  return {text(element(json, 0)), number<uint32_t>(element(json, 1))};
}

/// Reads the parts that name places: those must be known first.
class PlanReader {
 public:
  explicit PlanReader(const Json& root) : root_(&root) {}

  Plan read() {
    for (const Json& place : items(*root_, "places"))
      plan_.sources.add(text(element(place, 0)), number<uint32_t>(element(place, 1)),
                        number<uint32_t>(element(place, 2)));
    read_head();
    read_read_set(member(*root_, "read_set"));
    for (const Json& one : items(*root_, "changes")) plan_.changes.push_back(change_of(one));
    for (const Json& one : items(*root_, "drift")) plan_.drift.push_back(drift_of(one));
    for (const Json& one : items(*root_, "steps")) plan_.steps.push_back(step_of(one));
    for (const Json& one : items(*root_, "observed_updates")) plan_.observed_updates.push_back(row_of(one));
    for (const Json& one : items(*root_, "not_applied")) plan_.not_applied.push_back(not_applied_of(one));
    for (const Json& one : items(*root_, "deferred")) plan_.deferred.push_back(deferred_of(one));
    for (const Json& one : items(*root_, "quota")) plan_.quota.push_back(quota_of(one));
    read_reach(member(*root_, "reach"));
    for (const Json& one : items(*root_, "warnings")) plan_.warnings.push_back(warning_of(one));
    read_surroundings();
    check_order();
    return std::move(plan_);
  }

 private:
  SpanId place(const Json& json) { return number<SpanId>(json, plan_.sources.size() - 1); }

  std::vector<Origin> origins_of(const Json& object) {
    std::vector<Origin> origins;
    for (const Json& one : items(object, "origins")) origins.push_back({text(element(one, 0)), place(element(one, 1))});
    return origins;
  }

  static std::vector<AttributeChange> attributes_of(const Json& object) {
    std::vector<AttributeChange> changes;
    for (const Json& one : items(object, "attributes"))
      changes.push_back({text_or_empty(one, "name"), value_or_null(one, "before"), value_or_null(one, "after"),
                         flag(one, "forces_replace"), flag(one, "known_after_apply")});
    return changes;
  }

  Change change_of(const Json& json) {
    Change change{.address = text(member(json, "address")),
                  .provider = text_or_empty(json, "provider"),
                  .kind = text_or_empty(json, "kind")};
    change.action = named(text(member(json, "action")), Action::forget, action_name);
    change.reason = named(text(member(json, "reason")), Reason::missing, reason_name);
    change.attributes = attributes_of(json);
    change.origins = origins_of(json);
    change.gap = flag(json, "gap");
    change.note = text_or_empty(json, "note");
    return change;
  }

  Drift drift_of(const Json& json) {
    Drift drift{.address = text_or_empty(json, "address"),
                .provider = text_or_empty(json, "provider"),
                .kind = text_or_empty(json, "kind"),
                .remote_id = text_or_empty(json, "remote_id")};
    drift.what = named(text(member(json, "what")), Drift::What::expired, drift_name);
    drift.attributes = attributes_of(json);
    drift.mended = flag(json, "mended");
    drift.left_out = flag(json, "left_out");
    drift.origins = origins_of(json);
    drift.flow = text_or_empty(json, "flow");
    drift.expires = text_or_empty(json, "expires");
    return drift;
  }

  Step step_of(const Json& json) {
    Step step{.key = key_of(member(json, "key")),
              .provider = text_or_empty(json, "provider"),
              .kind = text_or_empty(json, "kind")};
    step.verb = named(text(member(json, "verb")), Step::Verb::forget, verb_name);
    step.desired = value_or_null(json, "desired");
    step.live = value_or_null(json, "live");
    step.remote_id = text_or_empty(json, "remote_id");
    step.unexpected = flag(json, "unexpected");
    step.container_address = text_or_empty(json, "container");
    step.deposes = flag(json, "deposes");
    step.rollout = text_or_empty(json, "rollout");
    if (json.contains("passage")) step.passage = named(text(json["passage"]), Passage::Kind::next_begins, passage_name);
    if (json.contains("moved_from")) step.moved_from = key_of(json["moved_from"]);
    step.depends_on = texts(json, "depends_on");
    step.origins = origins_of(json);
    for (const Json& before : items(json, "after")) step.after.insert(number<uint32_t>(before));
    return step;
  }

  static ResourceState row_of(const Json& json) {
    ResourceState row{.key = key_of(member(json, "key")),
                      .provider = text_or_empty(json, "provider"),
                      .kind = text_or_empty(json, "kind"),
                      .remote_id = text_or_empty(json, "remote_id")};
    row.schema_version = number<uint32_t>(member(json, "schema_version"));
    row.revision = number<uint64_t>(member(json, "revision"));
    row.deposed = flag(json, "deposed");
    row.applied = value_or_null(json, "applied");
    row.observed = json.contains("observed") ? value_of(json["observed"]) : row.applied;
    row.provider_config = text_or_empty(json, "provider_config");
    row.depends_on = texts(json, "depends_on");
    for (const Json& one : items(json, "origins"))
      row.origins.push_back({text(element(one, 0)), text(element(one, 1)), number<uint32_t>(element(one, 2)),
                             number<uint32_t>(element(one, 3))});
    return row;
  }

  NotApplied not_applied_of(const Json& json) {
    constexpr auto k_last = static_cast<uint64_t>(NotApplied::Reason::unsupported);
    return {.block = text_or_empty(json, "block"),
            .entry = text_or_empty(json, "entry"),
            .reason = static_cast<NotApplied::Reason>(number<uint8_t>(member(json, "reason"), k_last)),
            .text = text_or_empty(json, "text"),
            .where = place(member(json, "where")),
            .group = text_or_empty(json, "group")};
  }

  static DeferredProvider deferred_of(const Json& json) {
    return {.provider = text_or_empty(json, "provider"),
            .code = text_or_empty(json, "code"),
            .why = text_or_empty(json, "why"),
            .unreachable = flag(json, "unreachable"),
            .changes = number<std::size_t>(member(json, "changes"))};
  }

  static QuotaNeed quota_of(const Json& json) {
    return {.provider = text_or_empty(json, "provider"),
            .name = text_or_empty(json, "name"),
            .needed = signed_number(member(json, "needed")),
            .used = signed_number(member(json, "used")),
            .allowed = signed_number(member(json, "allowed"))};
  }

  static ReachChange reach_change_of(const Json& json) {
    return {.opens = flag(json, "opens"),
            .from = text_or_empty(json, "from"),
            .to = text_or_empty(json, "to"),
            .services = texts(json, "services"),
            .reasons = texts(json, "reasons"),
            .pairs = number<std::size_t>(member(json, "pairs")),
            .example = text_or_empty(json, "example")};
  }

  PlannedGuarantee guarantee_of(const Json& json) {
    constexpr auto k_last = static_cast<uint64_t>(PlannedGuarantee::Verdict::unknown);
    return {.id = text_or_empty(json, "id"),
            .text = text_or_empty(json, "text"),
            .verdict = static_cast<PlannedGuarantee::Verdict>(number<uint8_t>(member(json, "verdict"), k_last)),
            .why = text_or_empty(json, "why"),
            .declared = place(member(json, "declared"))};
  }

  void read_reach(const Json& json) {
    plan_.reach.not_known = text_or_empty(json, "not_known");
    for (const Json& one : items(json, "changes")) plan_.reach.changes.push_back(reach_change_of(one));
    for (const Json& one : items(json, "guarantees")) plan_.reach.guarantees.push_back(guarantee_of(one));
    plan_.reach.pairs = number<std::size_t>(member(json, "pairs"));
    plan_.reach.closed = number<std::size_t>(member(json, "closed"));
    read_meantime(member(json, "meantime"));
  }

  void read_meantime(const Json& json) {
    auto& meantime = plan_.reach.meantime;
    meantime.not_known = text_or_empty(json, "not_known");
    meantime.stops_not_known = text_or_empty(json, "stops_not_known");
    for (const Json& one : items(json, "opens")) meantime.opens.push_back(reach_change_of(one));
    meantime.broken = texts(json, "broken");
    meantime.stops = texts(json, "stops");
    meantime.conflict = texts(json, "conflict");
    meantime.turns = number<std::size_t>(member(json, "turns"));
  }

  Diagnostic warning_of(const Json& json) {
    Diagnostic note;
    note.severity = static_cast<Diagnostic::Severity>(
        number<uint8_t>(member(json, "severity"), static_cast<uint64_t>(Diagnostic::Severity::error)));
    note.kind =
        static_cast<ErrorKind>(number<uint8_t>(member(json, "kind"), static_cast<uint64_t>(ErrorKind::internal)));
    note.code = text_or_empty(json, "code");
    note.summary = text_or_empty(json, "summary");
    note.detail = text_or_empty(json, "detail");
    note.hint = text_or_empty(json, "hint");
    note.address = text_or_empty(json, "address");
    note.where = place(member(json, "where"));
    for (const Json& one : items(json, "related"))
      note.related.emplace_back(place(element(one, 0)), text(element(one, 1)));
    note.context = texts(json, "context");
    return note;
  }

  void read_head() {
    const Json& root = *root_;
    plan_.lineage = text(member(root, "lineage"));
    plan_.serial = number<uint64_t>(member(root, "serial"));
    plan_.topology_name = text_or_empty(root, "topology");
    plan_.cloison_version = text_or_empty(root, "cloison");
    const auto made_at = parse_rfc3339(text(member(root, "made_at")));
    if (!made_at) throw Malformed{"'made_at' is no date"};
    plan_.made_at = *made_at;
    plan_.sandbox = flag(root, "sandbox");
    plan_.destroy = flag(root, "destroy");
    plan_.partial = flag(root, "partial");
    plan_.left_out = number<std::size_t>(member(root, "left_out"));
    if (root.contains("unchanged")) plan_.unchanged = number<std::size_t>(root["unchanged"]);
    plan_.simulated = texts(root, "simulated");
  }

  void read_read_set(const Json& json) {
    ReadSet& read = plan_.read_set;
    for (const Json& one : items(json, "revisions"))
      read.revisions.emplace(key_of(one), number<uint64_t>(element(one, 2)));
    for (std::string& address : texts(json, "absent")) read.absent.insert(std::move(address));
    read.live = text_map(member(json, "live"));
    read.desired_digest = text_or_empty(json, "desired");
    read.allocations = text_map(member(json, "allocations"));
  }

  void read_surroundings() {
    for (const auto& [name, json] : member(*root_, "providers").items())
      plan_.providers.emplace(name, StoredProvider{text_or_empty(json, "name"), text_or_empty(json, "kind"),
                                                   text_map(member(json, "settings"))});
    for (const auto& [name, json] : member(*root_, "facts").items()) plan_.facts.emplace(name, text_map(json));
    plan_.allocations = text_map(member(*root_, "allocations"));
    if (root_->contains("written")) read_written((*root_)["written"]);
  }

  void read_written(const Json& json) {
    plan_.written.digest = text_or_empty(json, "digest");
    for (const Json& one : items(json, "files"))
      plan_.written.files.push_back({named(text(member(one, "role")), WrittenFile::Role::flows, role_name),
                                     text_or_empty(one, "path"), text_or_empty(one, "text")});
  }

  /// cloison writes steps behind whatever they come after, so anything else was not written by it.
  void check_order() const {
    for (std::size_t s = 0; s < plan_.steps.size(); ++s) {
      if (!plan_.steps[s].after.empty() && *plan_.steps[s].after.rbegin() >= s)
        throw Malformed{"a step comes after one that is not before it"};
    }
  }

  const Json* root_;
  Plan plan_{};
};

Diagnostic refused(std::string code, std::string summary, std::string detail) {
  return {.kind = ErrorKind::state,
          .code = std::move(code),
          .summary = std::move(summary),
          .detail = std::move(detail),
          .hint = "`cloison plan -o PLAN` makes a new one"};
}

bool take(std::string_view& rest, std::string_view expected) {
  if (!rest.starts_with(expected)) return false;
  rest.remove_prefix(expected.size());
  return true;
}

}  // namespace

Result<PlanFile> read_file(std::string_view bytes) {
  const auto no_plan = [] {
    return fail(refused("CL3101", "this is no plan file", "It does not begin and end as cloison writes plan files."));
  };
  std::string_view rest = bytes;
  if (!take(rest, k_file_head)) return no_plan();
  int format = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), format);
  if (error != std::errc{}) return no_plan();
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  if (format != k_plan_format)
    return fail(refused("CL3102", "the plan file is of another format",
                        "It has format " + std::to_string(format) + "; this cloison reads format " +
                            std::to_string(k_plan_format) + "."));
  if (!take(rest, k_file_seal)) return no_plan();
  const std::size_t seal_size = rest.substr(0, k_seal_limit + 1).find('"');
  if (seal_size == std::string_view::npos) return no_plan();
  PlanFile file;
  file.seal = rest.substr(0, seal_size);
  rest.remove_prefix(seal_size);
  if (!take(rest, k_file_body) || !rest.ends_with(k_file_tail)) return no_plan();
  rest.remove_suffix(k_file_tail.size());
  try {
    const Json root = Json::parse(rest.begin(), rest.end());
    file.plan = PlanReader(root).read();
  } catch (const Malformed& why) {
    return fail(refused("CL3103", "the plan file is damaged", why.what));
  } catch (const Json::exception& why) {
    return fail(refused("CL3103", "the plan file is damaged", printable(std::string_view(why.what()).substr(0, 200))));
  }
  file.body = rest;
  return file;
}

}  // namespace cloison::plan
