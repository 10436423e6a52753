#include "core/ops/report_diff.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/ops/lint_parts.h"
#include "core/ops/mixture.h"
#include "core/ops/plan_files.h"
#include "core/ops/reach_changes.h"
#include "core/ops/report_past.h"
#include "core/ops/report_words.h"
#include "core/ops/session.h"
#include "core/ops/verify.h"
#include "core/plan/planner.h"
#include "core/report/diff.h"
#include "core/verify/reach.h"

namespace cloison::ops {

namespace {

using report::Phrase;

/// What packets may do at one point in time.
struct Side {
  Phrase called{};
  Past past{};
  std::map<std::string, Said> said{};  // of each flow, at that time
  std::string network{}, digest{};
  Reasons reasons{};
  verify::Reach reach{};
  std::vector<std::string> not_known{};
};

std::map<std::string, Said> said_at(const Past& past) {
  std::map<std::string, Said> said;
  for (const auto& [id, versions] : past.flows)
    if (!versions.back().said.empty()) said.emplace(id, versions.back().said);
  return said;
}

std::map<std::string, Said> said_by(const Written& written) {
  for (const auto& file : written.files)
    if (file.role == WrittenFile::Role::flows) return statements_from(file.text);
  return {};
}

class Differing {
 public:
  Differing(const Context& context, const DiffRequest& request) : context_(context), request_(request) {}

  Reported run() {
    auto store = open_known_state(context_);
    if (!store) return refused(store.error());
    store_ = *std::move(store);
    auto from = side(request_.from);
    if (!from) return refused(from.error());
    auto to = side(request_.to);
    if (!to) return refused(to.error());
    reported_.reports.push_back(report::diff_report(data(*from, *to)));
    mark_simulated(reported_.reports.back(), context_.sandbox);
    return std::move(reported_);
  }

 private:
  [[nodiscard]] Reported refused(const Diagnostic& why) {
    reported_.notes.push_back(why);
    reported_.ending = ending_of(reported_.notes);
    return std::move(reported_);
  }

  [[nodiscard]] Result<Side> side(const std::string& wanted) {
    if (wanted == "now") return of_past(std::nullopt);
    if (const auto point = point_in_time(wanted)) return of_past(point);
    return of_plan(wanted);
  }

  [[nodiscard]] Result<Side> of_past(const std::optional<PointInTime>& point) {
    auto view = read_past(*store_, point);
    if (!view) return fail(view.error());
    const auto then = restore_topology(context_, *store_, view->past);
    if (!then) return fail(then.error());
    Side made;
    const auto serial = view->snapshot.serial;
    const auto when = rfc3339(view->past.until);
    made.called = {fmt::format("commit {}, {}", serial, when), fmt::format("écriture {}, {}", serial, when)};
    made.said = said_at(view->past);
    made.past = std::move(view->past);
    if (auto done = look(then->context, view->snapshot, nullptr, made); !done) return fail(done.error());
    return made;
  }

  /// What would be there with all of its steps done.
  [[nodiscard]] Result<Side> of_plan(const std::string& file) {
    const auto planned = read_plan_file(file);
    if (!planned) return fail(planned.error());
    auto view = read_past(*store_, std::nullopt);
    if (!view) return fail(view.error());
    const auto& plan = planned->plan;
    if (plan.lineage != view->snapshot.lineage) return fail(plan::moved_since(plan, view->snapshot).front());
    if (auto sealed = check_seal(*store_, *planned, file); !sealed) return fail(sealed.error());
    const auto then = lay_out(context_, plan.written.files, plan.made_at);
    if (!then) return fail(then.error());
    Side made;
    made.called = {fmt::format("the plan {} of {}, applied", printable(file), rfc3339(plan.made_at)),
                   fmt::format("le plan {} du {}, appliqué", printable(file), rfc3339(plan.made_at))};
    made.said = said_by(plan.written);
    made.past = std::move(view->past);
    if (auto done = look(then->context, view->snapshot, &plan, made); !done) return fail(done.error());
    return made;
  }

