#include "cli/commands.h"
#include "cli/view/pack_view.h"
#include "core/ops/evidence.h"

namespace cloison::cli {

int run_report_check(const Arguments& arguments, Session& session, Console& console) {
  (void)session;
  const auto verdict = ops::check_pack_file({.pack = arguments.words.front(),
                                             .key = arguments.key,
                                             .previous = arguments.previous,
                                             .authorities = arguments.tsa_ca});
  if (verdict.checked) {
    console.line(pack_json(verdict));
    console.text(pack_text(verdict));
  }
  console.diagnostics(verdict.notes, SourceMap(), Outcome::unsaid);
  return exit_status(verdict.ending);
}

int run_report_key(const Arguments& arguments, Session& session, Console& console) {
  (void)session;
  const auto key = ops::public_key_in(arguments.key);
  if (!key) {
    console.error(key.error());
    return exit_status(ops::ending_of({key.error()}));
  }
  console.line(key_json(*key));
  console.text(key_text(*key));
  return 0;
}

}  // namespace cloison::cli
