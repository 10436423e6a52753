#include "core/topology/further.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <deque>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/topology/further_values.h"

namespace cloison::topology {

namespace {

using Kind = YamlNode::Kind;

/// Rows that differ in what decides are asked about one by one, up to so many.
constexpr std::size_t k_most_kinds = 8;

/// What says of one place alone who it is, or is read by people: rows that differ in nothing else are alike.
constexpr std::array<std::string_view, 15> k_own{"title",      "name",  "address", "fingerprint", "public",
                                                 "vlan",       "cidr",  "real",    "region",      "holder",
                                                 "public_key", "owner", "peer",    "psk",         "bastion"};

bool is_map_with(const YamlNode& node, std::string_view key) {
  return node.is_map() && node.find(key) != nullptr;
}

/// A node with `for_each`, and where in the tree it is.
struct Template {
  std::string makes{};
  const YamlNode* node = nullptr;
};

/// Entries that come from the same rows or names.
struct Rows {
  std::string name{};  // "labs.csv", "[brest, dijon]"
  std::vector<Template> templates{};
  std::vector<const YamlNode*> lists{};
  const YamlNode* csv = nullptr;  // names the file
  std::set<std::string, std::less<>> keys{};
  std::string none{};
  [[nodiscard]] const YamlNode& for_each() const { return *templates.front().node->find("for_each"); }
};

/// A place at which a column's cell is filled in: the keys that lead to it.
struct Use {
  std::vector<std::string_view> path{};
  bool external = false;  // of a site that is not ours: nothing is allocated there
};

class FurtherMaking {
 public:
  FurtherMaking(const YamlNode& root, Tree& tree, const FurtherChoice& choice, const CsvFiles::Reader& reader)
      : root_(root), tree_(tree), choice_(choice), notes_(sources_), files_(reader, notes_) {}

  FurtherTree run() {
    std::vector<std::string_view> path;
    collect(root_, path, nullptr);
    read_values(root_);
    for (const auto& rows : rows_)
      if (const Csv* csv = csv_of(rows)) read_values(*csv);
    for (const auto& rows : rows_) {
      Further one{.rows = rows.name, .none = rows.none};
      for (const auto& each : rows.templates) one.makes.push_back(each.makes);
      of(rows, one, choice_.has(result_.rows.size()));
      result_.rows.emplace_back(std::move(one), rows.for_each().place);
    }
    result_.root = lists_.empty() ? &root_ : rebuilt(root_);
    return std::move(result_);
  }

 private:
  // --- What there is ---

  void collect(const YamlNode& node, std::vector<std::string_view>& path, const Rows* outer) {
    if (is_map_with(node, "for_each")) {
      const Rows* mine = take(node, path);
      if (outer == nullptr) outer = mine;
    }
    for (const YamlEntry& entry : node.entries()) {
      if (entry.key == "for_each") continue;
      if (entry.key == "peers" && outer != nullptr && is_map_with(*entry.value, "csv"))
        peers_[outer->name].push_back(entry.value->find("csv"));
      if (!entry.key.empty()) path.push_back(entry.key);
      collect(*entry.value, path, outer);
      if (!entry.key.empty()) path.pop_back();
    }
  }

  static std::string name_of(const std::vector<std::string_view>& path) {
    std::vector<std::string> words(path.begin(), path.end());
    if (words.size() > 1 && words.front() == "sites") words.erase(words.begin());
    return join(words, ".");
  }

  const Rows* take(const YamlNode& node, const std::vector<std::string_view>& path) {
    const YamlNode& for_each = *node.find("for_each");
    Rows one{.templates = {{name_of(path), &node}}};
    if (for_each.is_list()) {
      one.name = list_name(for_each);
      one.lists = {&for_each};
    } else if (for_each.is_map()) {
      const YamlNode* csv = for_each.find("csv");
      const YamlNode* key = for_each.find("key");
      if (csv == nullptr || key == nullptr) return nullptr;
      one.name = csv->text, one.csv = csv, one.keys.emplace(key->text);
    } else {
      one.name = for_each.text;
      one.none = "an environment is written by hand, with addresses of its own";
    }
    if (for_each.templated) one.none = "its rows depend on another for_each";
    const auto same = std::find_if(rows_.begin(), rows_.end(), [&](const Rows& it) { return it.name == one.name; });
    if (same == rows_.end()) return &rows_.emplace_back(std::move(one));
    same->templates.push_back(std::move(one.templates.front()));
    same->lists.insert(same->lists.end(), one.lists.begin(), one.lists.end());
    same->keys.merge(one.keys);
    return &*same;
  }

  static std::string list_name(const YamlNode& list) {
    std::vector<std::string> names;
    for (const YamlEntry& item : list.entries()) names.emplace_back(item.value->text);
    return fmt::format("[{}]", join(names, ", "));
  }

