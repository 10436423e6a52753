#include "cli/view/plan_view.h"

#include <fmt/format.h>

#include "cli/view/attributes_view.h"
#include "cli/view/change_lines.h"
#include "cli/view/deferred_view.h"
#include "cli/view/not_applied_view.h"
#include "cli/view/reach_view.h"
#include "cli/view/text.h"
#include "core/base/strings.h"

namespace cloison::cli {

namespace {

constexpr std::size_t k_change_lines = 36;
constexpr std::size_t k_elements_shown = 2;  // of a list that drifted

std::string dropped_text(const std::vector<topology::DroppedPair>& dropped, const SourceMap& sources, bool all) {
  if (dropped.empty()) return {};
  auto text = fmt::format("No path: {} of flows get no rule{}\n", counted(dropped.size(), "pair"),
                          all ? ":" : "; -v lists them");
  if (!all) return text;
  std::vector<std::vector<std::string>> rows;
  for (const auto& pair : dropped)
    rows.push_back({printable(pair.flow), printable(pair.from + " -> " + pair.to), place_text(sources, pair.span),
                    printable(pair.why)});
  return text + table(rows, 2, SIZE_MAX);
}

std::string allocations_text(const ops::Planned& planned, bool all) {
  const auto& made = planned.new_allocations;
  const auto& freed = planned.freed_allocations;
  if (made.empty() && freed.empty()) return {};
  auto text = fmt::format("Allocations: {} new, {} no longer used", made.size(), freed.size());
  text += planned.lock_file_written ? "; written to cloison.lock, which belongs into the repository\n" : "\n";
  if (!all) return text;
  for (const auto& key : made) text += "  + " + printable(key) + '\n';
  for (const auto& key : freed) text += "  - " + printable(key) + '\n';
  return text;
}

std::string quota_text(const std::vector<QuotaNeed>& quota) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& need : quota) {
    if (need.needed == 0) continue;
    rows.push_back({printable(need.provider), printable(need.name), fmt::format("{} more", need.needed),
                    need.allowed < 0 ? fmt::format("{} used, no limit", need.used)
                                     : fmt::format("{} used of {}", need.used, need.allowed)});
  }
  return rows.empty() ? std::string() : "Quota\n" + table(rows, 2, SIZE_MAX);
}

std::string closing_text(const ops::Planned& planned, const PlanView& view) {
  const auto& plan = *planned.plan;
  const std::string unread = view.read ? "" : " The platforms were not read (--no-refresh).";
  std::string text;
  text += partial_text(plan);
  if (plan.empty()) {
    text += no_changes_text(plan) + unread + '\n';
  } else {
    text += fmt::format("{}: {}{}.{}", plan.destroy ? "Destroy" : "Plan", summary_text(plan.summary()),
                        deferred_count(plan), unread);
    if (planned.out_written)
      text += fmt::format(" Saved to {} (valid while what it read stays as it is).", printable(view.out.string()));
    text += '\n';
  }
  return text;
}

/// One rule of an expired flow; the flow itself stands above its first one.
std::string expired_line(const Drift& drift, std::string& last_flow, const SourceMap& sources, const Style& style) {
  std::string text;
  // Of one flow, a partial plan may close some rules only.
  if (const auto head = drift.flow + (drift.left_out ? " left" : ""); head != last_flow) {
    const auto place = drift.origins.empty() ? std::string() : place_text(sources, drift.origins.front().span);
    text += "  " + painted(style.color, Color::yellow, "!") + " " +
            wrapped(fmt::format("flow {} expired {} and is still open; {} ({})", printable(drift.flow),
                                printable(drift.expires),
                                drift.left_out ? "this partial plan leaves it so" : "the next apply closes it", place),
                    style.width - 4, 6) +
            '\n';
    last_flow = head;
  }
  const auto parts = parts_of(drift.address);
  const auto what = parts.key.empty() ? kind_title(drift.kind) : rule_text(parts.key);
  return text + "      " + cropped(fmt::format("{}  {}", what, printable(parts.path)), style.width - 6) + '\n';
}

/// ": direction ingress, protocol tcp, …".
std::string held_by_stranger(const Drift& drift) {
  std::vector<std::string> parts;
  for (const auto& change : drift.attributes)
    parts.push_back(fmt::format("{} {}", printable(change.attribute), printable(to_display(change.before))));
  return parts.empty() ? std::string() : ": " + join(parts, ", ");
}

