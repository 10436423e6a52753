#pragma once
// A node's packet filter as nftables rules (nft(8), Debian 12: nftables 1.0.6). Pure.

#include <map>
#include <string>
#include <vector>

#include "core/model/intent.h"

namespace cloison::node {

struct FilterText {
  std::vector<std::string> sets{};  // "NAME TYPE ELEMENT..."
  std::vector<std::string> input{}, forward{}, output{};
};

/// `interfaces`: of each segment's path. Rules by links, whose tunnels have no interface yet, are left out.
[[nodiscard]] FilterText filter_of(const NodeIntent& node, const std::vector<AddressSetIntent>& sets,
                                   const std::map<std::string, std::string>& interfaces);

}  // namespace cloison::node