  [[nodiscard]] const Csv* csv_of(const Rows& rows) { return rows.csv == nullptr ? nullptr : files_.get(*rows.csv); }

  void read_values(const YamlNode& node) {
    if (node.is_scalar()) values_.written(node.text);
    for (const YamlEntry& entry : node.entries()) {
      if (!entry.key.empty()) values_.written(entry.key);
      read_values(*entry.value);
    }
  }
  void read_values(const Csv& csv) {
    for (std::size_t row = 0; row < csv.rows(); ++row)
      for (std::size_t column = 0; column < csv.columns().size(); ++column)
        values_.written(csv.cell(row, column, sources_));
  }

  // --- What is added ---

  void of(const Rows& rows, Further& one, bool wanted) {
    if (rows.csv != nullptr) {
      const Csv* csv = csv_of(rows);
      if (csv == nullptr || csv->rows() == 0) return;
      one.count = csv->rows();
      if (wanted && rows.none.empty()) from_csv(rows, *csv, one);
      return;
    }
    if (rows.lists.empty()) return;
    one.count = rows.lists.front()->count;
    if (!wanted || one.count == 0 || !rows.none.empty()) return;
    one.added.push_back({values_.key(), std::string(rows.lists.front()->entries().front().value->text)});
    for (const YamlNode* list : rows.lists) lists_[list] = one.added.front().key;
    if (const auto uses = peers_.find(rows.name); uses != peers_.end())
      for (const YamlNode* file : uses->second) add_peer(*file, one.added.front());
  }

  void from_csv(const Rows& rows, const Csv& csv, Further& one) {
    const auto key_column = csv.column(*rows.keys.begin());
    if (!key_column) return;
    std::map<std::string, std::vector<Use>, std::less<>> uses;
    for (const auto& each : rows.templates) {
      std::vector<std::string_view> path;
      const YamlNode* provider = each.node->find("provider");
      uses_of(*each.node, path, provider != nullptr && provider->text == "external", uses);
    }
    std::set<std::vector<std::string>> kinds;
    for (std::size_t row = 0; row < csv.rows(); ++row) {
      const auto key = csv.cell(row, *key_column, sources_);
      if (!kinds.insert(kind_of(csv, row, key, uses)).second) continue;
      if (one.added.size() == k_most_kinds) {
        ++one.left_out;
        continue;
      }
      one.added.push_back({values_.key(), key});
      add_row(rows, csv, row, one.added.back(), uses);
      if (const auto peers = peers_.find(rows.name); peers != peers_.end())
        for (const YamlNode* file : peers->second) add_peer(*file, one.added.back());
    }
  }

  static void uses_of(const YamlNode& node, std::vector<std::string_view>& path, bool external,
                      std::map<std::string, std::vector<Use>, std::less<>>& uses) {
    if (node.is_scalar()) {
      for (auto open = node.text.find("{{"); open != std::string_view::npos; open = node.text.find("{{", open + 2)) {
        const auto close = node.text.find("}}", open);
        if (close == std::string_view::npos) break;
        uses[std::string(trimmed(node.text.substr(open + 2, close - open - 2)))].push_back({path, external});
      }
    }
    for (const YamlEntry& entry : node.entries()) {
      if (!entry.key.empty()) path.push_back(entry.key);
      uses_of(*entry.value, path, external, uses);
      if (!entry.key.empty()) path.pop_back();
    }
  }

  static bool decides(const Use& use) {
    const bool label = std::find(use.path.begin(), use.path.end(), "labels") != use.path.end();
    return label || use.path.empty() || std::find(k_own.begin(), k_own.end(), use.path.back()) == k_own.end();
  }

  /// The row's cells, of those that are its own only whether they are there.
  std::vector<std::string> kind_of(const Csv& csv, std::size_t row, const std::string& key,
                                   const std::map<std::string, std::vector<Use>, std::less<>>& uses) {
    std::vector<std::string> kind;
    for (std::size_t column = 0; column < csv.columns().size(); ++column) {
      const auto cell = csv.cell(row, column, sources_);
      const auto used = uses.find(csv.columns()[column].name);
      if (used == uses.end()) continue;
      const bool whole = std::any_of(used->second.begin(), used->second.end(), decides) && !is_own_value(cell, key);
      kind.push_back(cell.empty() || whole ? cell : "+");
    }
    return kind;
  }

