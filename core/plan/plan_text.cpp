#include "core/plan/plan_text.h"

#include <iterator>
#include <unordered_map>

#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/model/value_json.h"
#include "core/plan/planner.h"

namespace cloison::plan {
namespace {

/// Appends JSON; commas come by themselves. Places are numbered as they are first named and written at the end.
class Writer {
 public:
  explicit Writer(const SourceMap& sources) : sources_(&sources) {}

  void open(char bracket) {
    comma();
    out_ += bracket;
    fresh_ = true;
  }
  void close(char bracket) {
    out_ += bracket;
    fresh_ = false;
  }
  void key(std::string_view name) {
    comma();
    append_json_string(out_, name);
    out_ += ':';
    fresh_ = true;
  }
  void text(std::string_view value) {
    comma();
    append_json_string(out_, value);
  }
  template <class Number>
  void number(Number value) {
    comma();
    fmt::format_to(std::back_inserter(out_), "{}", value);
  }
  void boolean(bool value) {
    comma();
    out_ += value ? "true" : "false";
  }
  void value(const Value& value) {
    comma();
    append_json(out_, value);
  }
  void place(SpanId span) { number(span == 0 ? 0 : numbered(span)); }

  // Pairs; what says nothing is left out.
  void field(std::string_view name, std::string_view value) {
    if (!value.empty()) key(name), text(value);
  }
  void flag(std::string_view name, bool value) {
    if (value) key(name), boolean(value);
  }
  void field(std::string_view name, const Value& content) {
    if (!content.is_null()) key(name), value(content);
  }
  template <class Range>
  void texts(std::string_view name, const Range& range) {
    if (range.empty()) return;
    key(name), open('[');
    for (const std::string& one : range) text(one);
    close(']');
  }
  void map(std::string_view name, const std::map<std::string, std::string>& content) {
    key(name), open('{');
    for (const auto& [k, v] : content) key(k), text(v);
    close('}');
  }
  void line() { out_ += '\n'; }
  void write_places() {
    key("places"), open('[');
    for (const SpanId span : places_) {
      open('[');
      text(sources_->file_name(span)), number(sources_->span(span).line), number(sources_->span(span).column);
      close(']');
    }
    close(']');
  }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  void comma() {
    if (!fresh_) out_ += ',';
    fresh_ = false;
  }
  uint32_t numbered(SpanId span) {
    const auto [found, added] = number_.emplace(span, static_cast<uint32_t>(places_.size() + 1));
    if (added) places_.push_back(span);
    return found->second;
  }

