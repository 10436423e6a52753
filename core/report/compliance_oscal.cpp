// OSCAL assessment-results, version 1.1.3 (NIST, "OSCAL Assessment Results Model"): for each framework a result, for
// each thing that was looked at an observation, for each control of which something is known a finding.

#include <set>

#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/net/json.h"
#include "core/report/compliance.h"
#include "core/report/json_text.h"

namespace cloison::report {

namespace {

using net::Json;

constexpr std::string_view k_namespace = "urn:cloison:oscal";

/// Of a name within a network and an instant: the same report has the same. In the form of RFC 9562 version 5, but of
/// SHA-256.
std::string uuid_of(const ComplianceData& data, std::string_view name) {
  auto hex =
      sha256_hex(fmt::format("{}\n{}\n{}\n{}", data.heading.network, data.heading.digest, data.heading.as_of, name));
  hex[12] = '5', hex[16] = 'a';
  return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4), hex.substr(16, 4),
                     hex.substr(20, 12));
}

/// A token begins with a letter and holds letters, digits, '.', '-' and '_'.
std::string token(std::string_view text) {
  std::string made;
  for (const char c : text) {
    const bool plain =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' || c == '_';
    made += plain ? c : '_';
  }
  const bool letter = !made.empty() && ((made[0] >= 'a' && made[0] <= 'z') || (made[0] >= 'A' && made[0] <= 'Z'));
  return letter ? made : "_" + made;
}

std::string control_id(const FrameworkEvidence& framework, const ControlEvidence& control) {
  return token(framework.id + "_" + control.id);
}

Json property(std::string_view name, std::string value) {
  Json property = Json::object();
  property.set("name", Json::text(std::string(name)));
  property.set("ns", Json::text(std::string(k_namespace)));
  property.set("value", Json::text(std::move(value)));
  return property;
}

/// Text that may not be empty.
Json words(const Phrase& phrase, std::string_view otherwise) {
  return Json::text(phrase.empty() ? std::string(otherwise) : phrase.english);
}

Json observation(const ComplianceData& data, std::size_t number) {
  const auto& one = data.looked_at[number];
  Json made = Json::object();
  made.set("uuid", Json::text(uuid_of(data, "observation " + one.id)));
  made.set("title", Json::text(one.id));
  made.set("description", words(one.means, one.id));
  made.set("props", Json::array({property("evidence", std::string(evidence_id(one.looked.status)))}));
  made.set("methods", Json::array({Json::text("TEST")}));
  made.set("collected", Json::text(data.heading.as_of));
  auto remarks = one.looked.says.english;
  for (const auto& example : one.looked.examples) remarks += "\n- " + example;
  made.set("remarks", Json::text(remarks));
  return made;
}

Json finding(const ComplianceData& data, const FrameworkEvidence& framework, const ControlEvidence& control) {
  const auto id = control_id(framework, control);
  Json status = Json::object();
  status.set("state", Json::text(control.status == Evidence::found ? "satisfied" : "not-satisfied"));
  status.set("remarks", Json::text("Evidence " +
                                   std::string(control.status == Evidence::found ? "was found" : "speaks against it") +
                                   "; whether the control is met is for people to judge."));
  Json target = Json::object();
  target.set("type", Json::text("statement-id"));
  target.set("target-id", Json::text(id));
  target.set("status", std::move(status));
  Json::Array related;
  for (const auto number : control.looked_at) {
    Json one = Json::object();
    one.set("observation-uuid", Json::text(uuid_of(data, "observation " + data.looked_at[number].id)));
    related.push_back(std::move(one));
  }
  Json made = Json::object();
  made.set("uuid", Json::text(uuid_of(data, "finding " + id)));
  made.set("title", Json::text(fmt::format("{} {}", control.id, control.title.english)));
  made.set("description", words(control.asks, control.title.english));
  made.set("props", Json::array({property("evidence", std::string(evidence_id(control.status)))}));
  made.set("target", std::move(target));
  if (!related.empty()) made.set("related-observations", Json::array(std::move(related)));
  if (!control.by_hand.empty()) made.set("remarks", Json::text("Left to people: " + control.by_hand.english));
  return made;
}

Json result(const ComplianceData& data, const FrameworkEvidence& framework) {
  Json::Array controls, observations, findings;
  std::set<std::size_t> looked_at;
  for (const auto& control : framework.controls) {
    Json one = Json::object();
    one.set("control-id", Json::text(control_id(framework, control)));
    controls.push_back(std::move(one));
    looked_at.insert(control.looked_at.begin(), control.looked_at.end());
    if (control.status == Evidence::found || control.status == Evidence::contradicted)
      findings.push_back(finding(data, framework, control));
  }
  for (const auto number : looked_at) observations.push_back(observation(data, number));
  Json selection = Json::object();
  selection.set("include-controls", Json::array(std::move(controls)));
  Json reviewed = Json::object();
  reviewed.set("control-selections", Json::array({std::move(selection)}));
  Json made = Json::object();
  made.set("uuid", Json::text(uuid_of(data, "result " + framework.id)));
  made.set("title", Json::text(fmt::format("{} {}", framework.title.english, framework.version)));
  made.set("description", words(framework.about, framework.title.english));
  made.set("start", Json::text(data.heading.as_of));
  made.set("reviewed-controls", std::move(reviewed));
  if (!observations.empty()) made.set("observations", Json::array(std::move(observations)));
  if (!findings.empty()) made.set("findings", Json::array(std::move(findings)));
  return made;
}

}  // namespace

std::string compliance_oscal(const ComplianceData& data, const Heading& heading) {
  Json metadata = Json::object();
  metadata.set("title", Json::text(fmt::format("{}: {}", heading.title.english, heading.network)));
  metadata.set("last-modified", Json::text(heading.as_of));
  metadata.set("version", Json::text(heading.digest.empty() ? heading.as_of : heading.digest));
  metadata.set("oscal-version", Json::text("1.1.3"));
  metadata.set("props", Json::array({property("made-by", heading.made_by)}));
  std::string remarks;
  for (const auto& [name, cell] : heading.facts)
    if (const auto* phrase = std::get_if<Phrase>(&cell.value))
      remarks += fmt::format("{}{}: {}", remarks.empty() ? "" : "\n", name.english, phrase->english);
  if (!remarks.empty()) metadata.set("remarks", Json::text(std::move(remarks)));
  const auto plan = uuid_of(data, "plan");
  Json import = Json::object();
  import.set("href", Json::text("#" + plan));
  Json::Array results;
  for (const auto& framework : data.frameworks) results.push_back(result(data, framework));
  Json resource = Json::object();
  resource.set("uuid", Json::text(plan));
  resource.set("title", Json::text("The frameworks' files, which say what is looked at for each control"));
  Json back = Json::object();
  back.set("resources", Json::array({std::move(resource)}));
  Json assessment = Json::object();
  assessment.set("uuid", Json::text(uuid_of(data, "assessment")));
  assessment.set("metadata", std::move(metadata));
  assessment.set("import-ap", std::move(import));
  assessment.set("results", Json::array(std::move(results)));
  assessment.set("back-matter", std::move(back));
  Json whole = Json::object();
  whole.set("assessment-results", std::move(assessment));
  constexpr std::size_t k_levels = 5;
  return json_lines(whole, k_levels);
}

}  // namespace cloison::report