  [[nodiscard]] Result<void> look(const Context& then, const Snapshot& snapshot, const Plan* plan, Side& into) {
    auto validated = validate(then);
    if (!validated.resolved) return fail(first_error(validated.notes));
    const auto& resolved = *validated.resolved;
    into.network = validated.topology->name, into.digest = validated.topology->digest;
    auto applied = applied_resources(then, snapshot, validated.providers);
    append(reported_.notes, std::move(applied.notes));
    if (plan != nullptr) {
      for (const auto& step : plan->steps)
        if (!step.origins.empty()) applied.reasons.emplace(step.key.address, step.origins.front().declared_by);
      applied.placed =
          Mixture(applied.placed, snapshot, *plan, applied.providers).after(Done(plan->steps.size(), true));
    }
    into.reasons = Reasons(applied.reasons, resolved);
    const auto input = proof_input(resolved, validated.not_applied, then.clock.now());
    verify::ReachGathering gathering(input);
    const auto proof = verify::prove(std::make_unique<const verify::World>(
                                         forwarding_of(applied.placed, applied.providers, outer_addresses(resolved))),
                                     input, {.gathering = &gathering});
    into.reach = std::move(gathering).result();
    for (const auto& one : proof.given_up) into.not_known.push_back(too_complex_text(one));
    return {};
  }

  static Diagnostic first_error(const Diagnostics& notes) {
    const auto wrong = std::find_if(notes.begin(), notes.end(),
                                    [](const Diagnostic& one) { return one.severity == Diagnostic::Severity::error; });
    auto note = wrong == notes.end() ? Diagnostic{.kind = ErrorKind::internal, .code = "CL7203"} : *wrong;
    note.where = 0;  // its file is gone with the folder
    note.context.emplace_back("while the topology of that time was read");
    return note;
  }

  [[nodiscard]] report::DiffData data(const Side& from, const Side& to) const {
    const auto& last = to.past.serial >= from.past.serial ? to.past : from.past;
    report::DiffData made{.heading = {.network = to.network,
                                      .as_of = rfc3339(context_.clock.now()),
                                      .digest = to.digest,
                                      .made_by = "cloison " + context_.version,
                                      .facts = {}}};
    made.from = from.called, made.to = to.called;
    const auto between = operations_between(from.past, to.past, last);
    add(verify::gained(from.reach, to.reach), true, to.reasons, last, between, made);
    add(verify::gained(to.reach, from.reach), false, from.reasons, last, between, made);
    add_flows(from.said, to.said, last, made);
    for (const auto index : between) {
      const auto& one = last.operations[index];
      made.operations.push_back({one.number, rfc3339(one.when), one.command, one.user, one.approved_by, one.ticket,
                                 one.override_reason, one.status, one.git_commit});
    }
    for (const auto* side : {&from, &to})
      for (const auto& one : side->not_known) made.not_known.emplace_back("Not proved: " + one, "Non prouvé : " + one);
    return made;
  }

  static std::vector<std::size_t> operations_between(const Past& from, const Past& to, const Past& last) {
    const auto first = std::min(from.operations.size(), to.operations.size());
    std::vector<std::size_t> between;
    for (auto index = first; index < last.operations.size(); ++index) between.push_back(index);
    return between;
  }

  static std::string told(const PastOperation& one) {
    return fmt::format("{} ({}, {}{}{})", one.number, rfc3339(one.when), who(one), one.ticket.empty() ? "" : ", ",
                       one.ticket);
  }

  /// Of what is said of a flow, what packets may do by it.
  static Said permits(const Said& said) {
    Said some;
    for (const auto* name : {"from", "to", "services", "starts", "expires", "disabled"})
      if (const auto found = said.find(name); found != said.end()) some.insert(*found);
    return some;
  }

