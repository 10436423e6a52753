#pragma once
// Expanded trees become the typed structs of topology.h. What the shape check has refused is left out or left at its
// default; nothing here reports what the check reports.

#include <optional>
#include <string>
#include <vector>

#include "core/topology/csv_files.h"
#include "core/topology/topology.h"
#include "core/topology/units.h"
#include "core/topology/yaml_tree.h"

namespace cloison::topology {

/// A decimal whole number, also "+5".
[[nodiscard]] std::optional<int64_t> integer_of(std::string_view text);
/// "auto/24" (IPv6 above 32), "10.0.0.0/24". Not "none".
[[nodiscard]] std::optional<CidrRequest> cidr_request(std::string_view text);

class Build {
 public:
  Build(Notes& notes, CsvFiles& files, const TimeZone& zone) : notes_(notes), files_(files), zone_(zone) {}

  [[nodiscard]] Environment environment(const YamlEntry& entry);
  [[nodiscard]] ProviderEntry provider(const YamlEntry& entry);
  [[nodiscard]] Zone zone(const YamlEntry& entry);
  [[nodiscard]] AddressPool address_pool(const YamlEntry& entry);
  [[nodiscard]] PortName port_name(const YamlEntry& entry);
  /// `environments`: declared names, for the only one.
  [[nodiscard]] Site site(std::string_view family, const Instance& instance, const YamlNode& node, SpanId span,
                          const std::vector<std::string>& environments);
  [[nodiscard]] Cluster cluster(const YamlEntry& entry);
  [[nodiscard]] Link link(const YamlEntry& entry);
  [[nodiscard]] Group group(const YamlEntry& entry);
  [[nodiscard]] InfrastructureEntry infrastructure(const YamlEntry& entry);
  [[nodiscard]] Management management(const YamlEntry& entry);
  [[nodiscard]] Flow flow(const YamlNode& node, const Governance& defaults);
  [[nodiscard]] Governance governance(const YamlNode& node);
  [[nodiscard]] Selector selector(const YamlNode* node);
  [[nodiscard]] Guarantee guarantee(const YamlNode& node);
  [[nodiscard]] Scenario scenario(const YamlEntry& entry);
  [[nodiscard]] Service service(const YamlEntry& entry);
  [[nodiscard]] Service::Placement placement(const YamlNode* node);
  [[nodiscard]] Backup backup(const YamlEntry& entry);

 private:
  [[nodiscard]] Name name(const YamlNode& node);
  [[nodiscard]] std::optional<Name> optional_name(const YamlNode& node, std::string_view key);
  [[nodiscard]] Name name_or_empty(const YamlNode& node, std::string_view key);
  [[nodiscard]] std::string text(const YamlNode& node, std::string_view key);
  [[nodiscard]] Names names(const YamlNode& node, std::string_view key);
  [[nodiscard]] std::optional<Spanned<bool>> boolean(const YamlNode& node, std::string_view key);
  [[nodiscard]] bool is_true(const YamlNode& node, std::string_view key);
  [[nodiscard]] std::optional<Spanned<int64_t>> integer(const YamlNode& node, std::string_view key);
  [[nodiscard]] std::optional<Spanned<int64_t>> size(const YamlNode& node, std::string_view key);
  [[nodiscard]] std::optional<Spanned<IpPrefix>> prefix(const YamlNode& node, std::string_view key);
  [[nodiscard]] std::vector<Spanned<IpPrefix>> prefixes(const YamlNode& node, std::string_view key);
  [[nodiscard]] std::optional<Date> date(const YamlNode& node, std::string_view key, bool end);
  [[nodiscard]] Labels labels(const YamlNode& node);
  [[nodiscard]] SelectorTerm term(const YamlNode& node);
  [[nodiscard]] std::optional<SecretReference> reference(const YamlNode& node);
  void flatten(const YamlNode& node, const std::string& path, std::map<std::string, Name>& settings,
               std::map<std::string, SecretReference>* secrets);
  [[nodiscard]] CidrRequests cidr(const YamlNode& node);
  [[nodiscard]] std::optional<VirtualMachine> machine(const YamlNode* node);
  [[nodiscard]] Location location(const YamlNode* node);
  [[nodiscard]] std::vector<Node> nodes(const YamlNode& site);
  [[nodiscard]] Underlay underlay(const YamlEntry& entry);
  [[nodiscard]] std::map<std::string, Name> names_by_key(const YamlNode& node, std::string_view key);
  [[nodiscard]] Gateway::Reached reached(const YamlNode& node);
  [[nodiscard]] std::vector<Gateway::Reached> all_reached(const YamlNode& node);
  [[nodiscard]] Gateway gateway(const YamlEntry& entry);
  [[nodiscard]] Vpc vpc(const YamlEntry& entry, std::string_view site_key,
                        const std::vector<std::string>& environments);
  [[nodiscard]] Segment segment(const YamlEntry& entry, std::string_view site_key);
  [[nodiscard]] Host host(const YamlEntry& entry);
  [[nodiscard]] std::vector<std::pair<Name, Name>> transit(const YamlNode& site);
  void peers(Segment& segment, const YamlNode& node, std::string_view site_key);
  void peers_from_csv(Segment& segment, const YamlNode& file, std::string_view site_key);

  [[nodiscard]] SpanId span(const YamlNode& node) { return notes_.span(node); }
  [[nodiscard]] SpanId span(const YamlEntry& entry) { return notes_.span(entry); }

  Notes& notes_;
  CsvFiles& files_;
  const TimeZone& zone_;
};

}  // namespace cloison::topology
