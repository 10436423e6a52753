#pragma once
// Values for a row that is not there yet: as in the row that it is made after, but of its own where two rows cannot
// have the same.

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/ip.h"

namespace cloison::topology {

class FurtherValues {
 public:
  /// Something that is written in the topology or its files: addresses and prefixes in it are not free.
  void written(std::string_view text);
  /// A key that nothing written is equal to: "next", "next-2".
  [[nodiscard]] std::string key();
  /// What goes into a cell. `like`: what stands in the row that it is made after.
  struct Cell {
    std::string_view like{}, like_key{}, key{};
    bool allocated = false;          ///< a prefix that the allocator may choose
    std::vector<int64_t> numbers{};  ///< of all rows, where no two have the same
  };
  [[nodiscard]] std::string of(const Cell& cell);
  /// From here on equal addresses are another row's.
  void next_row() { given_.clear(); }
  /// 32 bytes in base64 that are nobody's.
  [[nodiscard]] std::string wireguard_key();

 private:
  [[nodiscard]] std::string address(const IpAddress& like);
  [[nodiscard]] std::string prefix(const IpPrefix& like);
  [[nodiscard]] bool is_free(const IpPrefix& prefix) const;
  [[nodiscard]] std::string digits(std::size_t count);

  std::set<std::string, std::less<>> texts_{};
  std::set<IpAddress> addresses_{};
  std::set<IpPrefix> prefixes_{};
  std::map<std::string, std::string, std::less<>> given_{};
  std::size_t made_ = 0;
};

/// Whether what rows say there differs from row to row by itself, so that it makes no other kind of row.
[[nodiscard]] bool is_own_value(std::string_view cell, std::string_view key);

}  // namespace cloison::topology
