#include "cli/view/deferred_view.h"

#include <fmt/format.h>

#include "cli/view/text.h"
#include "core/base/strings.h"
#include "core/model/provider.h"

namespace cloison::cli {

std::string deferred_text(const Plan& plan, bool verbose, const Style& style) {
  constexpr std::size_t k_shown = 6;
  if (plan.deferred.empty()) return {};
  std::string text = fmt::format("Deferred: {} not read; the next run catches up\n",
                                 counted(plan.deferred.size(), "node was", "nodes were"));
  std::size_t shown = 0;
  for (const auto& one : plan.deferred) {
    if (shown++ == k_shown && !verbose) {
      text += fmt::format("  ... and {}; -v lists them\n", plan.deferred.size() - k_shown);
      break;
    }
    const auto waiting =
        one.changes == 0 ? std::string("nothing waits") : counted(one.changes, "change waits", "changes wait");
    text += "  " + painted(style.color, one.unreachable ? Color::yellow : Color::red, "!") + " " +
            wrapped(fmt::format("{}  {} ({}); {}", printable(node_of(one.provider)), printable(one.why),
                                printable(one.code), waiting),
                    style.width - 4, 6) +
            '\n';
  }
  return text;
}

std::string deferred_count(const Plan& plan) {
  return plan.deferred.empty() ? std::string() : ", " + counted(plan.deferred.size(), "node") + " deferred";
}

std::vector<JsonLine> deferred_json(const Plan& plan) {
  std::vector<JsonLine> lines;
  for (const auto& one : plan.deferred)
    lines.push_back({"deferred", JsonObject()
                                     .text("provider", one.provider)
                                     .text("code", one.code)
                                     .text("why", one.why)
                                     .flag("unreachable", one.unreachable)
                                     .number("changes", one.changes)});
  return lines;
}

}  // namespace cloison::cli
