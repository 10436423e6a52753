#include "core/state/log_body.h"

#include <fmt/format.h>

#include "core/model/value_json.h"

namespace cloison::state {

namespace {

/// Writes one JSON object, field by field, in the order of the calls.
class ObjectWriter {
 public:
  ObjectWriter& text(std::string_view name, std::string_view value) {
    start(name);
    append_json_string(out_, value);
    return *this;
  }
  ObjectWriter& number(std::string_view name, uint64_t value) {
    start(name);
    out_ += fmt::to_string(value);
    return *this;
  }
  /// `json` is already JSON.
  ObjectWriter& json(std::string_view name, std::string_view json) {
    start(name);
    out_ += json;
    return *this;
  }
  [[nodiscard]] std::string done() { return std::move(out_) + '}'; }

 private:
  void start(std::string_view name) {
    if (out_.size() > 1) out_ += ',';
    out_ += '"';
    out_ += name;
    out_ += "\":";
  }
  std::string out_ = "{";
};

std::string object_of(const std::map<std::string, std::string>& map) {
  std::string out = "{";
  for (const auto& [key, value] : map) {
    if (out.size() > 1) out += ',';
    append_json_string(out, key);
    out += ':';
    append_json_string(out, value);
  }
  return out + '}';
}

std::string row_object(const StoredRow& row) {
  ObjectWriter writer;
  writer.text("address", row.key.address)
      .number("generation", row.key.generation)
      .text("provider", row.provider)
      .text("kind", row.kind)
      .text("remote_id", row.remote_id)
      .number("schema_version", row.schema_version)
      .number("revision", row.revision)
      .json("deposed", row.deposed ? "true" : "false")
      .json("applied", row.applied);
  if (row.observed) writer.json("observed", *row.observed);
  return writer.text("provider_config", row.provider_config)
      .json("depends_on", row.depends_on)
      .json("origins", row.origins)
      .done();
}

}  // namespace

std::string_view outcome_name(StepOutcome::How how) {
  switch (how) {
    case StepOutcome::How::done:
      return "done";
    case StepOutcome::How::failed:
      return "failed";
    case StepOutcome::How::adopted_in_recovery:
      return "adopted_in_recovery";
    case StepOutcome::How::undone:
      return "undone";
  }
  return "failed";
}

std::string body_of(const OperationStarted& entry) {
  return ObjectWriter()
      .text("id", entry.id)
      .text("command", entry.command)
      .text("user", entry.user)
      .text("host", entry.host)
      .text("when", rfc3339(entry.when))
      .text("plan_digest", entry.plan_digest)
      .text("topology_name", entry.topology_name)
      .text("topology_digest", entry.topology_digest)
      .text("git_commit", entry.git_commit)
      .text("ticket", entry.ticket)
      .text("approved_by", entry.approved_by)
      .text("override_reason", entry.override_reason)
      .text("cloison_version", entry.cloison_version)
      .number("steps", entry.steps)
      .done();
}

std::string body_of(const RecordedTopology& record, const std::string& operation, Instant when) {
  std::string files = "[";
  for (const auto& file : record.files) {
    ObjectWriter writer;
    writer.text("role", file.role).text("path", file.path).text("digest", file.digest);
    if (file.text)
      writer.text("text", *file.text);
    else
      writer.number("entry", file.entry);
    files += (files.size() > 1 ? "," : "") + writer.done();
  }
  return ObjectWriter()
      .text("operation", operation)
      .text("digest", record.digest)
      .json("files", files + "]")
      .text("when", rfc3339(when))
      .done();
}

std::string body_of(const std::vector<FlowReview>& reviews, const std::string& operation, Instant when) {
  std::string all = "[";
  for (const auto& one : reviews)
    all += (all.size() > 1 ? "," : "") + ObjectWriter()
                                             .text("flow", one.flow)
                                             .text("decision", one.decision)
                                             .text("reviewer", one.reviewer)
                                             .text("date", one.date)
                                             .text("until", one.until)
                                             .text("comment", one.comment)
                                             .text("said", one.said)
                                             .done();
  return ObjectWriter().text("operation", operation).json("reviews", all + "]").text("when", rfc3339(when)).done();
}

std::string body_of(const RecordedPack& pack, const std::string& operation, Instant when) {
  return ObjectWriter()
      .text("operation", operation)
      .number("number", pack.number)
      .text("manifest_sha256", pack.manifest_sha256)
      .text("as_of", pack.as_of)
      .text("signed_by", pack.signed_by)
      .number("last_entry", pack.last_entry)
      .text("when", rfc3339(when))
      .done();
}

std::string body_of(const StepIntent& entry) {
  return ObjectWriter()
      .text("operation", entry.operation)
      .number("step", entry.step)
      .text("verb", verb_name(entry.verb))
      .text("address", entry.key.address)
      .number("generation", entry.key.generation)
      .text("provider", entry.provider)
      .text("kind", entry.kind)
      .text("remote_id", entry.remote_id)
      .json("desired", stable_json(entry.desired))
      .number("schema_version", entry.schema_version)
      .text("provider_config", entry.provider_config)
      .json("depends_on", stable_json(Value::texts(entry.depends_on)))
      .json("origins", stable_json(value_of(entry.origins)))
      .text("when", rfc3339(entry.when))
      .done();
}

std::string body_of(const StepOutcome& entry) {
  ObjectWriter writer;
  writer.text("operation", entry.operation).number("step", entry.step).text("how", outcome_name(entry.how));
  if (!entry.code.empty()) writer.text("code", entry.code);
  if (!entry.message.empty()) writer.text("message", entry.message);
  return writer.text("when", rfc3339(entry.when)).done();
}

std::string body_of(const OperationFinished& entry) {
  return ObjectWriter()
      .text("id", entry.id)
      .text("status", entry.status)
      .text("when", rfc3339(entry.when))
      .number("done", entry.done)
      .number("failed", entry.failed)
      .number("skipped", entry.skipped)
      .done();
}

std::string body_of_put(const StoredRow& row, const Digest& digest, const std::optional<StoredRow>& former) {
  return ObjectWriter()
      .text("address", row.key.address)
      .number("generation", row.key.generation)
      .number("revision", row.revision)
      .text("digest", hex(digest))
      .json("former", former ? row_object(*former) : "null")
      .done();
}

std::string body_of_removal(const StoredRow& former) {
  return ObjectWriter()
      .text("address", former.key.address)
      .number("generation", former.key.generation)
      .json("former", row_object(former))
      .done();
}

std::string body_of_provider(const std::string& digest, const StoredProvider& provider) {
  return ObjectWriter()
      .text("digest", digest)
      .text("name", provider.name)
      .text("kind", provider.kind)
      .json("settings", object_of(provider.settings))
      .done();
}

std::string body_of_facts(const std::string& provider, const std::optional<Facts>& former) {
  return ObjectWriter().text("provider", provider).json("former", former ? object_of(*former) : "null").done();
}

std::string body_of_allocations(const FormerAllocations& former) {
  std::string object = "{";
  for (const auto& [key, value] : former) {
    if (object.size() > 1) object += ',';
    append_json_string(object, key);
    object += ':';
    if (value)
      append_json_string(object, *value);
    else
      object += "null";
  }
  return ObjectWriter().json("former", object + '}').done();
}

}  // namespace cloison::state
