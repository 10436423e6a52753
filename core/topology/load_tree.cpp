#include "core/topology/load_tree.h"

#include <unordered_map>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/topology/build.h"
#include "core/topology/expand.h"
#include "core/topology/shape.h"

namespace cloison::topology {

namespace {

using Kind = YamlNode::Kind;

template <class T, class Field>
void sort_by(std::vector<T>& list, Field field) {
  std::stable_sort(list.begin(), list.end(), [&](const T& a, const T& b) { return a.*field < b.*field; });
}

class Loader {
 public:
  Loader(const YamlNode& root, CsvFiles& files, const ReadLimits& limits)
      : root_(root),
        files_(files),
        notes_(files.notes()),
        language_(Language::instance()),
        expander_(root.find("environments"), files, limits),
        zone_(time_zone()),
        build_(notes_, files, zone_) {}

  Topology run() {
    check_top();
    each("environments", [&](const YamlEntry& entry) { result_.environments.push_back(build_.environment(entry)); });
    each("providers", [&](const YamlEntry& entry) { result_.providers.push_back(build_.provider(entry)); });
    each("zones", [&](const YamlEntry& entry) { result_.zones.push_back(build_.zone(entry)); });
    each("address_pools", [&](const YamlEntry& entry) { result_.address_pools.push_back(build_.address_pool(entry)); });
    each("ports", [&](const YamlEntry& entry) { result_.ports.push_back(build_.port_name(entry)); });
    sites();
    each("clusters", [&](const YamlEntry& entry) { result_.clusters.push_back(build_.cluster(entry)); });
    each("links", [&](const YamlEntry& entry) { result_.links.push_back(build_.link(entry)); });
    each("groups", [&](const YamlEntry& entry) { result_.groups.push_back(build_.group(entry)); });
    infrastructure();
    flows();
    guarantees();
    each("scenarios", [&](const YamlEntry& entry) { result_.scenarios.push_back(build_.scenario(entry)); });
    services();
    each("backups", [&](const YamlEntry& entry) { result_.backups.push_back(build_.backup(entry)); });
    finish();
    return std::move(result_);
  }

 private:
  TimeZone time_zone() {
    const YamlNode* name = root_.find("timezone");
    if (name == nullptr || !name->is_scalar()) {
      return TimeZone::utc();
    }
    if (auto zone = TimeZone::find(name->text)) {
      result_.timezone = name->text;
      return *zone;
    }
    const bool database = TimeZone::find("Europe/Paris").has_value();
    notes_.add({.code = "CL1114",
                .summary = fmt::format("time zone '{}' is not known", name->text),
                .detail = database ? "Zones have the names of the tz database." : "This machine has no tz database.",
                .hint = database ? "write for example timezone: Europe/Paris"
                                 : "apt-get install tzdata, or write timezone: UTC"},
               *name);
    return TimeZone::utc();
  }

  /// Keys of the top level, and the blocks that are checked whole.
  void check_top() {
    std::vector<YamlEntry> shallow;
    const YamlNode stand_in{.kind = Kind::map, .checked = true};
    for (const YamlEntry& entry : root_.entries()) {
      const Key* key = language_.top().key(entry.key);
      YamlEntry one = entry;
      // their entries are checked one by one once they are expanded
      const bool later = key != nullptr &&
                         ((key->shape->form == Form::table && entry.value->is_map()) ||
                          (key->shape->form == Form::list && entry.value->is_list()) || entry.key == "infrastructure");
      if (later) {
        one.value = &stand_in;
      } else if (entry.value->templated && key != nullptr) {
        one.value = expander_.fill(key->shape, *entry.value, expander_.root(), tree_);
      }
      shallow.push_back(one);
    }
    YamlNode top = root_;
    top.first = shallow.data();
    top.checked = top.templated = false;
    (void)check_shape(language_.top(), top, "topology", notes_);
    if (const YamlNode* name = top.find("name"); name != nullptr && name->is_scalar()) {
      result_.name = name->text;
      result_.name_span = notes_.span(*name);
    }
  }

  [[nodiscard]] const YamlNode* block(std::string_view key, Kind kind) {
    const YamlNode* node = root_.find(key);
    return node != nullptr && node->kind == kind ? node : nullptr;
  }

  /// Expands, checks and visits each entry of a top-level table.
  template <class Visit>
  void each(std::string_view key, Visit visit) {
    const YamlNode* node = block(key, Kind::map);
    if (node == nullptr) {
      return;
    }
    const Shape& shape = language_.block(key);
    const YamlNode* filled = expander_.fill(&shape, *node, expander_.root(), tree_);
    (void)check_shape(shape, *filled, key, notes_);
    for (const YamlEntry& entry : filled->entries()) {
      if (entry.value->kind != Kind::dropped && (entry.value->is_map() || shape.item->form != Form::block)) {
        visit(entry);
      }
    }
  }

  void site(std::string_view family, const Instance& instance, const YamlNode& node, SpanId span) {
    if (!node.is_map()) {
      return;
    }
    result_.sites.push_back(build_.site(family, instance, node, span, expander_.environments()));
  }

