// Our resources as they are on the node: what their files say, and over that what runs.

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/net/json.h"
#include "providers/node/counting.h"
#include "providers/node/live_links.h"
#include "providers/node/live_vpn.h"
#include "providers/node/live_ways.h"
#include "providers/node/render.h"
#include "providers/node/report.h"
#include "providers/node/schema.h"
#include "providers/node/settings.h"

namespace cloison::node {

namespace {

std::string_view text_of(const Report& report, std::string_view section) {
  const auto found = report.find(section);
  return found == report.end() ? std::string_view() : std::string_view(found->second.text);
}

net::Json json_of(const Report& report, std::string_view section) {
  auto json = net::parse_json(text_of(report, section));
  return json ? *std::move(json) : net::Json::null();
}

/// The rows of one `ovs-vsctl --format=json list`: {"headings": [...], "data": [[...]]}.
class Table {
 public:
  explicit Table(const net::Json& json) {
    const auto* headings = json.find("headings");
    const auto* data = json.find("data");
    if (headings == nullptr || data == nullptr || headings->as_array() == nullptr || data->as_array() == nullptr)
      return;
    for (const auto& heading : *headings->as_array())
      headings_.push_back(heading.as_text() == nullptr ? "" : *heading.as_text());
    for (const auto& row : *data->as_array())
      if (const auto* cells = row.as_array(); cells != nullptr && cells->size() == headings_.size())
        rows_.push_back(cells);
  }
  [[nodiscard]] const std::vector<const net::Json::Array*>& rows() const { return rows_; }
  [[nodiscard]] const net::Json& cell(const net::Json::Array& row, std::string_view heading) const {
    static const net::Json k_none;
    const auto found = std::find(headings_.begin(), headings_.end(), heading);
    return found == headings_.end() ? k_none : row[static_cast<std::size_t>(found - headings_.begin())];
  }
  [[nodiscard]] std::string text(const net::Json::Array& row, std::string_view heading) const {
    const auto* value = cell(row, heading).as_text();
    return value == nullptr ? "" : *value;
  }

