#include "providers/node/bringing.h"

#include <optional>

#include "core/base/numbers.h"
#include "core/base/strings.h"
#include "providers/node/report.h"
#include "providers/node/schema.h"
#include "providers/node/settings.h"

namespace cloison::node {

namespace {

/// agent_services.sh; nothing that a machine answers leads to another place.
constexpr std::string_view k_incoming_folder = "/var/lib/cloison-incoming/";

Artifact artifact_of(const Settings& release) {
  Artifact artifact{.source = release.text("source"), .sha256 = release.text("sha256")};
  for (const auto& line : release.texts("references")) {
    const auto space = line.find(' ');
    if (space == std::string::npos) continue;
    const auto word = line.substr(0, space);
    auto* const part = word == "signature"    ? &artifact.signature
                       : word == "public_key" ? &artifact.public_key
                       : word == "username"   ? &artifact.username
                       : word == "password"   ? &artifact.password
                                              : &artifact.token;
    *part = line.substr(space + 1);
  }
  return artifact;
}

struct Place {
  std::string path{};
  std::uintmax_t bytes = 0;  // that are there
};

/// Where the machine wants what is sent of it, a file of digest `sent` ("": whether it wants any); nullopt: it has it.
Result<std::optional<Place>> incoming(const Settings& release, const std::string& sent, const Carrier& carrier) {
  const auto output = carrier.ask(
      {"incoming", release.text("sha256"), release.text("name"), release.text("id"), release.text("executable"), sent});
  if (!output) return fail(output.error());
  auto report = parse_report(*output);
  if (!report) return fail(std::move(report.error()));
  const auto said = report->find("incoming");
  const auto text = said == report->end() ? std::string_view() : trimmed(said->second.text);
  if (text == "there") return std::nullopt;
  if (text == "wanted" && sent.empty()) return Place{};
  const auto words = split(text, ' ');
  const auto size = words.size() == 2 ? number_in<std::uintmax_t>(words[0]) : std::nullopt;
  const auto place = std::string(k_incoming_folder) + sent;
  if (!size || words[1] != place) return fail(carrier.strange(place));
  return Place{.path = place, .bytes = *size};
}

Result<void> bring_one(const Settings& release, const Carrier& carrier) {
  // What the machine has already may be gone here.
  const auto wanted = incoming(release, {}, carrier);
  if (!wanted) return fail(wanted.error());
  if (!wanted->has_value()) return {};
  const auto parcel = carrier.find(artifact_of(release));
  if (!parcel) return fail(parcel.error());
  const auto place = incoming(release, parcel->sha256, carrier);
  if (!place) return fail(place.error());
  if (!place->has_value()) return {};
  return carrier.send({.from = parcel->path, .to = (*place)->path, .offset = (*place)->bytes});
}

}  // namespace

Result<void> bring(std::span<const ChangeRequest> changes, const Carrier& carrier) {
  for (const auto& change : changes) {
    if (change.verb == ChangeRequest::Verb::remove || change.desired.kind != k_release) continue;
    if (auto brought = bring_one(Settings(k_release, change.desired.attributes), carrier); !brought) return brought;
  }
  return {};
}

}  // namespace cloison::node
