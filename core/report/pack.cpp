#include "core/report/pack.h"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/base/strings.h"
#include "core/report/gzip.h"
#include "core/report/pack_readme.h"
#include "core/report/tar.h"

namespace cloison::report {

namespace {

constexpr std::array k_own_files{k_manifest, k_signature, k_timestamp, k_about, k_readme, k_lisezmoi};
constexpr int64_t k_latest_date = 8'589'934'591;  // eleven octal digits of seconds

/// A file that goes into the archive; the bytes are somebody else's.
struct Packed {
  std::string_view path{}, bytes{};
};

bool may_stand_in_path(char c) {
  constexpr std::string_view k_signs = "._-+=@,";
  return is_letter_or_digit(c) || k_signs.find(c) != std::string_view::npos;
}

std::string part_problem(std::string_view part) {
  if (part.empty()) return "has an empty part";
  if (part == "..") return "leads out of the archive";
  if (part.ends_with('.')) return "has a part that ends with '.'";
  if (part.starts_with('-')) return "has a part that begins with '-', which programs take for an option";
  return std::all_of(part.begin(), part.end(), may_stand_in_path)
             ? std::string()
             : "has other signs in its path than letters, digits and ._-+=@,";
}

std::string packable_part(std::string_view part) {
  std::string safe;
  for (const char c : part) safe += may_stand_in_path(c) ? c : '_';
  if (safe.front() == '-') safe.front() = '_';
  if (safe.back() == '.') safe.back() = '_';
  return safe;
}

tl::unexpected<Diagnostic> unpackable(std::string summary, std::string detail) {
  return fail({.kind = ErrorKind::internal,
               .code = "CL7104",
               .summary = std::move(summary),
               .detail = std::move(detail),
               .hint = "leave the file out, or give it another name"});
}

Result<void> check_entries(const PackRequest& request) {
  const auto date = request.as_of.time_since_epoch().count();
  if (date < 0 || date > k_latest_date) return unpackable("a pack cannot be as of that date", rfc3339(request.as_of));
  if (request.entries.size() + k_own_files.size() > k_most_packed_files)
    return unpackable("there are too many files for one pack", fmt::format("At most {}.", k_most_packed_files));
  std::set<std::string> known;
  for (const auto own : k_own_files) known.insert(lowered(own));
  for (const auto& entry : request.entries) {
    if (const auto problem = path_problem(entry.path); !problem.empty())
      return unpackable(fmt::format("a pack cannot hold '{}'", printable(entry.path)), "It " + problem + ".");
    if (!known.insert(lowered(entry.path)).second)
      return unpackable(fmt::format("a pack cannot hold '{}' twice", entry.path),
                        "Small and capital letters are one where packs may be unpacked.");
  }
  return {};
}

Manifest manifest_of(const PackRequest& request, const PublicKey& key, const std::vector<const PackEntry*>& entries) {
  Manifest manifest{.network = request.network,
                    .as_of = rfc3339(request.as_of),
                    .made_by = request.made_by,
                    .signed_by = key.fingerprint().base64,
                    .number = request.previous ? request.previous->number + 1 : 1,
                    .previous = request.previous};
  for (const auto* entry : entries)
    manifest.files.push_back(
        {.path = entry->path, .size = entry->bytes.size(), .sha256 = sha256_hex(entry->bytes), .what = entry->what});
  return manifest;
}

/// Of the whole archive, unpacked.
std::size_t bytes_of(const std::vector<Packed>& files) {
  std::size_t bytes = 2 * k_tar_block;
  for (const auto& file : files) bytes += k_tar_block + file.bytes.size() + tar_padding(file.bytes.size());
  return bytes;
}

std::string archive_of(std::vector<Packed> files, int64_t mtime) {
  std::sort(files.begin(), files.end(), [](const Packed& a, const Packed& b) { return a.path < b.path; });
  GzipWriter out;
  for (const auto& file : files) {
    out.add(tar_header(file.path, file.bytes.size(), mtime));
    out.add(file.bytes);
    out.add(std::string(tar_padding(file.bytes.size()), '\0'));
  }
  out.add(std::string(2 * k_tar_block, '\0'));
  return out.finish();
}

std::vector<const PackEntry*> by_path(const std::vector<PackEntry>& entries, const std::vector<PackEntry>& own) {
  std::vector<const PackEntry*> all;
  for (const auto& entry : entries) all.push_back(&entry);
  for (const auto& entry : own) all.push_back(&entry);
  std::sort(all.begin(), all.end(), [](const PackEntry* a, const PackEntry* b) { return a->path < b->path; });
  return all;
}

}  // namespace

std::string path_problem(std::string_view path) {
  if (path.empty()) return "has no name";
  if (path.front() == '/') return "has an absolute path";
  if (path.size() > k_longest_packed_path || !fits_tar(path)) return "has too long a path";
  for (const auto part : split(path, '/'))
    if (auto problem = part_problem(part); !problem.empty()) return problem;
  return {};
}

std::string packable(std::string_view path) {
  if (path_problem(path).empty()) return std::string(path);
  std::string safe;
  for (const auto part : split(path, '/')) {
    if (part.empty() || part == "." || part == "..") continue;
    if (!safe.empty()) safe += '/';
    safe += packable_part(part);
  }
  // What a file is called at its end says what it is: "réseau.yaml" -> "r__seau_1f2e3d4c.yaml".
  constexpr std::size_t k_digits = 8, k_longest_ending = 12, k_longest_stem = 78;
  const auto slash = safe.rfind('/');
  auto dot = safe.rfind('.');
  const bool names_kind =
      dot != std::string::npos && (slash == std::string::npos || dot > slash) && safe.size() - dot <= k_longest_ending;
  if (!names_kind) dot = safe.size();
  return safe.substr(0, std::min(dot, k_longest_stem)) + "_" + sha256_hex(path).substr(0, k_digits) + safe.substr(dot);
}

Result<std::string> make_pack(const PackRequest& request, const Signer& signer, const Timestamper& stamp) {
  if (auto right = check_entries(request); !right) return fail(right.error());
  const std::vector<PackEntry> own{
      {std::string(k_readme), pack_readme(request, Language::english), "how to check this pack"},
      {std::string(k_lisezmoi), pack_readme(request, Language::french), "how to check this pack, in French"}};
  const auto entries = by_path(request.entries, own);
  const auto manifest = manifest_of(request, signer.key, entries);
  const auto about = manifest_json(manifest);
  std::vector<DigestLine> lines{{sha256_hex(about), std::string(k_about)}};
  std::vector<Packed> files{{k_about, about}};
  for (std::size_t i = 0; i < entries.size(); ++i) {
    lines.push_back({manifest.files[i].sha256, entries[i]->path});
    files.push_back({entries[i]->path, entries[i]->bytes});
  }
  std::sort(lines.begin(), lines.end(), [](const DigestLine& a, const DigestLine& b) { return a.path < b.path; });
  const auto digests = digest_lines(lines);
  const auto signature = signature_by(signer, digests);
  if (!signature) return fail(signature.error());
  std::string stamped;
  if (stamp) {
    auto answer = stamp(*signature);
    if (!answer) return fail(answer.error());
    stamped = *std::move(answer);
    files.push_back({k_timestamp, stamped});
  }
  files.push_back({k_manifest, digests});
  files.push_back({k_signature, *signature});
  if (bytes_of(files) > k_most_packed_bytes)
    return unpackable("there is too much for one pack",
                      fmt::format("At most {} MiB, unpacked.", k_most_packed_bytes >> 20U));
  auto archive = archive_of(std::move(files), request.as_of.time_since_epoch().count());
  if (archive.empty()) return unpackable("there is no memory for the pack", "zlib could not be started.");
  return archive;
}

}  // namespace cloison::report
