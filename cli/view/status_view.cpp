#include "cli/view/status_view.h"

#include <algorithm>

#include <fmt/format.h>

#include "cli/view/text.h"
#include "core/base/strings.h"

namespace cloison::cli {

namespace {

/// "1.1" of "1.1-0123456789ab", unless that would be taken for another release of the same version.
std::string release_text(const std::string& release, const std::string& other) {
  const auto version = release.substr(0, release.rfind('-'));
  const auto of_other = other.substr(0, other.rfind('-'));
  return release.find('-') == std::string::npos || (release != other && version == of_other) ? release : version;
}

std::string since_text(const ops::ServiceStatus& one, Instant now) {
  if (!one.running || !one.running->since) return "";
  const auto ago = std::chrono::duration_cast<std::chrono::milliseconds>(now - *one.running->since).count();
  auto text = rfc3339(*one.running->since);
  if (ago >= 0) text += fmt::format(" ({} ago)", duration_text(ago));
  return text;
}

std::string health_text(const ops::ServiceStatus& one) {
  if (!one.not_known.empty()) return "not known: " + one.not_known;
  if (!one.running) return "not deployed";
  if (!one.running->ails.empty()) return one.running->ails;
  if (one.spare) return one.running->state == "active" ? "spare, and runs" : "spare";
  return one.running->restarts == 0 ? "well" : fmt::format("well, restarted {} times", one.running->restarts);
}

}  // namespace

std::string status_text(const ops::StatusResult& result, Instant now, const Style& style) {
  if (result.services.empty())
    return "No services are deployed: none has `nodes:` that say how its machines are reached.\n";
  std::vector<std::vector<std::string>> rows{{"SERVICE", "MACHINE", "DECLARED", "RUNS", "SINCE", "HEALTH"}};
  std::size_t behind = 0, ill = 0;
  for (const auto& one : result.services) {
    const auto runs = one.running ? one.running->release : std::string();
    const auto nothing = one.running && one.release.empty() ? "-" : "";
    rows.push_back({printable(one.service), printable(one.machine),
                    one.declared ? (one.release.empty() ? "-" : release_text(one.release, runs)) : "not declared",
                    runs.empty() ? nothing : release_text(runs, one.release), since_text(one, now), health_text(one)});
    behind += one.is_as_declared() ? 0 : 1, ill += one.is_well() ? 0 : 1;
  }
  auto text = table(rows, 0, style.width);
  if (behind + ill == 0) return text + painted(style.color, Color::green, "All are as declared, and well.") + '\n';
  std::vector<std::string> parts;
  if (behind > 0) parts.push_back(fmt::format("{} not as declared", behind));
  if (ill > 0) parts.push_back(fmt::format("{} not well", ill));
  return text + painted(style.color, Color::red, fmt::format("Of {}: {}.", result.services.size(), join(parts, ", "))) +
         '\n';
}

std::vector<JsonLine> status_json(const ops::StatusResult& result) {
  std::vector<JsonLine> lines;
  for (const auto& one : result.services) {
    JsonObject fields;
    fields.text("service", one.service)
        .text("machine", one.machine)
        .flag("declared", one.declared)
        .text("release", one.release)
        .flag("as_declared", one.is_as_declared())
        .flag("well", one.is_well())
        .text("not_known", one.not_known);
    const auto running = one.running.value_or(RunningService{});
    fields.text("runs", running.release)
        .text("state", running.state)
        .text("since", running.since ? rfc3339(*running.since) : std::string())
        .number("restarts", running.restarts)
        .text("ails", running.ails);
    lines.push_back({"service", std::move(fields)});
  }
  return lines;
}

}  // namespace cloison::cli