 private:
  std::vector<std::string> headings_{};
  std::vector<const net::Json::Array*> rows_{};
};

/// Ports of the switch that are ours: name -> tag (0: none).
struct Ports {
  std::map<std::string, int64_t> internal{}, access{};
  std::set<std::string> trunks{};
  std::map<std::string, std::string> datapaths{};  // by bridge
};

bool marked_ours(const net::Json& external_ids) {
  // An OVSDB map is ["map", [[key, value], ...]] (RFC 7047, 5.1).
  const auto* pair = external_ids.as_array();
  if (pair == nullptr || pair->size() != 2 || (*pair)[1].as_array() == nullptr) return false;
  return std::any_of((*pair)[1].as_array()->begin(), (*pair)[1].as_array()->end(), [](const net::Json& entry) {
    const auto* words = entry.as_array();
    return words != nullptr && !words->empty() && (*words)[0].as_text() != nullptr &&
           *(*words)[0].as_text() == "cloison";
  });
}

/// As the agent says it of a Linux bridge: "bridge NAME FILTERS", "trunk PORT" with its VLANs where they are wrong,
/// "access PORT NUMBER", "vlan INTERFACE NUMBER".
void add_linux_bridge(std::string_view text, Ports& ports) {
  for (const auto line : split(text, '\n')) {
    const auto words = split(line, ' ');
    if (words.size() < 2) continue;
    const std::string name(words[1]);
    if (words[0] == "bridge")
      ports.datapaths.emplace(name, line.ends_with(" 1") ? k_linux_bridge : "linux-bridge that filters no VLANs");
    else if (words[0] == "trunk")
      ports.trunks.insert(words.size() == 2 ? name
                                            : fmt::format("{} with VLANs {}", name,
                                                          trimmed(line.substr(line.find(name) + name.size()))));
    else if (words.size() == 3 && (words[0] == "access" || words[0] == "vlan"))
      if (const auto tag = number_in<int64_t>(words[2]))
        (words[0] == "access" ? ports.access : ports.internal).emplace(name, *tag);
  }
}

Ports ports_of(const Report& report) {
  Ports ports;
  add_linux_bridge(text_of(report, "switch/linux"), ports);
  std::set<std::string> internal;
  const auto interfaces_json = json_of(report, "switch/interfaces");
  const Table interfaces(interfaces_json);
  for (const auto* row : interfaces.rows())
    if (interfaces.text(*row, "type") == "internal") internal.insert(interfaces.text(*row, "name"));
  const auto ports_json = json_of(report, "switch/ports");
  const Table table(ports_json);
  for (const auto* row : table.rows()) {
    if (!marked_ours(table.cell(*row, "external_ids"))) continue;
    const auto name = table.text(*row, "name");
    const auto* tag = table.cell(*row, "tag").as_integer();
    if (internal.contains(name))
      ports.internal.emplace(name, tag == nullptr ? 0 : *tag);
    else if (tag == nullptr)
      ports.trunks.insert(name);
    else
      ports.access.emplace(name, *tag);
  }
  const auto bridges_json = json_of(report, "switch/bridges");
  const Table bridges(bridges_json);
  for (const auto* row : bridges.rows())
    if (marked_ours(bridges.cell(*row, "external_ids")))
      ports.datapaths.emplace(bridges.text(*row, "name"), bridges.text(*row, "datapath_type"));
  return ports;
}

}  // namespace

std::map<std::string, std::vector<std::string>> addresses_of(const Report& report) {
  std::map<std::string, std::vector<std::string>> all;
  const auto links = json_of(report, "addresses");
  for (const auto& link : links.as_array() == nullptr ? net::Json::Array{} : *links.as_array()) {
    auto& mine = all[std::string(link.text_at("ifname"))];
    const auto* infos = link.find("addr_info");
    for (const auto& info :
         infos == nullptr || infos->as_array() == nullptr ? net::Json::Array{} : *infos->as_array()) {
      const auto* length = info.find("prefixlen");
      if (info.text_at("scope") != "global" || length == nullptr || length->as_integer() == nullptr) continue;
      mine.push_back(fmt::format("{}/{}", info.text_at("local"), *length->as_integer()));
    }
  }
  return all;
}

namespace {

/// Rules as nft lists them, by chain, with their counters; sets as "NAME TYPE ELEMENT...".
struct Listing {
  std::map<std::string, std::vector<std::string>> rules{};
  std::vector<std::string> sets{};
};

Listing listing_of(std::string_view text) {
  Listing listing;
  std::string chain, set, type, elements;
  bool in_elements = false;
  for (const auto raw : split(text, '\n')) {
    const auto line = trimmed(raw);
    if (line.starts_with("chain "))
      chain = split(line, ' ')[1];
    else if (line.starts_with("set "))
      set = split(line, ' ')[1];
    else if (line == "}") {
      if (!set.empty()) listing.sets.push_back(fmt::format("{} {}{}", set, type, elements));
      chain.clear(), set.clear(), type.clear(), elements.clear();
    } else if (!set.empty()) {
      if (line.starts_with("type ")) type = line.substr(5);
      if (line.starts_with("elements = {")) in_elements = true;
      if (in_elements) {
        auto words = line.starts_with("elements = {") ? line.substr(12) : line;
        in_elements = words.find('}') == std::string_view::npos;
        for (const auto element : split(words.substr(0, words.find('}')), ','))
          if (const auto one = trimmed(element); !one.empty()) elements += ' ' + std::string(one);
      }
    } else if (!chain.empty() && !line.empty() && !line.starts_with("type filter hook") &&
               !line.starts_with("type nat hook")) {
      listing.rules[chain].emplace_back(line);
    }
  }
  return listing;
}

class Reader {
 public:
  explicit Reader(const Report& report)
      : report_(report),
        ports_(ports_of(report)),
        addresses_(addresses_of(report)),
        listing_(listing_of(text_of(report, "firewall"))),
        links_(report),
        vpn_(report) {}

  std::vector<Observed> all() {
    struct Found {
      MarkedFile first{};
      std::vector<NodeFile> files{};
    };
    std::map<std::string, Found> by_marker;
    for (const auto& [name, section] : report_) {
      if (!name.starts_with("file/") || section.status != 0) continue;
      const auto line = section.text.find('\n');
      if (line == std::string::npos) continue;
      auto file = parse_marked(std::string_view(section.text).substr(line + 1));
      if (!file) continue;
      auto& found = by_marker[file->marker.text()];
      found.files.push_back({.path = name.substr(4), .body = file->body});
      if (!file->kind.empty()) found.first = *std::move(file);
    }
    for (const auto& [mark, found] : by_marker)
      if (!found.first.kind.empty()) {
        links_.declare(found.first.kind, found.first.settings);
        vpn_.declare(found.first.kind, found.first.settings);
      }
    std::vector<Observed> objects;
    for (auto& [mark, found] : by_marker) {
      if (found.first.kind.empty()) continue;  // what is left of one: an apply writes it anew
      const auto& schema = schema_of(found.first.kind);
      auto attributes = with_attribute(schema, found.first.settings, k_content, Value::text(content_of(found.files)));
      attributes = live(found.first.kind, std::move(attributes));
      objects.push_back({.kind = found.first.kind,
                         .remote_id = mark,
                         .attributes = normalised(schema, attributes),
                         .marker = found.first.marker});
    }
    return objects;
  }