/// `mended_by`: what is said of drift that is; `all_of_them`: the command that shows what is beyond the limit.
std::string drift_lines(const Plan& plan, const Style& style, std::string_view mended_by, std::size_t limit = SIZE_MAX,
                        const std::string& all_of_them = {}) {
  std::string text;
  std::size_t shown = 0;
  std::string last_flow;
  for (const auto& drift : plan.drift) {
    if (shown++ == limit) {
      text += fmt::format("  ... and {}; all of them: {}\n", plan.drift.size() - limit, all_of_them);
      break;
    }
    const auto kind = kind_title(drift.kind);
    if (drift.what == Drift::What::expired) {
      text += expired_line(drift, last_flow, plan.sources, style);
      continue;
    }
    const std::string_view end = drift.left_out ? "left as it is by this partial plan"
                                 : drift.mended ? mended_by
                                                : "shown once, then taken over";
    std::string what;
    if (drift.what == Drift::What::missing)
      what = fmt::format("{} is gone", kind);
    else if (drift.what == Drift::What::unexpected)
      what = fmt::format("holds a {} that nobody declared{} ({})", kind, held_by_stranger(drift),
                         printable(drift.remote_id));
    else
      what = fmt::format("{} was changed", kind);
    text += "  " + painted(style.color, Color::yellow, "!") + " " +
            wrapped(fmt::format("{}  {}; {}", printable(drift.address), what, end), style.width - 4, 6) + '\n';
    if (drift.what == Drift::What::unexpected) continue;
    for (const auto& change : drift.attributes)
      text += "      " + cropped(attribute_text(change, k_elements_shown), style.width - 6) + '\n';
  }
  return text;
}

std::string origins_json(const std::vector<Origin>& origins, const SourceMap& sources) {
  std::string json = "[";
  for (const auto& origin : origins) {
    if (json.size() > 1) json += ',';
    json += JsonObject().text("declared_by", origin.declared_by).raw("where", place_json(sources, origin.span)).done();
  }
  return json + ']';
}

JsonLine change_json(const Change& change, const SourceMap& sources) {
  JsonObject fields;
  fields.text("address", change.address)
      .text("provider", change.provider)
      .text("kind", change.kind)
      .text("action", action_name(change.action))
      .text("reason", reason_name(change.reason))
      .objects("attributes", attributes_json(change.attributes))
      .raw("origins", origins_json(change.origins, sources))
      .flag("gap", change.gap)
      .text("note", change.note);
  return {"change", std::move(fields)};
}

JsonLine dropped_json(const topology::DroppedPair& pair, const SourceMap& sources) {
  JsonObject fields;
  fields.text("flow", pair.flow)
      .text("from", pair.from)
      .text("to", pair.to)
      .text("why", pair.why)
      .raw("where", place_json(sources, pair.span));
  return {"dropped", std::move(fields)};
}

JsonLine summary_json(const ops::Planned& planned) {
  const auto& plan = *planned.plan;
  const auto sum = plan.summary();
  JsonObject fields;
  fields.number("create", sum.create)
      .number("update", sum.update)
      .number("replace", sum.replace)
      .number("remove", sum.remove)
      .number("adopt", sum.adopt)
      .number("forget", sum.forget)
      .number("unchanged", plan.unchanged)
      .number("steps", plan.steps.size())
      .number("drift", plan.drift.size())
      .number("not_applied", plan.not_applied.size())
      .number("deferred", plan.deferred.size())
      .flag("partial", plan.partial)
      .number("left_out", plan.left_out)
      .flag("destroy", plan.destroy)
      .flag("sandbox", plan.sandbox)
      .texts("new_allocations", planned.new_allocations)
      .texts("freed_allocations", planned.freed_allocations)
      .flag("saved", planned.out_written)
      .text("plan_digest", planned.plan_digest)
      .number("proof_milliseconds", planned.proof_took.count());
  return {"summary", std::move(fields)};
}

}  // namespace

std::string partial_text(const Plan& plan) {
  if (!plan.partial) return {};
  return fmt::format("Partial plan: {} left out.\n", counted(plan.left_out, "other change", "other changes"));
}

