#pragma once
// The CSV files that a topology names, each read once.

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/topology/csv_reader.h"

namespace cloison::topology {

class CsvFiles {
 public:
  /// What a file holds; `name` is written relative to the YAML file `beside`. An error's detail says why not.
  struct Loaded {
    std::string shown{};  // for people
    std::string text{};
    std::filesystem::path path{};  // empty in memory
  };
  using Reader = std::function<Result<Loaded>(FileId beside, std::string_view name)>;

  CsvFiles(Reader reader, Notes& notes) : reader_(std::move(reader)), notes_(notes) {}

  /// The file that `name` (a scalar) names; nullptr, with a note the first time, when it cannot be read.
  [[nodiscard]] const Csv* get(const YamlNode& name);
  /// Its column of that name, or nullopt with a note at `at`.
  [[nodiscard]] std::optional<std::size_t> column(const Csv& csv, std::string_view name, const YamlNode& at);
  /// Rows by the text of a column, in the order of the file.
  [[nodiscard]] const std::map<std::string, std::vector<std::size_t>>& index(const Csv& csv, std::size_t column);
  /// Rows of `csv` (by column `site`) that a peers: block has used, to find those that belong to no site.
  void used(const Csv& csv, const std::string& site) { used_[&csv].insert_or_assign(site, true); }
  /// Notes CL1027 for rows of peers that name no site of the topology.
  void note_unused(const std::vector<std::string>& sites);

  [[nodiscard]] Notes& notes() { return notes_; }
  void for_each_file(const std::function<void(const Csv&)>& visit) const;
  /// Where a file lies; empty in memory.
  [[nodiscard]] std::filesystem::path path_of(const Csv& csv) const;

 private:
  Reader reader_;
  Notes& notes_;
  std::map<std::pair<FileId, std::string>, std::shared_ptr<const Csv>> by_name_{};
  std::map<std::string, std::shared_ptr<const Csv>> by_shown_{};
  std::map<FileId, std::filesystem::path> paths_{};
  std::map<std::pair<const Csv*, std::size_t>, std::map<std::string, std::vector<std::size_t>>> indices_{};
  std::map<const Csv*, std::map<std::string, bool>> used_{};
};

}  // namespace cloison::topology
