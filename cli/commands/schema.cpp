#include "cli/commands.h"
#include "core/topology/load.h"

namespace cloison::cli {

int run_schema(const Arguments& arguments, Session& session, Console& console) {
  (void)arguments;
  auto text = topology::json_schema();
  if (text.empty() || text.back() != '\n') text += '\n';
  if (!console.json()) session.out(text);
  console.line({"schema", JsonObject().text("schema", text)});
  return 0;
}

}  // namespace cloison::cli
