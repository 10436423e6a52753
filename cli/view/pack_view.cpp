#include "cli/view/pack_view.h"

#include <fmt/format.h>

#include "core/base/strings.h"

namespace cloison::cli {

namespace {

/// Two lines of eight groups: what two people read to each other.
std::string fingerprint_text(const report::Fingerprint& fingerprint) {
  const auto groups = fingerprint.grouped();
  const auto half = groups.size() / 2;
  return fmt::format("  {}\n  {}\n  {}\n", groups.substr(0, half), groups.substr(half + 1), fingerprint.base64);
}

std::string timestamp_text(const std::optional<report::Timestamp>& stamp) {
  if (!stamp) return "Timestamp: none.\n";
  return fmt::format("Timestamp: {}, by {}{}.\n", rfc3339(stamp->when),
                     stamp->authority.empty() ? "an authority without a name" : printable(stamp->authority),
                     stamp->trusted ? "" : "; whether that is to be trusted was not asked (--tsa-ca)");
}

std::string chain_text(const report::PackCheck& check) {
  if (!check.about->previous) return "Chain: the first pack.\n";
  if (check.follows_previous) return fmt::format("Chain: follows number {}.\n", check.about->previous->number);
  return fmt::format("Chain: names number {}, which was not asked for (--previous).\n", check.about->previous->number);
}

}  // namespace

std::string pack_text(const ops::PackVerdict& verdict) {
  const auto& check = verdict.check;
  if (!check.is_good() || !check.about) return {};
  return fmt::format("The pack is as it was signed: {}, number {}, as of {}, made by {}.\n",
                     printable(check.about->network), check.about->number, printable(check.about->as_of),
                     printable(check.about->made_by)) +
         fmt::format("{}, {}. The key, to compare with the one on paper:\n", counted(check.files, "file"),
                     counted(check.bytes, "byte")) +
         fingerprint_text(verdict.key) + timestamp_text(check.timestamp) + chain_text(check);
}

JsonLine pack_json(const ops::PackVerdict& verdict) {
  const auto& check = verdict.check;
  const auto about = check.about.value_or(report::Manifest{.number = 0});
  const auto stamp = check.timestamp.value_or(report::Timestamp{});
  return {"pack", JsonObject()
                      .flag("good", check.is_good())
                      .text("network", about.network)
                      .number("number", about.number)
                      .text("as_of", about.as_of)
                      .text("made_by", about.made_by)
                      .number("files", check.files)
                      .number("bytes", check.bytes)
                      .number("findings", check.findings.size())
                      .text("fingerprint", verdict.key.hex)
                      .text("manifest_digest", check.link ? check.link->manifest_sha256 : "")
                      .text("previous_digest", about.previous ? about.previous->manifest_sha256 : "")
                      .flag("follows_previous", check.follows_previous)
                      .text("stamped", check.timestamp ? rfc3339(stamp.when) : "")
                      .text("stamped_by", stamp.authority)
                      .flag("stamp_trusted", stamp.trusted)};
}

std::string evidence_text(const ops::EvidenceMade& made, const std::string& file) {
  const auto entries = made.first_entry > made.last_entry
                           ? std::string("no new entry")
                           : fmt::format("entries {} to {}", made.first_entry, made.last_entry);
  const auto& found = made.found;
  auto text =
      fmt::format("{}: {}, number {}, as of {}. {}, {}.\n", printable(file), printable(made.network), made.link.number,
                  rfc3339(made.as_of), counted(made.files, "file"), counted(made.bytes, "byte"));
  text += fmt::format("Manifest {}\n", made.link.manifest_sha256);
  text += fmt::format("Log: {}{}.\n", entries,
                      made.recorded ? "; the pack is recorded" : "; it tells of this pack already");
  text += fmt::format("Proof: {}{}.\n", found.holds ? "all of it holds" : "not all of it holds",
                      found.guarantees == 0 ? std::string()
                                            : fmt::format(", {} of {}", found.guarantees - found.broken,
                                                          counted(found.guarantees, "guarantee")));
  if (made.pseudonyms > 0) text += fmt::format("Pseudonyms stand for {}.\n", counted(made.pseudonyms, "name"));
  if (!found.not_read.empty()) text += fmt::format("Not read: {}.\n", printable(join(found.not_read, ", ")));
  if (made.stamped) text += "Stamped.\n";
  return text;
}

JsonLine evidence_json(const ops::EvidenceMade& made, const std::string& file) {
  return {"evidence", JsonObject()
                          .text("file", file)
                          .text("network", made.network)
                          .number("number", made.link.number)
                          .text("as_of", rfc3339(made.as_of))
                          .number("files", made.files)
                          .number("bytes", made.bytes)
                          .text("manifest_digest", made.link.manifest_sha256)
                          .text("previous_digest", made.previous_digest)
                          .text("fingerprint", made.key.hex)
                          .number("first_entry", made.first_entry)
                          .number("last_entry", made.last_entry)
                          .flag("recorded", made.recorded)
                          .number("guarantees", made.found.guarantees)
                          .number("broken", made.found.broken)
                          .flag("holds", made.found.holds)
                          .number("pseudonyms", made.pseudonyms)
                          .texts("not_read", made.found.not_read)
                          .flag("stamped", made.stamped)};
}

std::string key_text(const report::PublicKey& key) {
  return fingerprint_text(key.fingerprint());
}

JsonLine key_json(const report::PublicKey& key) {
  const auto fingerprint = key.fingerprint();
  return {"key", JsonObject()
                     .text("fingerprint", fingerprint.hex)
                     .text("groups", fingerprint.grouped())
                     .text("short", fingerprint.base64)
                     .text("public_key", key.pem())};
}

}  // namespace cloison::cli
