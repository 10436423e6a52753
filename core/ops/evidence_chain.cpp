#include "core/ops/evidence_chain.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/ops/files.h"
#include "core/report/check_pack.h"
#include "core/report/pack.h"

namespace cloison::ops {

namespace {

using Packs = std::vector<state::RecordedPack>;

constexpr std::string_view k_not_this_key = "CL7112", k_chain = "log/chain.json";

Diagnostic wrong_before(std::string summary, std::string detail, std::string hint) {
  return {.kind = ErrorKind::usage,
          .code = "CL7120",
          .summary = std::move(summary),
          .detail = std::move(detail),
          .hint = std::move(hint)};
}

std::string told(const state::RecordedPack& pack) {
  return fmt::format("number {} as of {}, manifest {}", pack.number, printable(pack.as_of),
                     printable(pack.manifest_sha256));
}

/// The last that the log tells of with this number.
const state::RecordedPack* numbered(const Packs& packs, uint64_t number) {
  const auto found = std::find_if(packs.rbegin(), packs.rend(), [&](const auto& one) { return one.number == number; });
  return found == packs.rend() ? nullptr : &*found;
}

}  // namespace

Result<PackBefore> read_pack_before(const std::filesystem::path& file, const report::PublicKey& key) {
  auto archive = read_file(file, report::k_most_packed_bytes);
  if (!archive) return fail(archive.error());
  auto check = report::check_pack(*archive, key);
  if (!check.about || !check.link)
    return fail(check.findings.empty()
                    ? wrong_before("the pack before cannot be read", "", "name the pack as it was made")
                    : check.findings.front());
  PackBefore before{.link = *check.link, .network = check.about->network, .findings = std::move(check.findings)};
  if (const auto chain = report::file_in_pack(*archive, k_chain)) before.mark = mark_from(*chain);
  before.archive = *std::move(archive);
  return before;
}

Diagnostics against_following(const PackBefore& before, const std::string& network, const Packs& packs) {
  if (before.network != network)
    return {wrong_before(fmt::format("the pack before is about '{}'", printable(before.network)),
                         fmt::format("This one would be about '{}'.", printable(network)),
                         "name a pack of this network by --previous")};
  const auto* known = numbered(packs, before.link.number);
  auto findings = before.findings;
  if (known == nullptr) return findings;
  if (!is_known(packs, before.link.number, before.link.manifest_sha256))
    return {wrong_before(fmt::format("the log knows another pack number {}", before.link.number),
                         fmt::format("It tells of {}; the one that was named has the manifest {}.", told(*known),
                                     before.link.manifest_sha256),
                         "name by --previous the pack that was made then")};
  std::erase_if(findings, [](const Diagnostic& one) { return one.code == k_not_this_key; });
  return findings;
}

bool is_known(const Packs& packs, uint64_t number, const std::string& manifest) {
  return std::any_of(packs.begin(), packs.end(),
                     [&](const auto& one) { return one.number == number && one.manifest_sha256 == manifest; });
}

std::optional<Diagnostic> against_making(const Numbering& numbering, const std::string& manifest, const Packs& packs) {
  if (numbering.again || is_known(packs, numbering.number, manifest)) return std::nullopt;
  if (!numbering.has_previous && !packs.empty())
    return wrong_before("the log knows of packs, and none is named as the one before",
                        fmt::format("The last one was {}.", told(packs.back())),
                        "name it by --previous; where it is lost, --again makes number 1 anew, which the log shows");
  const auto* taken = numbered(packs, numbering.number);
  if (taken == nullptr) return std::nullopt;
  return Diagnostic{.kind = ErrorKind::usage,
                    .code = "CL7121",
                    .summary = fmt::format("a pack number {} was made already", numbering.number),
                    .detail = fmt::format("The log tells of {}. What would be made now is another.", told(*taken)),
                    .hint =
                        "name that one by --previous, to make the next; where it is lost or wrong, --again makes "
                        "its number once more, which the log shows"};
}

}  // namespace cloison::ops
