#include "core/ops/state.h"

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/view/advice.h"
#include "cli/view/state_view.h"
#include "core/base/strings.h"
#include "core/ops/sandbox.h"

namespace cloison::cli {

namespace {

/// Schema of a row's kind, asked from the provider that the row was made with.
const KindSchema* schema_of(const ResourceState& row, const Snapshot& snapshot, const Session& session,
                            std::shared_ptr<Provider>& keeps) {
  const auto config = snapshot.provider_configs.find(row.provider_config);
  if (config == snapshot.provider_configs.end()) return nullptr;
  auto provider = session.providers->make(ops::without_note(config->second), true, {});
  if (!provider) return nullptr;
  keeps = *std::move(provider);
  return find_kind(keeps->kinds(), row.kind);
}

/// From now on a signal ends what is under way in good order. Not before a question, which is left at once.
void no_more_questions(Session& session) {
  if (session.stop_gently) session.stop_gently();
}

/// Runs one change of the state and says how it went.
template <class Change>
int changed(const Arguments& arguments, Session& session, Console& console, std::string_view what, Change change) {
  Progress progress(console);
  const auto [context, wrong] = context_of(arguments, session, progress);
  if (!wrong.empty()) return usage_status(console, wrong);
  console.text(sandbox_banner(arguments));
  const ops::StateChange result = change(context);
  progress.end();
  console.diagnostics(result.notes, SourceMap(), Outcome::nothing_changed);
  if (result.declined) {
    console.text("Declined. Nothing was changed.\n");
  } else if (result.ending == ops::Ending::done) {
    console.text(fmt::format("{} {}.\n", counted(result.rows, "resource"), what));
    console.advice("Next: cloison plan" + same_words(arguments) + "\n");
  }
  console.line({"summary", JsonObject().number("resources", result.rows).text("what", what)});
  console.text(sandbox_banner(arguments));
  return exit_status(result.ending);
}

/// Reads the state for `show`; nullopt after saying what is wrong, with the status in `status`.
std::optional<Snapshot> read(const Arguments& arguments, Session& session, Console& console, int& status) {
  SilentSink events;
  const auto [context, wrong] = context_of(arguments, session, events);
  if (!wrong.empty()) {
    status = usage_status(console, wrong);
    return std::nullopt;
  }
  auto view = ops::read_state(context, arguments.at);
  console.diagnostics(view.notes, SourceMap(), Outcome::unsaid);
  status = exit_status(view.ending);
  if (view.ending != ops::Ending::done) return std::nullopt;
  return std::move(view.snapshot);
}

}  // namespace

int run_state_list(const Arguments& arguments, Session& session, Console& console) {
  int status = 0;
  const auto snapshot = read(arguments, session, console, status);
  if (!snapshot) return status;
  const std::string prefix = arguments.words.empty() ? "" : arguments.words.front();
  // The list is made for pipes, so what says "sandbox" stands beside it.
  console.aside(arguments.quiet ? "" : sandbox_banner(arguments));
  console.text(state_list_text(*snapshot, prefix, console.verbose(), console.style()));
  console.lines(console.json() ? state_list_json(*snapshot, prefix) : std::vector<JsonLine>{});
  return status;
}

int run_state_show(const Arguments& arguments, Session& session, Console& console) {
  int status = 0;
  const auto snapshot = read(arguments, session, console, status);
  if (!snapshot) return status;
  const auto& address = arguments.words.front();
  bool found = false;
  console.text(sandbox_banner(arguments));
  for (const auto& [key, row] : snapshot->rows) {
    if (key.address != address) continue;
    found = true;
    std::shared_ptr<Provider> keeps;
    const auto* schema = schema_of(row, *snapshot, session, keeps);
    console.text(row_text(row, schema, console.style()));
    console.line(row_json(row, schema));
  }
  console.text(sandbox_banner(arguments));
  if (found) return 0;
  std::vector<std::string> known;
  for (const auto& [key, row] : snapshot->rows) known.push_back(key.address);
  const auto near = suggestions(address, known);
  console.error(
      {.kind = ErrorKind::usage,
       .code = "CL6004",
       .summary = "the state has no resource " + printable(address),
       .hint = near.empty() ? "`cloison state list` names what there is" : "did you mean " + join(near, " or ") + "?"});
  return 1;
}

int run_state_remove(const Arguments& arguments, Session& session, Console& console) {
  if (!arguments.yes && !session.ask) {
    console.error(
        {.kind = ErrorKind::usage,
         .code = "CL6002",
         .summary = "there is no terminal to ask on",
         .detail = "The objects stay. Only what the topology still declares is taken over again, by the next apply.",
         .hint = "add --yes to forget without a question"});
    return 1;
  }
  const auto agrees = [&](std::size_t rows) {
    if (!arguments.yes) {
      const auto answer = session.ask(fmt::format("Forget {} ({})? The objects stay, and become nobody's. [y/N] ",
                                                  printable(join(arguments.words, ", ")), counted(rows, "resource")));
      if (!answer || !says_yes(*answer)) return false;
    }
    no_more_questions(session);
    return true;
  };
  return changed(arguments, session, console, "forgotten; the objects stay",
                 [&](const ops::Context& context) { return ops::state_remove(context, arguments.words, agrees); });
}

int run_state_move(const Arguments& arguments, Session& session, Console& console) {
  no_more_questions(session);
  return changed(arguments, session, console, "moved", [&](const ops::Context& context) {
    return ops::state_move(context, arguments.words[0], arguments.words[1]);
  });
}

int run_state_import(const Arguments& arguments, Session& session, Console& console) {
  no_more_questions(session);
  return changed(arguments, session, console, "imported", [&](const ops::Context& context) {
    return ops::state_import(context, arguments.words[0], arguments.words[1]);
  });
}

int run_state_recover(const Arguments& arguments, Session& session, Console& console) {
  no_more_questions(session);
  return changed(arguments, session, console, "found by their marks; the next apply takes them over",
                 [&](const ops::Context& context) { return ops::state_recover(context); });
}

}  // namespace cloison::cli
