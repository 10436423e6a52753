#include "core/model/resource.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "core/base/digest.h"
#include "core/base/strings.h"

namespace cloison {

namespace {
constexpr std::string_view k_word = "cloison";
std::string digest_name(std::string_view address) {
  return "sha256:" + sha256_hex(address);
}
}  // namespace

std::string Marker::text() const {
  const std::string head = std::string(k_word) + ' ' + lineage + ' ' + std::to_string(generation) + ' ';
  if (head.size() + address.size() <= k_marker_limit) return head + address;
  return head + digest_name(address);
}

std::optional<Marker> Marker::parse(std::string_view text) {
  if (text.size() > k_marker_limit) return std::nullopt;
  std::array<std::string_view, 4> words;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto blank = text.find(' ');
    if ((blank == std::string_view::npos) != (i + 1 == words.size())) return std::nullopt;
    words[i] = text.substr(0, blank);
    text.remove_prefix(std::min(text.size(), words[i].size() + 1));
  }
  if (words[0] != k_word || words[1].empty() || words[3].empty()) return std::nullopt;
  Marker marker{.lineage = std::string(words[1]), .generation = 0, .address = std::string(words[3])};
  const auto [end, error] = std::from_chars(words[2].data(), words[2].data() + words[2].size(), marker.generation);
  if (error != std::errc{} || end != words[2].data() + words[2].size() || marker.generation == 0) return std::nullopt;
  return marker;
}

bool Marker::names(std::string_view wanted_lineage, std::string_view wanted_address) const {
  return lineage == wanted_lineage &&
         (address == wanted_address || (address.starts_with("sha256:") && address == digest_name(wanted_address)));
}

const ResourceState* Snapshot::current(std::string_view address) const {
  // Generations of one address stand side by side; the current one is the newest that is not deposed.
  const ResourceState* newest = nullptr;
  for (auto row = rows.lower_bound(RowKey{std::string(address), 0}); row != rows.end() && row->first.address == address;
       ++row)
    if (!row->second.deposed) newest = &row->second;
  return newest;
}

}  // namespace cloison
