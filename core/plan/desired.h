#pragma once
// The wanted resources as a graph: sorted by address, each with what must be there before it, targets first.

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/base/diagnostic.h"
#include "core/base/hash_index.h"
#include "core/model/resource.h"

namespace cloison::plan {

class DesiredGraph {
 public:
  /// Sorts `resources` by address. Notes: duplicate addresses, references to nowhere, a cycle as a path.
  DesiredGraph(std::vector<Resource>& resources, Diagnostics& notes);

  [[nodiscard]] std::optional<uint32_t> find(std::string_view address) const;
  /// What must be there before resource `index`: sorted, without repetition.
  [[nodiscard]] std::span<const uint32_t> needs(uint32_t index) const {
    return std::span(needs_).subspan(begin_[index], begin_[index + 1] - begin_[index]);
  }
  /// Every resource after its needs; empty after an error.
  [[nodiscard]] const std::vector<uint32_t>& order() const { return order_; }

 private:
  void collect_needs(const std::vector<Resource>& resources, Diagnostics& notes);
  void sort_topologically(const std::vector<Resource>& resources, Diagnostics& notes);

  const std::vector<Resource>* resources_;
  HashIndex index_{};
  std::vector<uint32_t> needs_{};
  std::vector<std::size_t> begin_{};
  std::vector<uint32_t> order_{};
};

}  // namespace cloison::plan