  const SourceMap* sources_;
  std::string out_{};
  bool fresh_ = true;
  std::vector<SpanId> places_{};
  std::unordered_map<SpanId, uint32_t> number_{};
};

void write_key(Writer& w, const RowKey& key) {
  w.open('[');
  w.text(key.address), w.number(key.generation);
  w.close(']');
}

void write_origins(Writer& w, const std::vector<Origin>& origins) {
  if (origins.empty()) return;
  w.key("origins"), w.open('[');
  for (const Origin& origin : origins) {
    w.open('[');
    w.text(origin.declared_by), w.place(origin.span);
    w.close(']');
  }
  w.close(']');
}

void write_attributes(Writer& w, const std::vector<AttributeChange>& attributes) {
  if (attributes.empty()) return;
  w.key("attributes"), w.open('[');
  for (const AttributeChange& change : attributes) {
    w.open('{');
    w.field("name", change.attribute);
    w.field("before", change.before), w.field("after", change.after);
    w.flag("forces_replace", change.forces_replace), w.flag("known_after_apply", change.known_after_apply);
    w.close('}');
  }
  w.close(']');
}

void write_change(Writer& w, const Change& change) {
  w.line();
  w.open('{');
  w.field("address", change.address), w.field("provider", change.provider), w.field("kind", change.kind);
  w.field("action", action_name(change.action)), w.field("reason", reason_name(change.reason));
  w.flag("gap", change.gap), w.field("note", change.note);
  // What is asked of a new object stands in its step.
  if (change.action != Action::create) write_attributes(w, change.attributes);
  write_origins(w, change.origins);
  w.close('}');
}

void write_drift(Writer& w, const Drift& drift) {
  w.line();
  w.open('{');
  w.field("address", drift.address), w.field("provider", drift.provider), w.field("kind", drift.kind);
  w.field("remote_id", drift.remote_id), w.field("what", drift_name(drift.what));
  w.flag("mended", drift.mended), w.flag("left_out", drift.left_out);
  w.field("flow", drift.flow), w.field("expires", drift.expires);
  write_attributes(w, drift.attributes);
  write_origins(w, drift.origins);
  w.close('}');
}

void write_step(Writer& w, const Step& step) {
  w.line();
  w.open('{');
  w.field("verb", verb_name(step.verb));
  w.key("key"), write_key(w, step.key);
  w.field("provider", step.provider), w.field("kind", step.kind);
  w.field("desired", step.desired), w.field("live", step.live), w.field("remote_id", step.remote_id);
  w.flag("unexpected", step.unexpected), w.field("container", step.container_address), w.flag("deposes", step.deposes);
  w.field("rollout", step.rollout), w.field("passage", passage_name(step.passage));
  if (!step.moved_from.address.empty()) w.key("moved_from"), write_key(w, step.moved_from);
  w.texts("depends_on", step.depends_on);
  write_origins(w, step.origins);
  if (!step.after.empty()) {
    w.key("after"), w.open('[');
    for (const uint32_t before : step.after) w.number(before);
    w.close(']');
  }
  w.close('}');
}

void write_row(Writer& w, const ResourceState& row) {
  w.line();
  w.open('{');
  w.key("key"), write_key(w, row.key);
  w.field("provider", row.provider), w.field("kind", row.kind), w.field("remote_id", row.remote_id);
  w.key("schema_version"), w.number(row.schema_version), w.key("revision"), w.number(row.revision);
  w.flag("deposed", row.deposed);
  w.field("applied", row.applied);
  if (!(row.observed == row.applied)) w.key("observed"), w.value(row.observed);
  w.field("provider_config", row.provider_config);
  w.texts("depends_on", row.depends_on);
  w.key("origins"), w.open('[');
  for (const StoredOrigin& origin : row.origins) {
    w.open('[');
    w.text(origin.declared_by), w.text(origin.file), w.number(origin.line), w.number(origin.column);
    w.close(']');
  }
  w.close(']');
  w.close('}');
}

void write_warning(Writer& w, const Diagnostic& note) {
  w.line();
  w.open('{');
  w.key("severity"), w.number(static_cast<unsigned>(note.severity)), w.key("kind"),
      w.number(static_cast<unsigned>(note.kind));
  w.field("code", note.code), w.field("summary", note.summary), w.field("detail", note.detail),
      w.field("hint", note.hint);
  w.field("address", note.address), w.key("where"), w.place(note.where);
  w.key("related"), w.open('[');
  for (const auto& [span, what] : note.related) {
    w.open('[');
    w.place(span), w.text(what);
    w.close(']');
  }
  w.close(']');
  w.texts("context", note.context);
  w.close('}');
}

void write_read_set(Writer& w, const ReadSet& read) {
  w.key("read_set"), w.open('{');
  w.key("revisions"), w.open('[');
  for (const auto& [key, revision] : read.revisions) {
    w.open('[');
    w.text(key.address), w.number(key.generation), w.number(revision);
    w.close(']');
  }
  w.close(']');
  w.texts("absent", read.absent);
  w.map("live", read.live);
  w.field("desired", read.desired_digest);
  w.map("allocations", read.allocations);
  w.close('}');
}

void write_not_applied(Writer& w, const NotApplied& entry) {
  w.line();
  w.open('{');
  w.field("block", entry.block), w.field("entry", entry.entry);
  w.key("reason"), w.number(static_cast<unsigned>(entry.reason));
  w.field("text", entry.text), w.field("group", entry.group);
  w.key("where"), w.place(entry.where);
  w.close('}');
}

void write_head(Writer& w, const Plan& plan) {
  w.field("lineage", plan.lineage), w.key("serial"), w.number(plan.serial);
  w.field("topology", plan.topology_name), w.field("cloison", plan.cloison_version);
  w.field("made_at", rfc3339(plan.made_at));
  w.flag("sandbox", plan.sandbox), w.flag("destroy", plan.destroy), w.flag("partial", plan.partial);
  w.key("left_out"), w.number(plan.left_out), w.key("unchanged"), w.number(plan.unchanged);
  w.texts("simulated", plan.simulated);
}

void write_quota(Writer& w, const QuotaNeed& need) {
  w.open('{');
  w.field("provider", need.provider), w.field("name", need.name);
  w.key("needed"), w.number(need.needed), w.key("used"), w.number(need.used), w.key("allowed"), w.number(need.allowed);
  w.close('}');
}

void write_deferred(Writer& w, const DeferredProvider& one) {
  w.open('{');
  w.field("provider", one.provider), w.field("code", one.code), w.field("why", one.why);
  w.key("unreachable"), w.boolean(one.unreachable), w.key("changes"), w.number(static_cast<int64_t>(one.changes));
  w.close('}');
}

void write_reach_change(Writer& w, const ReachChange& one) {
  w.line();
  w.open('{');
  w.key("opens"), w.boolean(one.opens);
  w.field("from", one.from), w.field("to", one.to);
  w.texts("services", one.services), w.texts("reasons", one.reasons);
  w.key("pairs"), w.number(static_cast<int64_t>(one.pairs)), w.field("example", one.example);
  w.close('}');
}

void write_guarantee(Writer& w, const PlannedGuarantee& one) {
  w.open('{');
  w.field("id", one.id), w.field("text", one.text);
  w.key("verdict"), w.number(static_cast<unsigned>(one.verdict));
  w.field("why", one.why), w.key("declared"), w.place(one.declared);
  w.close('}');
}

void write_meantime(Writer& w, const PlannedMeantime& one) {
  w.key("meantime"), w.open('{');
  w.field("not_known", one.not_known), w.field("stops_not_known", one.stops_not_known);
  w.key("opens"), w.open('[');
  for (const auto& change : one.opens) write_reach_change(w, change);
  w.close(']');
  w.texts("broken", one.broken), w.texts("stops", one.stops), w.texts("conflict", one.conflict);
  w.key("turns"), w.number(static_cast<int64_t>(one.turns));
  w.close('}');
}

void write_surroundings(Writer& w, const Plan& plan) {
  w.key("providers"), w.open('{');
  for (const auto& [name, provider] : plan.providers) {
    w.key(name), w.open('{');
    w.field("name", provider.name), w.field("kind", provider.kind), w.map("settings", provider.settings);
    w.close('}');
  }
  w.close('}');
  w.key("facts"), w.open('{');
  for (const auto& [name, facts] : plan.facts) w.map(name, facts);
  w.close('}');
  w.map("allocations", plan.allocations);
}

void write_written(Writer& w, const Written& written) {
  if (written.empty()) return;
  w.key("written"), w.open('{');
  w.field("digest", written.digest);
  w.key("files"), w.open('[');
  for (const auto& file : written.files) {
    w.line();
    w.open('{');
    w.field("role", role_name(file.role)), w.field("path", file.path), w.field("text", file.text);
    w.close('}');
  }
  w.close(']');
  w.close('}');
}

template <class Range, class Write>
void write_list(Writer& w, std::string_view name, const Range& range, Write write) {
  w.key(name), w.open('[');
  for (const auto& one : range) write(w, one);
  w.close(']');
}

}  // namespace

std::string file_body(const Plan& plan) {
  Writer w(plan.sources);
  w.open('{');
  write_head(w, plan);
  write_read_set(w, plan.read_set);
  write_list(w, "changes", plan.changes, write_change);
  write_list(w, "drift", plan.drift, write_drift);
  write_list(w, "steps", plan.steps, write_step);
  write_list(w, "observed_updates", plan.observed_updates, write_row);
  write_list(w, "not_applied", plan.not_applied, write_not_applied);
  write_list(w, "deferred", plan.deferred, write_deferred);
  write_list(w, "quota", plan.quota, write_quota);
  w.key("reach"), w.open('{');
  w.field("not_known", plan.reach.not_known);
  write_list(w, "changes", plan.reach.changes, write_reach_change);
  write_list(w, "guarantees", plan.reach.guarantees, write_guarantee);
  w.key("pairs"), w.number(static_cast<int64_t>(plan.reach.pairs)), w.key("closed"),
      w.number(static_cast<int64_t>(plan.reach.closed));
  write_meantime(w, plan.reach.meantime);
  w.close('}');
  write_list(w, "warnings", plan.warnings, write_warning);
  write_surroundings(w, plan);
  write_written(w, plan.written);
  w.write_places();
  w.close('}');
  return w.take();
}

int file_format() {
  return k_plan_format;
}

std::string to_file(const Plan& plan, std::string_view seal) {
  std::string file(k_file_head);
  file += std::to_string(k_plan_format);
  file += k_file_seal;
  file += seal;
  file += k_file_body;
  file += file_body(plan);
  file += k_file_tail;
  return file;
}

std::string plan_digest(const Plan& plan) {
  return sha256_hex(file_body(plan));
}

}  // namespace cloison::plan
