#include "core/report/check_findings.h"

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/report/manifest.h"

namespace cloison::report {

namespace {

void add_finding(Diagnostics& to, std::string code, const std::string& path, std::string summary, std::string detail,
                 std::string hint) {
  to.push_back({.kind = ErrorKind::policy,
                .code = std::move(code),
                .summary = std::move(summary),
                .detail = std::move(detail),
                .hint = std::move(hint),
                .address = printable(path)});
}

std::string in_pack(const std::string& path, const std::string& what) {
  return path.empty() ? "the archive " + what : fmt::format("'{}' in the archive {}", printable(path), what);
}

}  // namespace

void add_damage(Diagnostics& to, const std::string& path, const std::string& what) {
  add_finding(to, "CL7110", path, in_pack(path, what), "It cannot be read as it was written.",
              "fetch the archive again from where it is kept, and compare its size there");
}

void add_foreign(Diagnostics& to, const std::string& path, const std::string& what) {
  add_finding(to, "CL7111", path, in_pack(path, what),
              "Packs hold plain files alone, each once, in order. Nobody should unpack this archive.",
              "ask for the archive as it was made: one that was packed anew is another");
}

void add_unsigned(Diagnostics& to, std::string_view missing) {
  add_finding(to, "CL7112", std::string(missing), "the pack is not signed", fmt::format("It lacks '{}'.", missing),
              "do not rely on it; ask for the archive as it was made");
}

void add_signature(Diagnostics& to, std::string summary, std::string detail) {
  add_finding(to, "CL7112", std::string(k_signature), std::move(summary), std::move(detail),
              "compare the fingerprint that `cloison report key --key KEY` prints with the one handed over on paper; "
              "where it is the same, this pack is not by that key");
}

void add_changed(Diagnostics& to, const std::string& path, std::string detail) {
  add_finding(to, "CL7113", path, fmt::format("'{}' is not the file that was packed", printable(path)),
              std::move(detail), "do not rely on this file; ask for the archive as it was made");
}

void add_missing(Diagnostics& to, const std::string& path) {
  add_finding(to, "CL7114", path, fmt::format("'{}' is missing", printable(path)),
              fmt::format("{} names it.", k_manifest), "ask for the archive as it was made");
}

void add_added(Diagnostics& to, const std::string& path) {
  add_finding(to, "CL7114", path, fmt::format("'{}' was added", printable(path)),
              fmt::format("{} does not name it.", k_manifest),
              "do not rely on this file; ask for the archive as it was made");
}

void add_lists(Diagnostics& to, const std::string& path, const std::string& what) {
  add_finding(to, "CL7115", path, fmt::format("'{}' {}", printable(path), what),
              fmt::format("{} and {} must say the same.", k_manifest, k_about), "ask for the archive as it was made");
}

void add_chain(Diagnostics& to, std::string summary, std::string detail) {
  add_finding(to, "CL7116", std::string(k_about), std::move(summary), std::move(detail),
              "name the pack before this one; where this is it, ask what was replaced or left out");
}

void add_timestamp(Diagnostics& to, std::string detail) {
  add_finding(to, "CL7117", std::string(k_timestamp), "the timestamp does not say when this pack was signed",
              std::move(detail), "ask for the archive as it was made, and the authority for its certificate");
}

void add_later_version(Diagnostics& to, int64_t version) {
  add_finding(to, "CL7118", std::string(k_about), fmt::format("the pack is of version {}", version),
              fmt::format("This cloison knows version {}.", k_pack_version),
              "check it with the cloison that made it, or a later one; README.txt says how to without");
}

}  // namespace cloison::report