std::string no_changes_text(const Plan& plan) {
  if (plan.destroy)
    return plan.partial ? "No changes. The state holds nothing of what was chosen."
                        : "No changes. The state holds nothing to destroy.";
  return fmt::format("No changes. {} as {}{}.", counted(plan.unchanged, "resource stays", "resources stay"),
                     plan.unchanged == 1 ? "it is" : "they are", deferred_count(plan));
}

std::string summary_text(const PlanSummary& summary) {
  std::vector<std::string> parts{fmt::format("{} to add", summary.create), fmt::format("{} to change", summary.update)};
  if (summary.replace > 0) parts.push_back(fmt::format("{} to replace", summary.replace));
  parts.push_back(fmt::format("{} to remove", summary.remove));
  if (summary.adopt > 0) parts.push_back(fmt::format("{} to adopt", summary.adopt));
  if (summary.forget > 0) parts.push_back(fmt::format("{} to forget", summary.forget));
  return join(parts, ", ");
}

std::string plan_text(const ops::Planned& planned, const PlanView& view, const Style& style) {
  const auto& plan = *planned.plan;
  constexpr std::size_t k_drift_lines = 6;
  std::string text;
  if (!plan.drift.empty())
    text += fmt::format("Drift: {} not as left\n", counted(plan.drift.size(), "thing", "things")) +
            drift_lines(plan, style, "mended by this plan", view.verbose ? SIZE_MAX : k_drift_lines,
                        "cloison drift" + view.same_words) +
            '\n';
  if (const auto changes = change_lines(plan, view.verbose, k_change_lines, style); !changes.empty())
    text += changes + sets_text(named_sets(plan, planned.sets), view.verbose, style.width) + '\n';
  text += reach_text(plan, view.verbose, style);
  if (view.verbose) text += quota_text(plan.quota);
  text += allocations_text(planned, view.verbose);
  text += dropped_text(planned.dropped, plan.sources, view.verbose);
  text += not_applied_text(plan.not_applied, plan.sources, view.verbose, style);
  text += deferred_text(plan, view.verbose, style);
  return text + closing_text(planned, view);
}

std::string drift_text(const Plan& plan, const Style& style) {
  if (plan.drift.empty()) return deferred_text(plan, true, style) + "No drift: what was read is as it was left.\n";
  return deferred_text(plan, true, style) + drift_lines(plan, style, "the next apply mends it") +
         fmt::format("Drift: {} not as left. Nothing was changed.\n", counted(plan.drift.size(), "thing", "things"));
}

std::vector<JsonLine> drift_json(const Plan& plan) {
  std::vector<JsonLine> lines;
  for (const auto& drift : plan.drift) {
    JsonObject fields;
    fields.text("address", drift.address)
        .text("provider", drift.provider)
        .text("kind", drift.kind)
        .text("remote_id", drift.remote_id)
        .text("what", drift_name(drift.what))
        .flag("mended", drift.mended)
        .flag("left_out", drift.left_out)
        .objects("attributes", attributes_json(drift.attributes))
        .text("flow", drift.flow)
        .text("expires", drift.expires);
    lines.push_back({"drift", std::move(fields)});
  }
  return lines;
}

std::vector<JsonLine> plan_json(const ops::Planned& planned) {
  const auto& plan = *planned.plan;
  auto lines = drift_json(plan);
  for (const auto& change : plan.changes)
    if (change.action != Action::no_op) lines.push_back(change_json(change, plan.sources));
  auto sets = sets_json(named_sets(plan, planned.sets));
  std::move(sets.begin(), sets.end(), std::back_inserter(lines));
  auto reach = reach_json(plan);
  std::move(reach.begin(), reach.end(), std::back_inserter(lines));
  for (const auto& pair : planned.dropped) lines.push_back(dropped_json(pair, plan.sources));
  auto left = not_applied_json(plan.not_applied, plan.sources);
  std::move(left.begin(), left.end(), std::back_inserter(lines));
  auto waiting = deferred_json(plan);
  std::move(waiting.begin(), waiting.end(), std::back_inserter(lines));
  lines.push_back(summary_json(planned));
  return lines;
}

}  // namespace cloison::cli
