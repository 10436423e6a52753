#include <fmt/format.h>

#include "cli/commands.h"

namespace cloison::cli {

int run_version(const Arguments& arguments, Session& session, Console& console) {
  (void)arguments;
  console.line({"version", JsonObject()
                               .text("version", session.version)
                               .text("commit", session.commit)
                               .texts("applied_providers", session.providers->applied_kinds())
                               .number("json_format", 1)});
  console.text(fmt::format("cloison {} ({})\n", session.version, session.commit));
  return 0;
}

}  // namespace cloison::cli
