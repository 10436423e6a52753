#pragma once
// Rules of nftables in their own words, as nft(8) lists them: what they match and do. Planned rules and those that run
// go through it alike. It shares nothing with what writes them (rule_text.cpp, rules.cpp).

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/forwarding.h"

namespace cloison::node {

struct NftContext {
  /// Elements of named sets: prefixes, addresses and ranges.
  std::map<std::string, std::vector<std::string>, std::less<>> sets{};
  /// The device's own addresses, of which `fib daddr type local` asks.
  std::vector<IpAddress> local{};
};

/// Lines "NAME TYPE ELEMENT..." of named sets.
[[nodiscard]] std::map<std::string, std::vector<std::string>, std::less<>> nft_sets(
    const std::vector<std::string>& lines);

/// A rule that has no part in what passes (it counts, logs, or changes a field that nobody matches) is left out. What
/// is not known is named in `unknown`, with the rule; a rule that holds only sometimes (a rate, a time) may be there.
[[nodiscard]] FilterChain read_filter(std::string_view chain, const std::vector<std::string>& rules,
                                      const NftContext& context, std::vector<Unmodelled>& unknown);
[[nodiscard]] TranslationChain read_translation(std::string_view chain, const std::vector<std::string>& rules,
                                                const NftContext& context, std::vector<Unmodelled>& unknown);

}  // namespace cloison::node
