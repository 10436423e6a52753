#pragma once
// for_each and {{variables}}: templates become the trees that they stand for.

#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/topology/csv_files.h"
#include "core/topology/shape.h"
#include "core/topology/yaml_tree.h"

namespace cloison::topology {

/// What {{…}} can name at some place: the row's columns, then those around it; `env` is the environment's vars.
struct Scope {
  const Scope* outer = nullptr;
  const Csv* csv = nullptr;
  std::size_t row = 0;
  std::string key{};  // {{key}}, and {{name}} where no column has that name
  SpanId key_span = 0;
  const YamlNode* environment = nullptr;  // its block; nullptr: as around
  std::string environment_name{};
  mutable std::vector<SpanId> spans{};  // of the row's cells, made on first use
};

class Expander {
 public:
  /// `environments`: the joined block, not expanded; may be nullptr.
  Expander(const YamlNode* environments, CsvFiles& files, const ReadLimits& limits);

  /// A scope without row: the only environment where there is one.
  [[nodiscard]] Scope root() const;
  /// The scope of an environment; nullopt when there is none of that name.
  [[nodiscard]] std::optional<Scope> in_environment(std::string_view name, const Scope* outer) const;
  [[nodiscard]] const std::vector<std::string>& environments() const { return environment_names_; }

  struct Row {
    Scope scope{};
    SpanId span = 0;                    // the row
    const YamlNode* environment_key{};  // a scalar with the environment's name, when over environments
  };
  /// Calls `each` for every entry that `for_each` makes. False when it makes none: after a note, or for want of rows.
  bool rows(const YamlNode& for_each, const Scope& outer, Tree& tree, const std::function<void(Row&)>& each);

  /// `node` with its variables filled in and its plural blocks made; shares what has none. Never nullptr.
  [[nodiscard]] const YamlNode* fill(const Shape* shape, const YamlNode& node, const Scope& scope, Tree& tree);
  /// As `fill` for the entries of a map but `for_each`.
  [[nodiscard]] const YamlNode* fill_block(const Shape& shape, const YamlNode& node, const Scope& scope, Tree& tree);

 private:
  struct Found {
    std::string text{};
    SpanId span = 0;
  };
  [[nodiscard]] std::optional<Found> lookup(std::string_view name, const Scope& scope);
  [[nodiscard]] std::vector<std::string> known(const Scope& scope) const;
  const YamlNode* scalar(const YamlNode& node, const Scope& scope, Tree& tree);
  const YamlNode* list(const Shape* shape, const YamlNode& node, const Scope& scope, Tree& tree);
  const YamlNode* plural(const Shape& shape, const YamlNode& node, const Scope& scope, Tree& tree);
  bool csv_rows(const YamlNode& for_each, const Scope& outer, const std::function<void(Row&)>& each);
  bool listed_rows(const YamlNode& for_each, const Scope& outer, Tree& tree, const std::function<void(Row&)>& each);
  bool environment_rows(const Scope& outer, Tree& tree, const std::function<void(Row&)>& each);
  bool key_fits(const std::string& key, SpanId where, std::unordered_map<std::string, SpanId>& seen);
  bool count_row(const YamlNode& for_each);

  const YamlNode* environments_;
  CsvFiles& files_;
  Notes& notes_;
  const ReadLimits& limits_;
  std::vector<std::string> environment_names_{};
  std::size_t made_ = 0;
};

}  // namespace cloison::topology
