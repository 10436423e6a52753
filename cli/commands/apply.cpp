#include "core/ops/apply.h"

#include "cli/commands.h"
#include "cli/commands/change.h"
#include "cli/progress.h"
#include "cli/view/apply_view.h"
#include "cli/view/plan_view.h"
#include "core/base/strings.h"

namespace cloison::cli {

namespace {

/// Shows the plan and asks; what was answered decides how the command ends.
class Confirmation {
 public:
  Confirmation(const Arguments& arguments, Console& console, Progress& progress, bool destroy)
      : arguments_(arguments), console_(console), progress_(progress), destroy_(destroy) {}

  bool ask(const ops::Planned& planned) {
    progress_.end();
    show(planned);
    auto& session = console_.session();
    if (session.stop_new.stop_requested()) return cancelled();
    if (arguments_.yes) return true;
    if (!session.ask) return refused();
    const auto answer = destroy_ ? session.ask("Type '" + printable(planned.plan->topology_name) + "' to destroy: ")
                                 : session.ask("Apply this? [y/N] ");
    if (session.stop_new.stop_requested()) return cancelled();
    const auto word = answer ? std::string(trimmed(*answer)) : std::string();
    const bool agreed = destroy_ ? !word.empty() && word == planned.plan->topology_name : says_yes(word);
    if (!agreed) console_.aside(destroy_ && !word.empty() ? "That is not its name.\n" : "");
    return agreed;
  }
  /// Instead of the operation's own ending.
  [[nodiscard]] std::optional<ops::Ending> ending() const { return ending_; }
  [[nodiscard]] bool shown() const { return shown_; }

 private:
  void show(const ops::Planned& planned) {
    shown_ = true;
    console_.diagnostics(planned.notes, planned.sources, Outcome::unsaid);
    const PlanView view{
        .verbose = console_.verbose(), .read = !arguments_.no_refresh, .same_words = same_words(arguments_)};
    console_.lines(console_.json() ? plan_json(planned) : std::vector<JsonLine>{});
    console_.text(console_.json() ? std::string() : plan_text(planned, view, console_.style()));
  }
  bool cancelled() {
    ending_ = ops::Ending::cancelled;
    return false;
  }
  bool refused() {
    ending_ = ops::Ending::refused;
    console_.error({.kind = ErrorKind::usage,
                    .code = "CL6002",
                    .summary = "there is no terminal to ask on",
                    .detail = "A fresh plan is applied only after a yes.",
                    .hint = destroy_ ? "add --yes to destroy without a question"
                                     : "add --yes, or save a plan, read it, and apply that: `cloison plan -o FILE`"});
    return false;
  }

  const Arguments& arguments_;
  Console& console_;
  Progress& progress_;
  bool destroy_ = false, shown_ = false;
  std::optional<ops::Ending> ending_{};
};

/// Options that choose what is planned: a saved plan is applied as it is, so none of them could be honoured.
std::string not_with_a_saved_plan(const Arguments& arguments, bool plan) {
  if (!plan) return {};
  if (!arguments.targets.empty()) return "--target";
  if (!arguments.environments.empty()) return "--environment";
  if (!arguments.replace.empty()) return "--replace";
  return arguments.no_refresh ? "--no-refresh" : "";
}

}  // namespace

ChangeEnded run_change(const Arguments& arguments, Session& session, Console& console, ChangeWanted wanted) {
  const bool destroy = wanted.destroy;
  if (const auto option = not_with_a_saved_plan(arguments, wanted.plan); !option.empty())
    return {.status = usage_status(console, option + " cannot be given with a saved plan: that is applied as it is",
                                   "cloison plan " + option + " ... -o " + shell_word(arguments.words.front()))};
  if (session.stop_gently) session.stop_gently();
  Progress progress(console);
  auto [context, wrong] = context_of(arguments, session, progress);
  if (!wrong.empty()) return {.status = usage_status(console, wrong)};
  context.services = std::move(wanted.services), context.wave = std::move(wanted.wave);
  Confirmation confirmation(arguments, console, progress, destroy);
  ops::ApplyRequest request{.destroy = destroy};
  request.rollback = std::move(wanted.rollback);
  if (wanted.plan) request.plan_file = arguments.words.front();
  request.confirm = [&confirmation](const ops::Planned& planned) { return confirmation.ask(planned); };
  console.text(sandbox_banner(arguments));
  const auto begun = std::chrono::steady_clock::now();
  auto applied = ops::apply(context, request);
  progress.end();
  if (confirmation.ending()) applied.ending = *confirmation.ending();
  // What the plan said was shown with it; what comes now is how it went.
  auto notes = confirmation.shown() ? applied.result.failures : applied.notes;
  if (confirmation.shown()) append(notes, applied.put_back.failures);
  const auto outcome = applied.result.changed_anything ? Outcome::something_changed : Outcome::nothing_changed;
  const auto is_error = [](const Diagnostic& note) { return note.severity == Diagnostic::Severity::error; };
  if (confirmation.shown() && notes.empty() && applied.ran && has_errors(applied.notes)) {
    Diagnostics errors;
    std::copy_if(applied.notes.begin(), applied.notes.end(), std::back_inserter(errors), is_error);
    console.diagnostics(errors, applied.sources, outcome);
  } else {
    console.diagnostics(notes, applied.sources, outcome);
  }
  const AppliedView view{
      .destroy = destroy,
      .asked = confirmation.shown(),
      .rollback = request.rollback.has_value(),
      .took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun)};
  console.lines(console.json() ? applied_json(applied, view) : std::vector<JsonLine>{});
  console.text(console.json() ? std::string() : applied_text(applied, view, arguments, console.style()));
  console.advice(next_after_apply(applied, view, arguments));
  console.text(sandbox_banner(arguments));
  return {.status = exit_status(applied.ending), .declined = applied.ending == ops::Ending::declined};
}

int run_apply(const Arguments& arguments, Session& session, Console& console) {
  return run_change(arguments, session, console, {.plan = !arguments.words.empty()}).status;
}

int run_destroy(const Arguments& arguments, Session& session, Console& console) {
  return run_change(arguments, session, console, {.destroy = true}).status;
}

}  // namespace cloison::cli
