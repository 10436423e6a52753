#include <fmt/format.h>

#include "cli/commands.h"
#include "core/plan/planner.h"
#include "core/state/sqlite_store.h"

namespace cloison::cli {

namespace {

/// Every kind of every provider with the version of its layout: what rows of the state are written in.
std::vector<JsonObject> kinds_of(const ops::ProviderFactory& providers) {
  std::vector<JsonObject> kinds;
  for (const auto& name : providers.applied_kinds()) {
    const auto provider = providers.make({.name = name, .kind = name}, true, {});
    if (!provider) continue;
    for (const auto& schema : (*provider)->kinds())
      kinds.push_back(JsonObject().text("provider", name).text("kind", schema.kind).number("version", schema.version));
  }
  return kinds;
}

}  // namespace

int run_version(const Arguments& arguments, Session& session, Console& console) {
  (void)arguments;
  console.line({"version", JsonObject()
                               .text("version", session.version)
                               .text("commit", session.commit)
                               .texts("applied_providers", session.providers->applied_kinds())
                               .number("json_format", 1)
                               .number("language", 1)
                               .number("state_format", state::sqlite_format())
                               .number("plan_format", plan::file_format())
                               .objects("kinds", kinds_of(*session.providers))});
  console.text(fmt::format("cloison {} ({})\n", session.version, session.commit));
  return 0;
}

}  // namespace cloison::cli