 private:
  Value live(std::string_view kind, Value attributes) const {
    const auto& schema = schema_of(kind);
    const auto set = [&](std::string_view name, Value value) {
      attributes = with_attribute(schema, attributes, name, std::move(value));
    };
    const auto text = [&](std::string_view name) { return attribute(schema, attributes, name).text_or_empty(); };
    if (kind == k_packages) {
      std::vector<std::string> installed;
      const auto lines = split(text_of(report_, "packages"), '\n');
      for (const auto& name : Settings(kind, attributes).texts("names"))
        if (std::any_of(lines.begin(), lines.end(),
                        [&](std::string_view line) { return line.starts_with(name + " installed "); }))
          installed.push_back(name);
      set("names", Value::texts(installed));
    } else if (kind == k_forwarding) {
      const auto flags = split(trimmed(text_of(report_, "forwarding")), '\n');
      set("ipv4", Value::boolean(!flags.empty() && flags[0] == "1"));
      set("ipv6", Value::boolean(flags.size() > 1 && flags[1] == "1"));
    } else if (kind == k_switch) {
      const auto datapath = ports_.datapaths.find(text("bridge"));
      set("datapath", datapath == ports_.datapaths.end() ? Value::null()
                      : datapath->second.empty()         ? Value::text("system")
                                                         : Value::text(datapath->second));
      set("trunks", Value::texts({ports_.trunks.begin(), ports_.trunks.end()}));
    } else if (kind == k_vlan) {
      const auto port = ports_.internal.find(text("name"));
      const auto tag = port == ports_.internal.end() ? 0 : port->second;
      set("tag", tag == 0 ? Value::null() : Value::integer(tag));
      std::vector<std::string> access;
      for (const auto& [name, of] : ports_.access)
        if (of == tag) access.push_back(name);
      set("access", Value::texts(access));
      set("addresses", Value::texts(own_addresses(text("name"), attribute(schema, attributes, "shared"))));
      if (auto translated = translated_at(report_, text("name")))
        set("translated", Value::texts(*std::move(translated)));
      if (auto outward = outward_at(report_, text("name"))) set("outward", Value::texts(*std::move(outward)));
      set(k_faults, Value::texts(apart_faults(text("name"))));
    } else if (kind == k_firewall) {
      for (const auto* const chain : {"input", "forward", "output", "prerouting", "outgoing", "postrouting"}) {
        set(chain, Value::texts(rules_of(chain, Settings(kind, attributes).texts(chain))));
      }
      set("sets", Value::texts(listing_.sets));
    }
    if (kind == k_redundancy) set(k_faults, Value::texts(faults()));
    if (kind == k_release) set(k_faults, Value::texts(release_faults(text("name"), text("id"))));
    if (kind == k_service) {
      const auto release = running_release(text("name"));
      set("release", release.empty() ? Value::null() : Value::text(release));
      set(k_faults, Value::texts(service_faults(text("name"))));
    }
    if (kind == k_guest || kind == k_disk) set(k_faults, Value::texts(guest_faults(kind, text("name"))));
    if (kind == k_ipsec || kind == k_connection || kind == k_condition) return vpn_.live(kind, std::move(attributes));
    return links_.live(kind, std::move(attributes));
  }

  /// Without their counters, and without the rule that only counts.
  [[nodiscard]] std::vector<std::string> rules_of(const std::string& chain,
                                                  const std::vector<std::string>& written) const {
    std::vector<std::string> rules;
    const auto listed = listing_.rules.find(chain);
    if (listed == listing_.rules.end()) return rules;
    CounterReader reader(chain, written);
    for (const auto& line : listed->second)
      if (auto rule = reader.read(line).rule; !rule.empty()) rules.push_back(std::move(rule));
    return rules;
  }

  /// Without those that the node has only while it serves.
  [[nodiscard]] std::vector<std::string> own_addresses(const std::string& interface, const Value& shared) const {
    std::vector<std::string> own;
    const auto found = addresses_.find(interface);
    if (found == addresses_.end()) return own;
    const auto* taken = shared.as_list();
    for (const auto& address : found->second)
      if (taken == nullptr ||
          std::none_of(taken->begin(), taken->end(), [&](const Value& one) { return one.text_or_empty() == address; }))
        own.push_back(address);
    return own;
  }