  void sites() {
    const YamlNode* node = block("sites", Kind::map);
    if (node == nullptr) {
      return;
    }
    const Shape& table = language_.block("sites");
    const Scope root = expander_.root();
    if (const YamlNode* for_each = node->find("for_each")) {
      instances(*node, *for_each, "", root);
      return;
    }
    for (const YamlEntry& entry : node->entries()) {
      const YamlNode* for_each = entry.value->find("for_each");
      Tree scratch(64U << 10U);
      if (for_each != nullptr) {
        if (!is_name(entry.key)) {
          const YamlNode nothing{.kind = Kind::map, .checked = true};
          const YamlEntry named{.key = entry.key, .place = entry.place, .value = &nothing};
          (void)check_shape(table, YamlNode{.kind = Kind::map, .first = &named, .count = 1}, "sites", notes_);
        }
        instances(*entry.value, *for_each, entry.key, root);
        continue;
      }
      YamlEntry filled = entry;
      filled.value = expander_.fill(table.item, *entry.value, root, scratch);
      (void)check_shape(table, YamlNode{.kind = Kind::map, .first = &filled, .count = 1}, "sites", notes_);
      site(entry.key, {}, *filled.value, notes_.span(entry));
    }
  }

  /// The sites that one for_each makes.
  void instances(const YamlNode& node, const YamlNode& for_each, std::string_view family, const Scope& outer) {
    const Shape& shape = *language_.block("sites").item;
    Tree rows(4096);
    const bool any = expander_.rows(for_each, outer, rows, [&](Expander::Row& row) {
      Tree scratch(16U << 10U);
      const std::string path = family.empty() ? row.scope.key : fmt::format("{}/{}", family, row.scope.key);
      const NoteContext context(notes_, fmt::format("while expanding site {}", path));
      const YamlNode* filled = &node;
      if (node.templated) {
        filled = expander_.fill_block(shape, node, row.scope, scratch);
      }
      (void)check_shape(shape, *filled, family.empty() ? row.scope.key : family, notes_);
      const Instance instance{.family = std::string(family), .key = row.scope.key, .row = row.span};
      site(family.empty() ? std::string_view(row.scope.key) : family, instance, *filled, row.span);
    });
    if (!any) {
      (void)check_shape(shape, node, family.empty() ? "sites" : family, notes_, {.templates = true});
    }
  }

  void infrastructure() {
    const Shape& shape = language_.block("infrastructure");
    if (const YamlNode* node = root_.find("infrastructure")) {
      const YamlNode* filled = expander_.fill(&shape, *node, expander_.root(), tree_);
      (void)check_shape(shape, *filled, "infrastructure", notes_);
      for (const YamlEntry& entry : filled->entries()) {
        if (shape.key(entry.key) != nullptr && entry.value->is_map()) {
          result_.infrastructure.push_back(build_.infrastructure(entry));
        }
      }
    }
    if (const YamlEntry* entry = root_.entry("management"); entry != nullptr && entry->value->is_map()) {
      result_.management = build_.management(*entry);
    }
  }

  /// Items of a top-level list, expanded and checked.
  template <class Visit>
  void items(std::string_view key, Visit visit) {
    const YamlNode* node = block(key, Kind::list);
    if (node == nullptr) {
      return;
    }
    const Shape& shape = language_.block(key);
    const YamlNode* filled = expander_.fill(&shape, *node, expander_.root(), tree_);
    (void)check_shape(shape, *filled, key == "flows" ? "flow" : "guarantee", notes_);
    for (const YamlEntry& item : filled->entries()) {
      const YamlNode* id = item.value->find("id");
      if (item.value->is_map() && id != nullptr && id->is_scalar()) {
        visit(*item.value);
      }
    }
  }

  template <class T>
  void unique_ids(const std::vector<T>& list, std::string_view what) {
    for (std::size_t i = 1; i < list.size(); ++i) {
      if (list[i].id == list[i - 1].id) {
        notes_.add({.code = "CL1120",
                    .summary = fmt::format("{} '{}' is there twice", what, list[i].id),
                    .detail = "An id names one entry, in rules and in reports.",
                    .hint = fmt::format("give one of them an id of its own, for example {}-2", list[i].id),
                    .related = {{list[i - 1].id_span, "first here"}}},
                   list[i].id_span);
      }
    }
  }

  void flows() {
    Governance defaults;
    if (const YamlNode* node = root_.find("flow_defaults"); node != nullptr) {
      defaults = build_.governance(*node);
    }
    items("flows", [&](const YamlNode& node) {
      Flow flow = build_.flow(node, defaults);
      if (flow.from.written() && flow.to.written() && !flow.ports.empty()) {
        result_.flows.push_back(std::move(flow));
      }
    });
    sort_by(result_.flows, &Flow::id);
    unique_ids(result_.flows, "flow");
  }

