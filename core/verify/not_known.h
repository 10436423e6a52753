#pragma once
// Why a guarantee is not known, where that is not for cloison to find out.

#include <string_view>

namespace cloison::verify {

inline constexpr std::string_view k_sites_not_applied = "some of its sites are not applied";
inline constexpr std::string_view k_link_not_applied = "a link on the way is not applied";

}  // namespace cloison::verify
