#pragma once
// Reading many values at once (all rows of a state, all objects of a simulator): fast, and with what repeats shared.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/value.h"

namespace cloison {

/// Leaves that came before, to be used again: rows name the same networks, groups and words over and over. Of leaves
/// that fall to one place the newest stays, so that it never grows.
class SharedLeaves {
 public:
  static constexpr std::size_t k_places = 1U << 12U;
  /// `places` of each sort; a power of two.
  explicit SharedLeaves(std::size_t places = k_places) : texts_(places), prefixes_(places), refs_(places) {}
  [[nodiscard]] Value text(std::string_view content);
  [[nodiscard]] Value prefix(const IpPrefix& content);
  /// A reference to a remote id.
  [[nodiscard]] Value ref(std::string_view address);

 private:
  std::vector<Value> texts_, prefixes_, refs_;
};

class ValueReader {
 public:
  explicit ValueReader(std::size_t places = SharedLeaves::k_places) : leaves_(places) {}
  /// Answers as `value_from_json` does.
  [[nodiscard]] std::optional<Value> read(std::string_view json);

 private:
  SharedLeaves leaves_;
  std::vector<Value> open_{};  // items of lists and records that are not closed yet
};

}  // namespace cloison