  void guarantees() {
    items("guarantees", [&](const YamlNode& node) {
      Guarantee guarantee = build_.guarantee(node);
      if (!guarantee.kind.empty()) {
        result_.guarantees.push_back(std::move(guarantee));
      }
    });
    sort_by(result_.guarantees, &Guarantee::id);
    unique_ids(result_.guarantees, "guarantee");
  }

  /// A service's runs_on may depend on the environment, so it is filled in once for each.
  void services() {
    const YamlNode* node = block("services", Kind::map);
    if (node == nullptr) {
      return;
    }
    const auto& names = expander_.environments();
    if (names.size() < 2 || node->find("for_each") != nullptr) {
      each("services", [&](const YamlEntry& entry) { result_.services.push_back(build_.service(entry)); });
      return;
    }
    const Shape& shape = language_.block("services");
    for (const YamlEntry& entry : node->entries()) {
      const YamlNode* placement = entry.value->find("runs_on");
      if (placement == nullptr || !placement->templated) {
        service(shape, entry, expander_.root(), true);
        continue;
      }
      const std::size_t first = result_.services.size();
      for (const std::string& name : names) {
        service(shape, entry, *expander_.in_environment(name, nullptr), result_.services.size() == first);
        if (result_.services.size() != first && filled_service_ != nullptr) {
          result_.services[first].runs_on.by_environment.emplace(name,
                                                                 build_.placement(filled_service_->find("runs_on")));
        }
      }
    }
  }

  void service(const Shape& shape, const YamlEntry& entry, const Scope& scope, bool keep) {
    YamlEntry filled = entry;
    filled.value = expander_.fill(shape.item, *entry.value, scope, tree_);
    filled_service_ = filled.value->is_map() ? filled.value : nullptr;
    (void)check_shape(shape, YamlNode{.kind = Kind::map, .first = &filled, .count = 1}, "services", notes_);
    if (keep && filled_service_ != nullptr) {
      result_.services.push_back(build_.service(filled));
    }
  }

  /// Order has no meaning, so it is always the same.
  void finish() {
    sort_by(result_.environments, &Environment::name);
    sort_by(result_.providers, &ProviderEntry::name);
    sort_by(result_.zones, &Zone::name);
    sort_by(result_.address_pools, &AddressPool::name);
    sort_by(result_.ports, &PortName::name);
    sort_by(result_.sites, &Site::path);
    sort_by(result_.clusters, &Cluster::name);
    sort_by(result_.links, &Link::name);
    sort_by(result_.groups, &Group::name);
    sort_by(result_.infrastructure, &InfrastructureEntry::name);
    sort_by(result_.scenarios, &Scenario::name);
    sort_by(result_.services, &Service::name);
    sort_by(result_.backups, &Backup::name);
    std::vector<std::string> keys;
    for (const Site& one : result_.sites) {
      keys.push_back(one.instance.key.empty() ? one.name : one.instance.key);
    }
    if (!notes_.unusable()) {
      files_.note_unused(keys);
    }
  }

  const YamlNode& root_;
  CsvFiles& files_;
  Notes& notes_;
  const Language& language_;
  Topology result_{};
  Tree tree_{64U << 10U};
  Expander expander_;
  TimeZone zone_;
  Build build_;
  const YamlNode* filled_service_ = nullptr;
};

void blank(const YamlNode& node, bool secret, SourceMap& sources) {
  if (node.is_scalar()) {
    const bool key = node.text.find("PRIVATE KEY-----") != std::string_view::npos;
    if ((secret || key) && !is_reference(node.text) && node.text.find("{{") == std::string_view::npos) {
      const auto lines = static_cast<uint32_t>(std::count(node.text.begin(), node.text.end(), '\n'));
      sources.blank({.file = node.place.file,
                     .line = node.place.line,
                     .column = node.place.column,
                     .end_line = node.place.line + lines + (lines > 0 ? 1 : 0),
                     .end_column = lines > 0 ? UINT32_MAX : node.place.column + node.place.length});
    }
    return;
  }
  for (const YamlEntry& entry : node.entries()) {
    blank(*entry.value, secret || is_secret_key(entry.key), sources);
  }
}

}  // namespace

Topology topology_from_tree(const YamlNode& root, CsvFiles& files, const ReadLimits& limits) {
  return Loader(root, files, limits).run();
}

void blank_secrets(const YamlNode& root, SourceMap& sources) {
  blank(root, false, sources);
}

void blank_secrets(const Csv& csv, SourceMap& sources) {
  for (std::size_t column = 0; column < csv.columns().size(); ++column) {
    if (!is_secret_key(csv.columns()[column].name)) {
      continue;
    }
    for (std::size_t row = 0; row < csv.rows(); ++row) {
      const std::string text = csv.cell(row, column, sources);
      if (text.empty() || is_reference(text)) {
        continue;
      }
      const Place place = csv.place(row, column, sources);
      sources.blank({.file = place.file,
                     .line = place.line,
                     .column = place.column,
                     .end_line = place.line,
                     .end_column = place.column + place.length});
    }
  }
}

}  // namespace cloison::topology