  void add_row(const Rows& rows, const Csv& csv, std::size_t row, const Further::Entry& entry,
               const std::map<std::string, std::vector<Use>, std::less<>>& uses) {
    std::vector<std::string> cells;
    values_.next_row();
    for (std::size_t column = 0; column < csv.columns().size(); ++column) {
      const auto& name = csv.columns()[column].name;
      const auto like = csv.cell(row, column, sources_);
      if (rows.keys.contains(name)) {
        cells.push_back(entry.key);
        continue;
      }
      const auto used = uses.find(name);
      const auto every = [&](auto holds) {
        return used != uses.end() && std::all_of(used->second.begin(), used->second.end(), holds);
      };
      const bool own = every([](const Use& use) { return use.path.empty() || use.path.back() != "real"; });
      const bool given =
          every([](const Use& use) { return !use.external && !use.path.empty() && use.path.back() == "cidr"; });
      cells.push_back(like.empty() || !own ? like
                                           : values_.of({.like = like,
                                                         .like_key = entry.like,
                                                         .key = entry.key,
                                                         .allocated = given,
                                                         .numbers = different_numbers(csv, column)}));
    }
    add_line(csv, cells);
  }

  /// Of a column in which all rows have numbers and no two the same.
  std::vector<int64_t> different_numbers(const Csv& csv, std::size_t column) {
    std::set<int64_t> numbers;
    for (std::size_t row = 0; row < csv.rows(); ++row) {
      const auto cell = csv.cell(row, column, sources_);
      int64_t number = 0;
      const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), number);
      if (error != std::errc() || end != cell.data() + cell.size() || !numbers.insert(number).second) return {};
    }
    return csv.rows() < 2 ? std::vector<int64_t>{} : std::vector<int64_t>(numbers.begin(), numbers.end());
  }

  /// A person's device, so that something can be asked of those that the entry will have.
  void add_peer(const YamlNode& file, const Further::Entry& entry) {
    const Csv* csv = files_.get(file);
    const auto site = csv == nullptr ? std::nullopt : csv->column("site");
    const auto public_key = csv == nullptr ? std::nullopt : csv->column("public_key");
    if (!site || !public_key || csv->rows() == 0) return;
    std::size_t like = 0;
    while (like < csv->rows() && csv->cell(like, *site, sources_) != entry.like) ++like;
    std::vector<std::string> cells;
    for (std::size_t column = 0; column < csv->columns().size(); ++column)
      cells.push_back(column == *site         ? entry.key
                      : column == *public_key ? values_.wireguard_key()
                                              : csv->cell(like % csv->rows(), column, sources_));
    add_line(*csv, cells);
  }

  void add_line(const Csv& csv, const std::vector<std::string>& cells) {
    const char between = separator_of(sources_.file_text(csv.file()));
    const SpanId place = sources_.add({.file = csv.file(), .line = 1, .column = 1, .end_line = 1, .end_column = 1});
    auto& lines = result_.lines[sources_.file_name(place)];
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (i != 0) lines += between;
      lines += '"';
      for (const char letter : cells[i]) lines += letter == '"' ? std::string(2, letter) : std::string(1, letter);
      lines += '"';
    }
    lines += '\n';
  }

  /// The tree with the names that lists have more; what has none is shared.
  const YamlNode* rebuilt(const YamlNode& node) {
    std::vector<YamlEntry> entries(node.entries().begin(), node.entries().end());
    bool other = false;
    for (YamlEntry& entry : entries) {
      const YamlNode* value = rebuilt(*entry.value);
      other = other || value != entry.value;
      entry.value = value;
    }
    if (const auto more = lists_.find(&node); more != lists_.end()) {
      YamlNode name = *node.entries().back().value;
      name.text = tree_.keep(more->second), name.span = 0;
      entries.push_back({.place = node.entries().back().place, .value = tree_.make(name)});
      other = true;
    }
    if (!other) return &node;
    YamlNode made = node;
    made.checked = false, made.span = 0;
    tree_.give(made, entries);
    return tree_.make(made);
  }

  const YamlNode& root_;
  Tree& tree_;
  const FurtherChoice& choice_;
  SourceMap sources_{};  // of its own: what is read here is read again
  Notes notes_;
  CsvFiles files_;
  std::deque<Rows> rows_{};
  std::map<std::string, std::vector<const YamlNode*>, std::less<>> peers_{};  // files, by the rows of their sites
  std::map<const YamlNode*, std::string> lists_{};
  FurtherValues values_{};
  FurtherTree result_{};
};

}  // namespace

void FurtherTree::add_lines(CsvFiles::Loaded& file) const {
  const auto more = lines.find(file.shown);
  if (more == lines.end()) return;
  if (!file.text.empty() && file.text.back() != '\n') file.text += '\n';
  file.text += more->second;
}

std::vector<Further> FurtherTree::list(SourceMap& sources) const {
  std::vector<Further> all;
  for (const auto& [further, place] : rows) {
    all.push_back(further);
    all.back().span = add_span(place, sources);
  }
  return all;
}

FurtherTree add_further(const YamlNode& root, Tree& tree, const FurtherChoice& choice, const CsvFiles::Reader& reader) {
  return FurtherMaking(root, tree, choice, reader).run();
}

}  // namespace cloison::topology
