#include "cli/view/export_view.h"

#include <algorithm>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "cli/view/diagnostics_view.h"
#include "core/base/strings.h"

namespace cloison::cli {

namespace {

using What = ops::PolicyDifference::What;

std::string headline(const ops::Exported& exported) {
  const auto policies =
      exported.policies == 0 ? "" : fmt::format(" {}", counted(exported.policies, "policy", "policies"));
  return fmt::format("Exported  {}{}", counted(exported.workloads, "workload"), policies.empty() ? "" : "," + policies);
}

/// What is left out of several services alike is told once.
std::string left_out_text(const std::vector<containers::LeftOut>& left_out, const SourceMap& sources,
                          std::size_t width) {
  constexpr std::size_t k_named = 4, k_indent = 4;
  std::map<std::tuple<std::string, std::string, std::string>, std::vector<std::string>> alike;
  for (const auto& one : left_out) {
    auto& services = alike[{one.what.empty() ? one.host : one.what, one.reason, place_text(sources, one.where)}];
    if (std::find(services.begin(), services.end(), one.service) == services.end()) services.push_back(one.service);
  }
  std::string text;
  for (const auto& [key, services] : alike) {
    const auto& [what, reason, place] = key;
    const auto line = fmt::format("{}{}: {}{}", few(services, k_named), what.empty() ? "" : ", " + what, reason,
                                  place.empty() ? "" : fmt::format(" ({})", place));
    text += "  " + wrapped(printable(line), width - k_indent, k_indent) + '\n';
  }
  return text;
}

std::string difference_text(const ops::PolicyDifference& one, const SourceMap& sources) {
  const auto place = place_text(sources, one.declared);
  const auto at = place.empty() ? std::string() : "  " + place;
  switch (one.what) {
    case What::more:
      return fmt::format("more     {}\n         {}\n", printable(one.witness),
                         one.rule.empty() ? fmt::format("no policy isolates what {} {}", printable(one.pods),
                                                        one.inward ? "is sent" : "sends")
                                          : printable(one.rule));
    case What::less:
      return fmt::format("less     {}\n         {}{}\n", printable(one.witness), one.pair, at);
    case What::missing:
      return fmt::format("missing  {}: no pods stand for it{}\n", printable(one.pods), at);
    case What::stranger:
      return fmt::format("unknown  {}: no workload of the topology\n", printable(one.pods));
  }
  return {};
}

}  // namespace

std::string export_documents(const ops::Exported& exported) {
  std::string text;
  for (const auto& one : exported.files) text += one.document.text;
  return text;
}

std::string export_text(const ops::Exported& exported, std::size_t width, bool verbose) {
  std::string text;
  for (const auto& one : exported.files)
    if (one.status == ops::ExportedFile::Status::written || (verbose && !one.file.empty()))
      text += fmt::format("{} {}\n", one.status == ops::ExportedFile::Status::written ? "wrote" : "as it was:",
                          printable(one.file.string()));
  text += headline(exported) + '\n';
  std::vector<containers::LeftOut> whole, parts;
  for (const auto& one : exported.left_out) (one.what.empty() ? whole : parts).push_back(one);
  if (!whole.empty()) text += "Not exported\n" + left_out_text(whole, exported.sources, width);
  if (!parts.empty()) text += "Not taken over\n" + left_out_text(parts, exported.sources, width);
  return text;
}

std::vector<JsonLine> export_json(const ops::Exported& exported, std::string_view format) {
  std::vector<JsonLine> lines;
  for (const auto& one : exported.files)
    lines.push_back({"exported", JsonObject()
                                     .text("format", format)
                                     .text("name", one.document.file)
                                     .text("file", one.file.string())
                                     .text("status", ops::export_word(one.status))
                                     .text("text", one.file.empty() ? one.document.text : std::string())});
  for (const auto& one : exported.left_out)
    lines.push_back({"left_out", JsonObject()
                                     .text("service", one.service)
                                     .text("host", one.host)
                                     .text("what", one.what)
                                     .text("reason", one.reason)
                                     .raw("where", place_json(exported.sources, one.where))});
  return lines;
}

std::string check_text(const ops::ManifestCheck& check, bool verbose) {
  constexpr std::size_t k_shown = 20;
  std::string text = fmt::format("Manifests  {} of {}, {}: ", counted(check.policies, "policy", "policies"),
                                 counted(check.pods, "workload"), counted(check.pairs, "pair"));
  text += !check.differences.empty()      ? counted(check.differences.size(), "difference")
          : !check.not_understood.empty() ? std::string("not all is understood")
                                          : std::string("they permit exactly the flows");
  text += '\n';
  std::size_t shown = 0;
  for (const auto& one : check.differences) {
    if (!verbose && shown++ == k_shown) {
      text += fmt::format("and {} more (-v)\n", check.differences.size() - k_shown);
      break;
    }
    text += difference_text(one, check.sources);
  }
  for (const auto& one : check.not_understood) text += fmt::format("not understood  {}\n", one);
  return text;
}

std::vector<JsonLine> check_json(const ops::ManifestCheck& check) {
  std::vector<JsonLine> lines;
  for (const auto& one : check.differences)
    lines.push_back({"policy_difference", JsonObject()
                                              .text("what", ops::difference_word(one.what))
                                              .text("pods", one.pods)
                                              .flag("inward", one.inward)
                                              .text("rule", one.rule)
                                              .text("pair", one.pair)
                                              .text("witness", one.witness)
                                              .raw("declared", place_json(check.sources, one.declared))});
  lines.push_back({"manifests", JsonObject()
                                    .number("objects", check.objects)
                                    .number("policies", check.policies)
                                    .number("pods", check.pods)
                                    .number("pairs", check.pairs)
                                    .number("differences", check.differences.size())
                                    .texts("not_understood", check.not_understood)
                                    .number("milliseconds", check.milliseconds)});
  return lines;
}

}  // namespace cloison::cli