  /// Those that changed what one of the flows permits; where none did, all that there were.
  static std::vector<std::string> brought_by(const std::vector<std::string>& flows, const Past& last,
                                             const std::vector<std::size_t>& between) {
    std::set<std::size_t> found;
    for (const auto& flow : flows)
      if (const auto known = last.flows.find(flow); known != last.flows.end())
        for (std::size_t i = 0; i < known->second.size(); ++i) {
          const auto& version = known->second[i];
          if (std::find(between.begin(), between.end(), version.operation) == between.end()) continue;
          if (i == 0 || permits(known->second[i - 1].said) != permits(version.said)) found.insert(version.operation);
        }
    if (found.empty()) found.insert(between.begin(), between.end());
    std::vector<std::string> texts;
    for (const auto index : found) texts.push_back(told(last.operations[index]));
    return texts;
  }

  static void add(const verify::Reach& reach, bool opened, const Reasons& reasons, const Past& last,
                  const std::vector<std::size_t>& between, report::DiffData& into) {
    const auto reason_of = [&](const std::string& rule) {
      const auto reason = reasons.of({.rule = rule}).reason;
      return flow_of_reason(reason.empty() ? rule : reason);
    };
    for (auto& one : reach_changes(reach, opened, reason_of)) {
      auto operations = brought_by(one.reasons, last, between);
      into.packets.push_back({opened, std::move(one.from), std::move(one.to), std::move(one.services), one.pairs,
                              std::move(one.reasons), std::move(one.example), std::move(operations)});
    }
  }

  static void add_flows(const std::map<std::string, Said>& from, const std::map<std::string, Said>& to,
                        const Past& last, report::DiffData& into) {
    std::set<std::string> ids;
    for (const auto* said : {&from, &to})
      for (const auto& [id, text] : *said) ids.insert(id);
    for (const auto& id : ids) {
      const auto before = from.find(id), after = to.find(id);
      if (before != from.end() && after != to.end() && before->second == after->second) continue;
      using What = report::FlowDifference::What;
      report::FlowDifference one{.what = before == from.end() ? What::added
                                         : after == to.end()  ? What::removed
                                                              : What::changed,
                                 .id = id};
      add_fields(before == from.end() ? Said{} : before->second, after == to.end() ? Said{} : after->second,
                 one.changes);
      if (const auto known = last.flows.find(id);
          known != last.flows.end() && after_or_gone(known->second, after, to)) {
        const auto& operation = last.operations[known->second.back().operation];
        one.when = rfc3339(operation.when), one.by = who(operation), one.ticket = operation.ticket;
      }
      into.flows.push_back(std::move(one));
    }
  }

  /// Whether the log's last word of a flow is what the later side says, which a plan's is not yet.
  static bool after_or_gone(const std::vector<FlowVersion>& versions,
                            const std::map<std::string, Said>::const_iterator& after,
                            const std::map<std::string, Said>& to) {
    return after == to.end() ? versions.back().said.empty() : versions.back().said == after->second;
  }

  static void add_fields(const Said& was, const Said& is, std::vector<report::FieldChange>& into) {
    const auto text = [](const Said& said, const std::string& name) {
      const auto found = said.find(name);
      return found == said.end() ? std::string() : found->second;
    };
    std::set<std::string> names;
    for (const auto* one : {&was, &is})
      for (const auto& [name, value] : *one) names.insert(name);
    for (const auto& name : names) {
      const auto then = text(was, name), now = text(is, name);
      if (then == now) continue;
      into.push_back({name, then, now});
    }
  }

  const Context& context_;
  const DiffRequest& request_;
  std::unique_ptr<state::StateStore> store_{};
  Reported reported_{};
};

}  // namespace

Reported make_difference(const Context& context, const DiffRequest& request) {
  return Differing(context, request).run();
}

}  // namespace cloison::ops
