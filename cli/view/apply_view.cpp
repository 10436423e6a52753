#include "cli/view/apply_view.h"

#include <fmt/format.h>

#include "cli/view/advice.h"
#include "cli/view/deferred_view.h"
#include "cli/view/not_applied_view.h"
#include "cli/view/plan_view.h"
#include "cli/view/text.h"
#include "core/base/strings.h"

namespace cloison::cli {

namespace {

/// A saved plan is not applied twice; a service is deployed again.
std::string same_command(const Arguments& arguments) {
  auto text = arguments.command;
  if (arguments.command == "deploy" || arguments.command == "rollback")
    for (const auto& word : arguments.words) text += ' ' + shell_word(word);
  return text;
}

std::string_view word_of(ops::Ending ending) {
  switch (ending) {
    case ops::Ending::done:
      return "done";
    case ops::Ending::refused:
      return "refused";
    case ops::Ending::differs:
      return "differs";
    case ops::Ending::policy:
      return "policy";
    case ops::Ending::locked:
      return "locked";
    case ops::Ending::partly:
      return "partly";
    case ops::Ending::declined:
      return "declined";
    case ops::Ending::cancelled:
      return "cancelled";
  }
  return "";
}

std::string logged_text(const ops::AppliedResult& applied, const Arguments& arguments) {
  if (applied.log_entry == 0) return {};
  std::vector<std::string> details;
  if (!arguments.ticket.empty()) details.push_back("ticket " + printable(arguments.ticket));
  if (!arguments.approved_by.empty()) details.push_back("approved by " + printable(arguments.approved_by));
  return fmt::format("Log entry {}{}.\n", applied.log_entry, details.empty() ? "" : " (" + join(details, ", ") + ")");
}

/// No platform had to change, but there is something to be remembered.
std::string remembered_text(const ops::AppliedResult& applied, const Arguments& arguments, const Style& style) {
  const auto& plan = *applied.planned.plan;
  return partial_text(plan) + no_changes_text(plan) + '\n' +
         not_applied_text(plan.not_applied, plan.sources, false, style) +
         (applied.recorded ? "What the topology says now is recorded.\n" : "") + logged_text(applied, arguments);
}

std::string ran_text(const ops::AppliedResult& applied, const AppliedView& view, const Arguments& arguments,
                     const Style& style) {
  const auto& result = applied.result;
  const auto& plan = *applied.planned.plan;
  const auto all = plan.steps.size();
  const bool whole = applied.ending == ops::Ending::done;
  auto text = fmt::format("{}      {} of {} in {}",
                          painted(style.color, whole ? Color::green : Color::red, whole ? "done" : "stopped"),
                          result.done, counted(all, "step"), duration_text(view.took.count()));
  if (result.failed > 0) text += fmt::format(", {} failed", result.failed);
  if (result.skipped > 0) text += fmt::format(", {} not tried", result.skipped);
  text += deferred_count(plan);
  text += '\n';
  if (applied.to_put_back > 0)
    text += fmt::format(
        "{} {} of {} made before that failure\n",
        painted(style.color, applied.put_back.done == applied.to_put_back ? Color::green : Color::red, "put back"),
        applied.put_back.done, counted(applied.to_put_back, "change"));
  // After an apply from a saved plan nothing else says what is still missing.
  if (!view.asked) text += not_applied_text(plan.not_applied, plan.sources, false, style);
  text += logged_text(applied, arguments);
  if (!whole)
    text += fmt::format("{} The state is saved; the next run resumes.\n",
                        result.changed_anything ? "Partly applied." : "Nothing was changed.");
  return text;
}

}  // namespace

std::string applied_text(const ops::AppliedResult& applied, const AppliedView& view, const Arguments& arguments,
                         const Style& style) {
  if (applied.ending == ops::Ending::declined) return "Declined. Nothing was changed.\n";
  if (applied.ending == ops::Ending::cancelled && !applied.ran) return "Stopped. Nothing was changed.\n";
  if (applied.ran && applied.planned.plan && applied.planned.plan->empty() && applied.ending == ops::Ending::done)
    return remembered_text(applied, arguments, style);
  if (applied.ran && applied.planned.plan) return ran_text(applied, view, arguments, style);
  if (applied.ending != ops::Ending::done) return {};
  std::string text = view.destroy ? "No changes. The state holds nothing to destroy.\n" : "No changes.\n";
  if (const auto& plan = applied.planned.plan) text = partial_text(*plan) + no_changes_text(*plan) + '\n';
  if (applied.planned.plan)
    text += not_applied_text(applied.planned.plan->not_applied, applied.planned.plan->sources, false, style);
  return text;
}

std::string next_after_apply(const ops::AppliedResult& applied, const AppliedView& view, const Arguments& arguments) {
  if (!applied.ran) return {};
  const auto same = same_words(arguments) + '\n';
  if (view.rollback && applied.ending == ops::Ending::done)
    return "The topology still asks for the other release: write this one into it, or the next apply changes it "
           "again.\n"
           "Next: cloison status" +
           same;
  if (applied.ending != ops::Ending::done) return "Next: cloison " + same_command(arguments) + same;
  return (view.destroy ? "Next: cloison plan" : "Next: cloison drift") + same;
}

std::vector<JsonLine> applied_json(const ops::AppliedResult& applied, const AppliedView& view) {
  std::vector<JsonLine> lines;
  if (!view.asked && applied.planned.plan)
    lines = not_applied_json(applied.planned.plan->not_applied, applied.planned.plan->sources);
  JsonObject fields;
  fields.text("ending", word_of(applied.ending))
      .flag("ran", applied.ran)
      .number("done", applied.result.done)
      .number("failed", applied.result.failed)
      .number("skipped", applied.result.skipped)
      .number("to_put_back", applied.to_put_back)
      .number("put_back", applied.put_back.done)
      .flag("changed", applied.result.changed_anything)
      .number("log_entry", applied.log_entry)
      .number("milliseconds", view.took.count());
  lines.push_back({"applied", std::move(fields)});
  return lines;
}

}  // namespace cloison::cli
