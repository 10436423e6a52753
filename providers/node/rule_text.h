#pragma once
// Words of nftables (nft(8), 1.0.6) that rules of all chains share. Pure.

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/model/intent.h"

namespace cloison::node {

[[nodiscard]] std::string_view family_word(Family family);  // "ip" or "ip6"

/// One set for each family: their elements have different types.
[[nodiscard]] std::string set_name(const std::string& path, Family family);

/// One interface, or an anonymous set of them.
[[nodiscard]] std::string quoted(const std::vector<std::string>& interfaces);

/// What is to be matched of the protocol, with a space behind it; "" for all.
[[nodiscard]] std::string match_text(const TransportMatch& match, Family family);

/// `word`: "saddr" or "daddr". With a space behind it.
[[nodiscard]] std::string end_text(std::string_view word, const std::variant<IpPrefix, std::string>& end,
                                   Family family);

/// Flow ids, with a space before them: names of the language, so nothing in them ends the text. nft takes 128 bytes.
[[nodiscard]] std::string comment_of(const std::vector<Origin>& origins);

/// An address of full length stands alone.
[[nodiscard]] std::string plain_text(const IpPrefix& prefix);

}  // namespace cloison::node