  [[nodiscard]] std::vector<std::string> faults() const {
    std::vector<std::string> faults;
    for (const auto line : split(text_of(report_, "redundancy"), '\n')) {
      const auto words = split(line, ' ');
      if (words.size() == 2 && words[1] == "stopped") faults.push_back(fmt::format("{} does not run", words[0]));
      if (words.size() == 3 && words[0] == "missing")
        faults.push_back(fmt::format("{} is not on {}", words[1], words[2]));
      if (words.size() == 2 && words[0] == "way")
        faults.push_back(fmt::format("its own way to {} is missing", words[1]));
    }
    return faults;
  }

  /// "NAME ID ok", "NAME ID missing", "NAME ID changed".
  [[nodiscard]] std::vector<std::string> release_faults(const std::string& name, const std::string& id) const {
    for (const auto line : split(text_of(report_, "releases"), '\n'))
      if (const auto words = split(line, ' '); words.size() == 3 && words[0] == name && words[1] == id)
        return words[2] == "ok"        ? std::vector<std::string>{}
               : words[2] == "missing" ? std::vector<std::string>{"it is not there"}
                                       : std::vector<std::string>{"its files were changed"};
    return {"nothing is known of it"};
  }

  /// "NAME release ID", "NAME stopped STATE", "NAME disabled", "NAME changed"; of one that
  /// is not to run "NAME running", "NAME enabled".
  [[nodiscard]] std::string running_release(const std::string& name) const {
    for (const auto line : split(text_of(report_, "services"), '\n'))
      if (const auto words = split(line, ' '); words.size() == 3 && words[0] == name && words[1] == "release")
        return printable(words[2]);
    return {};
  }
  [[nodiscard]] std::vector<std::string> service_faults(const std::string& name) const {
    std::vector<std::string> faults;
    for (const auto line : split(text_of(report_, "services"), '\n')) {
      const auto words = split(line, ' ');
      if (words.size() < 2 || words[0] != name) continue;
      if (words[1] == "stopped") faults.push_back(fmt::format("it does not run ({})", printable(words.back())));
      if (words[1] == "disabled") faults.emplace_back("it does not start at boot");
      if (words[1] == "running") faults.emplace_back("it runs, and is not to");
      if (words[1] == "enabled") faults.emplace_back("it starts at boot, and is not to");
      if (words[1] == "changed") faults.emplace_back("its unit was changed and not loaded");
      if (words[1] == "configuration") faults.emplace_back("its configuration is not as it was made");
    }
    return faults;
  }

  /// "INTERFACE WHAT WHICH" a line, as the agent says it of VLANs that are to be kept apart.
  [[nodiscard]] std::vector<std::string> apart_faults(const std::string& interface) const {
    std::vector<std::string> faults;
    for (const auto line : split(text_of(report_, "apart"), '\n')) {
      const auto words = split(line, ' ');
      if (words.size() != 3 || words[0] != interface) continue;
      if (words[1] == "port") faults.push_back(fmt::format("port {} is not kept apart", words[2]));
      if (words[1] == "trunk") faults.push_back(fmt::format("trunk {} lets others in", words[2]));
      if (words[1] == "frames") faults.push_back(fmt::format("switch {} lets others' frames through", words[2]));
      if (words[1] == "answers") faults.push_back(fmt::format("it does not answer for {}", words[2]));
      if (words[1] == "redirects") faults.emplace_back("it tells machines to go by each other");
    }
    return faults;
  }

  /// "NAME WHAT" a line, as the agent says it.
  [[nodiscard]] std::vector<std::string> guest_faults(std::string_view kind, const std::string& name) const {
    static const std::map<std::string_view, std::string_view> k_words{
        {"diskless", "its file is not there"},
        {"missing", "libvirt does not know it"},
        {"changed", "its definition in libvirt was changed"},
        {"stopped", "it does not run"},
        {"former", "it runs as it was defined before"}};
    std::vector<std::string> faults;
    for (const auto line : split(text_of(report_, "guests"), '\n'))
      if (const auto words = split(line, ' ');
          words.size() == 2 && words[0] == name && (words[1] == "diskless") == (kind == k_disk))
        if (const auto said = k_words.find(words[1]); said != k_words.end()) faults.emplace_back(said->second);
    return faults;
  }

  const Report& report_;
  Ports ports_;
  std::map<std::string, std::vector<std::string>> addresses_;
  Listing listing_;
  LiveLinks links_;
  LiveVpn vpn_;
};

}  // namespace

std::vector<Observed> objects_of(const Report& report) {
  return Reader(report).all();
}

std::map<std::string, std::vector<std::string>> listed_rules(const Report& report) {
  return listing_of(text_of(report, "firewall")).rules;
}

}  // namespace cloison::node
