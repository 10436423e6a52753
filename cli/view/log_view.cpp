#include "cli/view/log_view.h"

#include <set>

#include <fmt/format.h>

#include "cli/view/text.h"
#include "core/base/strings.h"
#include "core/net/json.h"

namespace cloison::cli {

namespace {

uint64_t number_at(const net::Json& json, std::string_view name) {
  const auto* member = json.find(name);
  const auto* number = member ? member->as_integer() : nullptr;
  return number && *number > 0 ? static_cast<uint64_t>(*number) : 0;
}

std::string text_at(const net::Json& json, std::string_view name) {
  return std::string(json.text_at(name));
}

LoggedOperation started(const net::Json& json) {
  return {.id = text_at(json, "id"),
          .command = text_at(json, "command"),
          .user = text_at(json, "user"),
          .host = text_at(json, "host"),
          .when = text_at(json, "when"),
          .ticket = text_at(json, "ticket"),
          .override_reason = text_at(json, "override_reason"),
          .approved_by = text_at(json, "approved_by"),
          .git_commit = text_at(json, "git_commit"),
          .plan_digest = text_at(json, "plan_digest"),
          .cloison_version = text_at(json, "cloison_version"),
          .steps = number_at(json, "steps")};
}

void finish(LoggedOperation& operation, const net::Json& json) {
  operation.status = text_at(json, "status");
  operation.done = number_at(json, "done");
  operation.failed = number_at(json, "failed");
  operation.skipped = number_at(json, "skipped");
}

/// An operation that has not finished has no totals yet: its steps are counted as they came.
void count_outcome(std::vector<LoggedOperation>& operations, const std::map<std::string, std::size_t>& by_id,
                   const state::LogEntry& entry) {
  const auto found = by_id.find(entry.operation);
  if (found == by_id.end()) return;
  const auto json = net::parse_json(entry.json);
  const auto how = json ? text_at(*json, "how") : std::string();
  if (how == "done" || how == "adopted_in_recovery") ++operations[found->second].done;
  if (how == "failed") ++operations[found->second].failed;
}

std::string outcome_text(const LoggedOperation& operation) {
  const std::string_view status = operation.status.empty() ? "not finished" : std::string_view(operation.status);
  auto text = fmt::format("{}, {}", printable(status), counted(operation.done, "step"));
  if (operation.steps > operation.done) text += fmt::format(" of {}", operation.steps);
  if (operation.failed > 0) text += fmt::format(", {} failed", operation.failed);
  if (operation.skipped > 0) text += fmt::format(", {} not tried", operation.skipped);
  return text;
}

std::string reference_text(const LoggedOperation& operation) {
  std::vector<std::string> parts;
  if (!operation.ticket.empty()) parts.push_back("ticket " + operation.ticket);
  if (!operation.override_reason.empty()) parts.push_back("although " + operation.override_reason);
  if (!operation.approved_by.empty()) parts.push_back("approved by " + operation.approved_by);
  return printable(join(parts, ", "));
}

std::vector<LoggedOperation> newest_first(const std::vector<LoggedOperation>& operations, std::size_t limit) {
  std::vector<LoggedOperation> shown(operations.rbegin(), operations.rend());
  shown.resize(std::min(shown.size(), limit));
  return shown;
}

}  // namespace

std::vector<LoggedOperation> operations_of(const std::vector<state::LogEntry>& entries) {
  std::vector<LoggedOperation> operations;
  std::map<std::string, std::size_t> by_id;
  std::set<std::string_view> finished;
  for (const auto& entry : entries)
    if (entry.kind == "operation_finished") finished.insert(entry.operation);
  for (const auto& entry : entries) {
    if (entry.kind == "outcome" && !finished.contains(entry.operation)) count_outcome(operations, by_id, entry);
    if (entry.kind != "operation_started" && entry.kind != "operation_finished") continue;
    const auto json = net::parse_json(entry.json);
    if (!json) continue;
    if (entry.kind == "operation_started") {
      by_id[text_at(*json, "id")] = operations.size();
      operations.push_back(started(*json));
      operations.back().number = operations.size();
    } else if (const auto found = by_id.find(text_at(*json, "id")); found != by_id.end()) {
      finish(operations[found->second], *json);
    }
  }
  return operations;
}

std::string log_text(const std::vector<LoggedOperation>& operations, std::size_t limit, bool all, const Style& style) {
  if (operations.empty()) return "The log is empty: nothing was applied yet.\n";
  std::vector<std::vector<std::string>> rows;
  std::string text;
  for (const auto& one : newest_first(operations, limit)) {
    std::vector<std::string> row{std::to_string(one.number),           printable(one.when), printable(one.command),
                                 printable(one.user + "@" + one.host), outcome_text(one),   reference_text(one)};
    if (all) {
      row.push_back("commit " + (one.git_commit.empty() ? "-" : printable(one.git_commit.substr(0, 12))));
      row.push_back("plan " + (one.plan_digest.empty() ? "-" : printable(one.plan_digest.substr(0, 12))));
      row.push_back("cloison " + (one.cloison_version.empty() ? "-" : printable(one.cloison_version)));
    }
    rows.push_back(std::move(row));
  }
  text = table(rows, 0, all ? SIZE_MAX : style.width);
  if (operations.size() > limit)
    text += fmt::format("... and {} older; -n {} shows all\n", operations.size() - limit, operations.size());
  return text;
}

std::vector<JsonLine> log_json(const std::vector<LoggedOperation>& operations, std::size_t limit) {
  std::vector<JsonLine> lines;
  for (const auto& one : newest_first(operations, limit)) {
    JsonObject fields;
    fields.number("number", one.number)
        .text("id", one.id)
        .text("command", one.command)
        .text("user", one.user)
        .text("host", one.host)
        .text("when", one.when)
        .text("status", one.status)
        .number("steps", one.steps)
        .number("done", one.done)
        .number("failed", one.failed)
        .number("skipped", one.skipped)
        .text("ticket", one.ticket)
        .text("override_reason", one.override_reason)
        .text("approved_by", one.approved_by)
        .text("git_commit", one.git_commit)
        .text("plan_digest", one.plan_digest)
        .text("cloison_version", one.cloison_version);
    lines.push_back({"operation", std::move(fields)});
  }
  return lines;
}

}  // namespace cloison::cli
