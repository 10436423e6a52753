#include "core/verify/interface_classes.h"

#include <bit>
#include <set>

namespace cloison::verify {

namespace {

constexpr std::size_t k_word = 64;

}  // namespace

InterfaceClasses::InterfaceClasses(const std::vector<std::string>& names)
    : words_((names.size() + k_word - 1) / k_word) {
  all_.assign(words_, 0);
  for (const auto& name : names) numbers_.emplace(name, numbers_.size());
  for (std::size_t i = 0; i < numbers_.size(); ++i) all_[i / k_word] |= uint64_t{1} << (i % k_word);
}

InterfaceClasses::Bits InterfaceClasses::bits_of(const InterfaceMatch& match) const {
  if (match.names.empty()) return all_;
  Bits bits(words_, 0);
  for (const auto& name : match.names)
    if (const auto number = numbers_.find(name); number != numbers_.end())
      bits[number->second / k_word] |= uint64_t{1} << (number->second % k_word);
  if (match.inverted)
    for (std::size_t i = 0; i < words_; ++i) bits[i] = all_[i] & ~bits[i];
  return bits;
}

void InterfaceClasses::add(const InterfaceMatch& match) {
  auto bits = bits_of(match);
  const auto [place, fresh] = places_.try_emplace(bits, static_cast<uint32_t>(known_.size()));
  if (fresh) known_.push_back(std::move(bits));
  rules_.push_back(place->second);
}

bool InterfaceClasses::has(uint32_t rule, std::size_t interface) const {
  return (known_[rules_[rule]][interface / k_word] >> (interface % k_word) & 1U) != 0;
}

bool InterfaceClasses::meet(uint32_t a, uint32_t b) const {
  const auto &mine = known_[rules_[a]], &theirs = known_[rules_[b]];
  for (std::size_t i = 0; i < words_; ++i)
    if ((mine[i] & theirs[i]) != 0) return true;
  return false;
}

std::vector<std::size_t> InterfaceClasses::classes(uint32_t rule, const std::vector<uint32_t>& others) const {
  std::set<uint32_t> kinds;
  for (const auto other : others) kinds.insert(rules_[other]);
  std::set<std::vector<bool>> seen;
  std::vector<std::size_t> chosen;
  const auto& mine = known_[rules_[rule]];
  for (std::size_t word = 0; word < words_; ++word)
    for (auto left = mine[word]; left != 0; left &= left - 1) {
      const auto bit = static_cast<std::size_t>(std::countr_zero(left));
      std::vector<bool> treated;
      treated.reserve(kinds.size());
      for (const auto kind : kinds) treated.push_back((known_[kind][word] >> bit & 1U) != 0);
      if (seen.insert(std::move(treated)).second) chosen.push_back(word * k_word + bit);
    }
  return chosen;
}

}  // namespace cloison::verify
