#pragma once
// A node's packet filter as nftables rules (nft(8), Debian 12: nftables 1.0.6). Pure.

#include <map>
#include <string>
#include <vector>

#include "core/model/intent.h"
#include "providers/node/lower.h"

namespace cloison::node {

struct FilterText {
  std::vector<std::string> sets{};  // "NAME TYPE ELEMENT..."
  std::vector<std::string> input{}, forward{}, output{};
  std::vector<std::string> prerouting{}, outgoing{};  // translation of where packets go; of the node's own
  std::vector<std::string> postrouting{};             // translation of whom packets come from
};

/// The interface of a tunnel: its link and name, or a shorter one where Linux allows no more than 15 letters.
[[nodiscard]] std::string tunnel_interface(const TunnelIntent& tunnel);

/// `interfaces`: of each segment's path. `facts`: the node's own, which say by what interface IPsec comes. Rules by
/// links that have no tunnel here are left out.
[[nodiscard]] FilterText filter_of(const NodeIntent& node, const std::vector<AddressSetIntent>& sets,
                                   const std::map<std::string, std::string>& interfaces, const Facts& facts);

}  // namespace cloison::node
