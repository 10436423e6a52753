#pragma once
// What the simulated account knows beside its objects: images, flavors, zones, extensions, external networks.

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/provider.h"

namespace cloison::sandbox {

/// What `probe` answers: the provider's own specimen, or a small catalogue when it has none, and every zone that the
/// provider entry's settings name.
[[nodiscard]] Facts facts_of(const Provider& real);

/// Which names a family of facts accepts.
class Known {
 public:
  explicit Known(const Facts& facts);
  /// True also when nothing at all is known of the family: what cannot be known is assumed possible.
  [[nodiscard]] bool accepts(const std::string& family, std::string_view name) const;
  /// Whether one fact of the family ("2 8192 50") reaches every one of these numbers, each with its place among the
  /// words.
  [[nodiscard]] bool reaches(const std::string& family, const std::map<std::size_t, int64_t>& wanted) const;
  /// For a hint, at most a dozen.
  [[nodiscard]] std::string some(const std::string& family) const;

 private:
  std::map<std::string, std::set<std::string>> words_{};  // folded
  std::map<std::string, std::vector<std::vector<int64_t>>> sizes_{};
  std::map<std::string, std::set<std::string>> names_{};  // as written
};

}  // namespace cloison::sandbox
