#include "core/report/check_pack.h"

#include <map>
#include <set>

#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/base/strings.h"
#include "core/report/check_findings.h"
#include "core/report/gzip.h"
#include "core/report/pack.h"
#include "core/report/tar.h"

namespace cloison::report {

namespace {

bool is_outside_manifest(std::string_view path) {
  return path == k_manifest || path == k_signature || path == k_timestamp;
}

/// An archive, read as far as it can be.
struct OpenPack {
  Unpacked gzip{};
  TarContent tar{};  // of `gzip`
  std::map<std::string, std::string_view> files{};
  [[nodiscard]] bool is_whole() const { return gzip.whole && tar.whole; }
  [[nodiscard]] std::optional<std::string_view> file(std::string_view path) const {
    const auto found = files.find(std::string(path));
    return found == files.end() ? std::nullopt : std::optional(found->second);
  }
};

OpenPack open_pack(std::string_view archive) {
  OpenPack pack;
  pack.gzip = unpack_gzip(archive, k_most_packed_bytes);
  if (pack.gzip.whole || !pack.gzip.bytes.empty()) pack.tar = read_tar(pack.gzip.bytes, k_most_packed_files);
  for (const auto& file : pack.tar.files) pack.files.emplace(file.path, file.bytes);
  return pack;
}

void check_form(const OpenPack& pack, Diagnostics& findings) {
  for (const auto& problem : pack.gzip.problems) add_damage(findings, {}, problem);
  for (const auto& problem : pack.tar.problems)
    (problem.damage ? add_damage : add_foreign)(findings, problem.path, problem.what);
  std::map<std::string, std::string> folded;
  const std::string* last = nullptr;
  for (const auto& file : pack.tar.files) {
    if (const auto problem = path_problem(file.path); !problem.empty()) add_foreign(findings, file.path, problem);
    const auto [known, first] = folded.emplace(lowered(file.path), file.path);
    if (!first)
      add_foreign(findings, file.path,
                  known->second == file.path ? "is there twice"
                                             : fmt::format("is also there as '{}'", printable(known->second)));
    else if (last != nullptr && file.path < *last)
      add_foreign(findings, file.path, fmt::format("stands behind '{}', out of its order", printable(*last)));
    last = &file.path;
  }
}

void check_signature(const OpenPack& pack, const PublicKey& key, const std::optional<Manifest>& about,
                     Diagnostics& findings) {
  const auto manifest = pack.file(k_manifest);
  const auto signature = pack.file(k_signature);
  if (!manifest || !signature) {
    if (pack.is_whole()) add_unsigned(findings, manifest ? k_signature : k_manifest);
    return;
  }
  if (key.verifies(*manifest, *signature)) return;
  const auto ours = key.fingerprint().base64;
  if (signature->size() != k_signature_bytes)
    return add_signature(
        findings, fmt::format("'{}' is no signature", k_signature),
        fmt::format("It has {} instead of {}.", counted(signature->size(), "byte"), k_signature_bytes));
  const bool says_another = about && about->signed_by != ours;
  add_signature(findings, fmt::format("'{}' is not by this key over '{}'", k_signature, k_manifest),
                says_another
                    ? fmt::format("The pack says that the key {} signed it; the one given is {}.",
                                  printable(about->signed_by), ours)
                    : fmt::format("The key given is {}: '{}' or its signature was changed.", ours, k_manifest));
}

/// Of each file that is listed and each that is there.
void check_files(const OpenPack& pack, const std::vector<DigestLine>& lines, Diagnostics& findings) {
  std::map<std::string_view, std::string_view> by_digest;
  std::set<std::string_view> listed;
  for (const auto& line : lines) by_digest.emplace(line.sha256, line.path), listed.insert(line.path);
  for (const auto& line : lines) {
    const auto bytes = pack.file(line.path);
    if (!bytes) {
      if (pack.is_whole()) add_missing(findings, line.path);
      continue;
    }
    const auto digest = sha256_hex(*bytes);
    if (digest == line.sha256) continue;
    const auto other = by_digest.find(digest);
    add_changed(findings, line.path,
                other == by_digest.end() ? fmt::format("Its SHA-256 is {} instead of {}.", digest, line.sha256)
                                         : fmt::format("It holds what belongs into '{}'.", printable(other->second)));
  }
  for (const auto& [path, bytes] : pack.files)
    if (!listed.contains(path) && !is_outside_manifest(path)) add_added(findings, path);
}

/// manifest.json against MANIFEST.sha256 and what is there.
void check_about(const OpenPack& pack, const Manifest& about, const std::vector<DigestLine>& lines,
                 Diagnostics& findings) {
  std::map<std::string_view, const ListedFile*> told;
  for (const auto& file : about.files)
    if (!told.emplace(file.path, &file).second) add_lists(findings, file.path, "is told twice in manifest.json");
  for (const auto& line : lines) {
    if (line.path == k_about) continue;
    const auto found = told.find(line.path);
    if (found == told.end()) {
      add_lists(findings, line.path, "is not in manifest.json");
      continue;
    }
    const auto& file = *found->second;
    told.erase(found);
    if (file.sha256 != line.sha256) {
      add_lists(findings, line.path, "has another SHA-256 in manifest.json");
      continue;
    }
    const auto bytes = pack.file(line.path);
    if (bytes && bytes->size() != file.size && sha256_hex(*bytes) == line.sha256)
      add_lists(findings, line.path, "has another size in manifest.json");
  }
  for (const auto& [path, file] : told) add_lists(findings, std::string(path), "is in manifest.json alone");
}

void check_dates(const OpenPack& pack, const Manifest& about, Diagnostics& findings) {
  const auto as_of = parse_rfc3339(about.as_of);
  if (!as_of) return add_lists(findings, std::string(k_about), "does not say as of when");
  for (const auto& file : pack.tar.files)
    if (file.mtime != as_of->time_since_epoch().count())
      add_foreign(findings, file.path, fmt::format("has another date than {}", printable(about.as_of)));
}

/// What the pack says of its place by itself.
void check_number(const Manifest& about, Diagnostics& findings) {
  const uint64_t expected = about.previous ? about.previous->number + 1 : 1;
  if (about.number != expected || (about.previous && about.previous->number == 0))
    add_chain(findings,
              fmt::format("the pack is number {} and names {} before it", about.number,
                          about.previous ? fmt::format("number {}", about.previous->number) : "none"),
              "Packs of a network are numbered from 1, one after the other.");
}

struct Predecessor {
  std::optional<PackLink> link{};
  std::string network{};
};

/// Whether it can be read at all is said too: a chain ends where it cannot.
std::optional<Predecessor> predecessor_in(std::string_view archive, Diagnostics& findings) {
  const auto pack = open_pack(archive);
  const auto manifest = pack.file(k_manifest);
  const auto text = pack.file(k_about);
  const auto about = text ? read_manifest_json(*text) : tl::unexpected(std::string("is missing"));
  if (!manifest || !about) {
    add_chain(
        findings, "the previous pack cannot be read",
        manifest ? fmt::format("Its '{}' {}.", k_about, about.error()) : fmt::format("It holds no '{}'.", k_manifest));
    return std::nullopt;
  }
  return Predecessor{.link = PackLink{.number = about->number, .manifest_sha256 = sha256_hex(*manifest)},
                     .network = about->network};
}

bool check_chain(const Manifest& about, const std::string& own_digest, std::string_view archive,
                 Diagnostics& findings) {
  const auto before = predecessor_in(archive, findings);
  if (!before) return false;
  const auto& link = *before->link;
  const auto count = findings.size();
  if (before->network != about.network)
    add_chain(
        findings, "the previous pack is about another network",
        fmt::format("It is about '{}', this one about '{}'.", printable(before->network), printable(about.network)));
  if (link.number == about.number)
    add_chain(findings, fmt::format("there are two packs number {}", about.number),
              link.manifest_sha256 == own_digest
                  ? "They are the same pack."
                  : "They are different: one of them was put in the place of the other.");
  else if (link.number + 1 != about.number)
    add_chain(findings, fmt::format("number {} does not come after number {}", about.number, link.number),
              "Packs in between are missing, or their order is another.");
  else if (!about.previous || about.previous->manifest_sha256 != link.manifest_sha256)
    add_chain(findings, fmt::format("number {} does not follow this number {}", about.number, link.number),
              fmt::format("It names the manifest {}; that of the pack given is {}.",
                          about.previous ? about.previous->manifest_sha256 : "of none", link.manifest_sha256));
  return findings.size() == count;
}

void check_stamp(const OpenPack& pack, const std::string& authorities, PackCheck& check) {
  const auto answer = pack.file(k_timestamp);
  if (!answer) {
    if (!authorities.empty() && pack.is_whole())
      add_timestamp(check.findings, fmt::format("'{}' is not in the pack.", k_timestamp));
    return;
  }
  const auto signature = pack.file(k_signature);
  auto stamp = check_timestamp(*answer, signature.value_or(std::string_view()), authorities);
  if (stamp)
    check.timestamp = *std::move(stamp);
  else
    add_timestamp(check.findings, fmt::format("In '{}': {}.", k_timestamp, stamp.error()));
}

/// The lists, what they say of the files and of each other.
void check_lists(const OpenPack& pack, const std::string& unreadable, PackCheck& check) {
  const auto text = pack.file(k_manifest);
  if (!text) return;
  const auto lines = read_digest_lines(*text);
  if (!lines) return add_lists(check.findings, std::string(k_manifest), lines.error());
  check_files(pack, *lines, check.findings);
  const bool listed =
      std::any_of(lines->begin(), lines->end(), [](const DigestLine& one) { return one.path == k_about; });
  if (!listed) add_lists(check.findings, std::string(k_about), fmt::format("is not in {}", k_manifest));
  for (const auto& line : *lines)
    if (is_outside_manifest(line.path)) add_lists(check.findings, line.path, "is listed, and cannot be");
  if (!unreadable.empty()) add_lists(check.findings, std::string(k_about), unreadable);
  if (check.about) check_about(pack, *check.about, *lines, check.findings);
}

}  // namespace

PackCheck check_pack(std::string_view archive, const PublicKey& key, const CheckWith& with) {
  const auto pack = open_pack(archive);
  PackCheck check{.files = pack.files.size()};
  for (const auto& [path, bytes] : pack.files) check.bytes += bytes.size();
  check_form(pack, check.findings);
  std::string unreadable;
  if (const auto text = pack.file(k_about)) {
    auto about = read_manifest_json(*text);
    if (about)
      check.about = *std::move(about);
    else
      unreadable = about.error();
  }
  check_signature(pack, key, check.about, check.findings);
  if (check.about && check.about->version > k_pack_version) {
    add_later_version(check.findings, check.about->version);
    return check;
  }
  check_lists(pack, unreadable, check);
  const auto manifest = pack.file(k_manifest);
  const auto digest = manifest ? sha256_hex(*manifest) : std::string();
  if (check.about) {
    check_dates(pack, *check.about, check.findings);
    check_number(*check.about, check.findings);
    check.link = PackLink{.number = check.about->number, .manifest_sha256 = digest};
    if (with.previous) check.follows_previous = check_chain(*check.about, digest, *with.previous, check.findings);
  }
  check_stamp(pack, with.authorities, check);
  return check;
}

std::optional<std::string> file_in_pack(std::string_view archive, std::string_view path) {
  const auto pack = open_pack(archive);
  const auto bytes = pack.file(path);
  return bytes ? std::optional(std::string(*bytes)) : std::nullopt;
}

}  // namespace cloison::report
