#include "core/topology/csv_files.h"

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/topology/yaml_reader.h"

namespace cloison::topology {

const Csv* CsvFiles::get(const YamlNode& name) {
  const auto key = std::pair(name.place.file, std::string(name.text));
  if (const auto known = by_name_.find(key); known != by_name_.end()) {
    return known->second.get();
  }
  std::shared_ptr<const Csv>& slot = by_name_[key];
  Result<Loaded> loaded = reader_(name.place.file, name.text);
  if (!loaded) {
    notes_.add({.code = loaded.error().code == "CL1002" ? "CL1002" : "CL1024",
                .summary = loaded.error().summary,
                .detail = loaded.error().detail,
                .hint = loaded.error().hint},
               name);
    notes_.set_unusable();
    return nullptr;
  }
  if (const auto known = by_shown_.find(loaded->shown); known != by_shown_.end()) {
    slot = known->second;
    return slot.get();
  }
  if (normalise_text(loaded->text, loaded->shown, notes_)) {
    const FileId file = notes_.sources().add_file(loaded->shown, std::move(loaded->text));
    paths_.emplace(file, std::move(loaded->path));
    if (auto csv = Csv::read(file, notes_)) {
      slot = std::make_shared<const Csv>(std::move(*csv));
    }
  }
  by_shown_[loaded->shown] = slot;
  return slot.get();
}

std::optional<std::size_t> CsvFiles::column(const Csv& csv, std::string_view name, const YamlNode& at) {
  if (const auto found = csv.column(name)) {
    return found;
  }
  notes_.add({.code = "CL1025",
              .summary = fmt::format("the CSV file has no column '{}'", name),
              .detail = fmt::format("Its columns are {}.", join(csv.column_names(), ", ")),
              .hint = did_you_mean(name, csv.column_names()),
              .related = {{add_span(csv.columns().front().place, notes_.sources()), "its header"}}},
             at);
  notes_.set_unusable();
  return std::nullopt;
}

const std::map<std::string, std::vector<std::size_t>>& CsvFiles::index(const Csv& csv, std::size_t column) {
  const auto [found, is_new] = indices_.try_emplace({&csv, column});
  if (is_new) {
    for (std::size_t row = 0; row < csv.rows(); ++row) {
      found->second[csv.cell(row, column, notes_.sources())].push_back(row);
    }
  }
  return found->second;
}

void CsvFiles::note_unused(const std::vector<std::string>& sites) {
  for (const auto& [csv, used] : used_) {
    const auto column = csv->column("site");
    if (!column) {
      continue;
    }
    for (const auto& [site, rows] : index(*csv, *column)) {
      if (used.contains(site)) {
        continue;
      }
      notes_.add(
          {.code = "CL1027",
           .summary = site.empty() ? "this row names no site" : fmt::format("no site is called '{}'", site),
           .detail = "Rows of peers: belong to the instance whose key stands in their column 'site'.",
           .hint = site.empty() ? fmt::format("fill in the cell, for example {}", sites.empty() ? "" : sites.front())
                                : did_you_mean(site, sites)},
          csv->span(rows.front(), *column, notes_.sources()));
    }
  }
}

void CsvFiles::for_each_file(const std::function<void(const Csv&)>& visit) const {
  for (const auto& [shown, csv] : by_shown_) {
    if (csv != nullptr) {
      visit(*csv);
    }
  }
}

std::filesystem::path CsvFiles::path_of(const Csv& csv) const {
  const auto found = paths_.find(csv.file());
  return found == paths_.end() ? std::filesystem::path() : found->second;
}

}  // namespace cloison::topology
