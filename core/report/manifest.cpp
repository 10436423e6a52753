#include "core/report/manifest.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/net/json.h"

namespace cloison::report {

namespace {

constexpr std::string_view k_kind = "cloison evidence pack";
constexpr std::size_t k_digest_digits = 64;

using net::Json;

std::string as_json_text(std::string_view text) {
  return net::to_text(Json::text(std::string(text)));
}

bool is_digest(std::string_view text) {
  return text.size() == k_digest_digits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Json json_of(const ListedFile& file) {
  Json json;
  json.set("path", Json::text(file.path));
  json.set("size", Json::integer(static_cast<int64_t>(file.size)));
  json.set("sha256", Json::text(file.sha256));
  json.set("what", Json::text(file.what));
  return json;
}

Json json_of(const std::optional<PackLink>& previous) {
  Json json;
  if (!previous) return json;
  json.set("number", Json::integer(static_cast<int64_t>(previous->number)));
  json.set("manifest_sha256", Json::text(previous->manifest_sha256));
  return json;
}

std::optional<uint64_t> count_at(const Json& json, std::string_view name) {
  const auto* member = json.find(name);
  const auto* number = member == nullptr ? nullptr : member->as_integer();
  return number == nullptr || *number < 0 ? std::nullopt : std::optional(static_cast<uint64_t>(*number));
}

std::optional<ListedFile> file_in(const Json& json) {
  const auto size = count_at(json, "size");
  ListedFile file{.path = std::string(json.text_at("path")),
                  .size = size.value_or(0),
                  .sha256 = std::string(json.text_at("sha256")),
                  .what = std::string(json.text_at("what"))};
  return size && !file.path.empty() && is_digest(file.sha256) ? std::optional(std::move(file)) : std::nullopt;
}

/// False: there is one, and it cannot be read.
bool read_previous(const Json& json, std::optional<PackLink>& previous) {
  const auto* member = json.find("previous");
  if (member == nullptr || member->is_null()) return member != nullptr;
  const auto number = count_at(*member, "number");
  previous = PackLink{.number = number.value_or(0), .manifest_sha256 = std::string(member->text_at("manifest_sha256"))};
  return number && is_digest(previous->manifest_sha256);
}

}  // namespace

std::string manifest_json(const Manifest& manifest) {
  auto text = fmt::format(
      "{{\n\"kind\": {},\n\"version\": {},\n\"network\": {},\n\"as_of\": {},\n\"made_by\": {},\n\"signed_by\": {},\n"
      "\"number\": {},\n\"previous\": {},\n\"files\": [",
      as_json_text(k_kind), manifest.version, as_json_text(manifest.network), as_json_text(manifest.as_of),
      as_json_text(manifest.made_by), as_json_text(manifest.signed_by), manifest.number,
      net::to_text(json_of(manifest.previous)));
  for (std::size_t i = 0; i < manifest.files.size(); ++i)
    text += (i == 0 ? "\n" : ",\n") + net::to_text(json_of(manifest.files[i]));
  return text + "\n]\n}\n";
}

tl::expected<Manifest, std::string> read_manifest_json(std::string_view text) {
  const auto json = net::parse_json(text);
  if (!json) return tl::unexpected(std::string("is no JSON"));
  if (json->text_at("kind") != k_kind) return tl::unexpected(std::string("is not about an evidence pack"));
  const auto version = count_at(*json, "version");
  const auto number = count_at(*json, "number");
  if (!version || !number) return tl::unexpected(std::string("lacks its version or the pack's number"));
  Manifest manifest{.version = static_cast<int64_t>(*version),
                    .network = std::string(json->text_at("network")),
                    .as_of = std::string(json->text_at("as_of")),
                    .made_by = std::string(json->text_at("made_by")),
                    .signed_by = std::string(json->text_at("signed_by")),
                    .number = *number};
  if (!read_previous(*json, manifest.previous)) return tl::unexpected(std::string("names no previous pack, nor null"));
  const auto* files = json->find("files");
  if (files == nullptr || files->as_array() == nullptr) return tl::unexpected(std::string("lacks its list of files"));
  for (const auto& one : *files->as_array()) {
    auto file = file_in(one);
    if (!file) return tl::unexpected(std::string("lists a file without path, size or digest"));
    manifest.files.push_back(*std::move(file));
  }
  return manifest;
}

std::string digest_lines(const std::vector<DigestLine>& lines) {
  std::string text;
  for (const auto& line : lines) text += line.sha256 + "  " + line.path + "\n";
  return text;
}

tl::expected<std::vector<DigestLine>, std::string> read_digest_lines(std::string_view text) {
  std::vector<DigestLine> lines;
  constexpr std::size_t k_path_at = k_digest_digits + 2;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    const auto wrong = [&](std::string_view what) {
      return tl::unexpected(fmt::format("{} in line {}", what, lines.size() + 1));
    };
    if (end == std::string_view::npos) return wrong("lacks the end of its line");
    if (line.size() <= k_path_at || !is_digest(line.substr(0, k_digest_digits)) ||
        line.substr(k_digest_digits, 2) != "  ")
      return wrong("has something else than a digest, two blanks and a path");
    const auto path = line.substr(k_path_at);
    if (!lines.empty() && path <= lines.back().path) return wrong("has a path out of its order, or twice,");
    lines.push_back({.sha256 = std::string(line.substr(0, k_digest_digits)), .path = std::string(path)});
    text.remove_prefix(end + 1);
  }
  return lines;
}

}  // namespace cloison::report
