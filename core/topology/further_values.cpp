#include "core/topology/further_values.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/topology/shape.h"

namespace cloison::topology {

namespace {

constexpr std::string_view k_fingerprint = "SHA256:";
/// Reserved for examples (RFC 5737, RFC 3849) and, where those do not suffice, for measuring (RFC 2544).
constexpr std::array<std::string_view, 5> k_examples{"192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24",
                                                     "198.18.0.0/15", "2001:db8::/32"};
/// A prefix as short as that is everybody's and keeps no address from being free.
constexpr uint8_t k_everybody = 8;

constexpr int64_t k_most_vlan = 4094;

}  // namespace

void FurtherValues::written(std::string_view text) {
  texts_.emplace(text);
  if (const auto address = IpAddress::parse(text))
    addresses_.insert(*address);
  else if (const auto prefix = IpPrefix::parse_loose(text); prefix && prefix->length > k_everybody)
    prefixes_.insert(*prefix);
}

std::string FurtherValues::key() {
  for (std::size_t number = 1;; ++number) {
    auto key = number == 1 ? std::string("next") : fmt::format("next-{}", number);
    if (texts_.insert(key).second) return key;
  }
}

bool FurtherValues::is_free(const IpPrefix& prefix) const {
  const auto after = addresses_.lower_bound(prefix.first());
  return (after == addresses_.end() || *after > prefix.last()) &&
         std::none_of(prefixes_.begin(), prefixes_.end(), [&](const IpPrefix& one) { return one.overlaps(prefix); });
}

std::string FurtherValues::address(const IpAddress& like) {
  constexpr uint128 k_tried = 4096;
  // First one that is in no prefix which is written; else any that is nobody's own.
  for (const bool alone : {true, false})
    for (const auto text : k_examples) {
      const auto range = *IpPrefix::parse(text);
      for (uint128 n = 1; range.family() == like.family && n < std::min(range.size() - 1, k_tried); ++n) {
        const auto one = *range.nth(n);
        if (alone ? !is_free(IpPrefix::of(one)) : addresses_.contains(one)) continue;
        addresses_.insert(one);
        return one.text();
      }
    }
  return like.text();
}

std::string FurtherValues::prefix(const IpPrefix& like) {
  constexpr unsigned k_tried = 4096;
  auto last = like.last();
  for (unsigned i = 0; i < k_tried; ++i) {
    const IpAddress first{last.family, last.bits + 1};
    const auto one = IpPrefix{first, like.length}.without_host_bits();
    if (one.first() != first) break;  // the end of all addresses
    if (is_free(one)) {
      prefixes_.insert(one);
      return one.text();
    }
    last = one.last();
  }
  return like.text();
}

std::string FurtherValues::digits(std::size_t count) {
  constexpr std::string_view k_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto digest = sha256(fmt::format("further {}", ++made_));
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    // 43 digits hold 258 bits: the last of them has two that are zero.
    const unsigned bits = (digest[i % digest.size()] + static_cast<unsigned>(i / digest.size())) % 64U;
    text += k_digits[i + 1 == count ? bits & 60U : bits];
  }
  return text;
}

std::string FurtherValues::wireguard_key() {
  constexpr std::size_t k_count = 43;
  return digits(k_count) + '=';
}

bool is_own_value(std::string_view cell, std::string_view key) {
  return IpPrefix::parse(cell) || cell.starts_with(k_fingerprint) || is_wireguard_key(cell) ||
         (!key.empty() && cell.find(key) != std::string_view::npos);
}

std::string FurtherValues::of(const Cell& cell) {
  if (const auto given = given_.find(cell.like); given != given_.end()) return given->second;
  auto& made = given_[std::string(cell.like)];
  made = cell.like;
  if (const auto address = IpAddress::parse(cell.like)) return made = this->address(*address);
  if (const auto prefix = IpPrefix::parse(cell.like))
    return made = cell.allocated ? fmt::format("auto/{}", prefix->length) : this->prefix(*prefix);
  if (cell.like.starts_with(k_fingerprint)) return made = std::string(k_fingerprint) + digits(43);
  if (is_wireguard_key(cell.like)) return made = wireguard_key();
  if (!cell.numbers.empty()) {
    const auto most = *std::max_element(cell.numbers.begin(), cell.numbers.end()) + 1;
    int64_t free = 1;
    while (std::find(cell.numbers.begin(), cell.numbers.end(), free) != cell.numbers.end()) ++free;
    given_.erase(std::string(cell.like));  // the same number elsewhere in the row means something else
    return std::to_string(most <= k_most_vlan ? most : free);
  }
  if (const auto at = cell.like.find(cell.like_key); !cell.like_key.empty() && at != std::string_view::npos)
    made.replace(at, cell.like_key.size(), cell.key);
  return made;
}

}  // namespace cloison::topology
