#pragma once
// One more of what each `for_each` makes, as somebody may add it tomorrow, so that what holds can be asked of it before
// it is there: a row more in each CSV file, a name more in each list. Nothing is written.

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/topology/csv_files.h"
#include "core/topology/topology.h"

namespace cloison::topology {

struct FurtherTree {
  const YamlNode* root = nullptr;                           ///< with one more name in each list
  std::map<std::string, std::string, std::less<>> lines{};  ///< of CSV files, by how they are shown
  std::vector<std::pair<Further, Place>> rows{};

  /// The file with the lines that are to follow in it.
  void add_lines(CsvFiles::Loaded& file) const;
  [[nodiscard]] std::vector<Further> list(SourceMap& sources) const;
};

/// `root`: the joined tree, nothing filled in. What is wrong with it or its files is left to whoever loads it.
[[nodiscard]] FurtherTree add_further(const YamlNode& root, Tree& tree, const FurtherChoice& choice,
                                      const CsvFiles::Reader& reader);

}  // namespace cloison::topology
