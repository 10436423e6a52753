#include "providers/node/semantics.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "providers/node/report.h"
#include "providers/node/routing.h"
#include "providers/node/schema.h"
#include "providers/node/settings.h"

namespace cloison::node {

namespace {

/// "ADDRESS/LENGTH" as the address of an interface, and the prefix on which it is.
struct Own {
  IpAddress address{};
  IpPrefix prefix{};
};
std::optional<Own> own_address(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  const auto prefix = IpPrefix::parse_loose(text);
  if (!address || !prefix) return std::nullopt;
  return Own{*address, *prefix};
}

class NodeModel {
 public:
  NodeModel(std::span<const PlacedResource> resources, RuleMemory& memory) : resources_(resources), memory_(memory) {
    for (const auto& one : resources)
      if (one.kind == k_firewall || one.kind == k_agent) name_ = one.address.substr(0, one.address.rfind('.'));
    device_.name = name_;
  }

  Forwarding read() {
    each(k_vlan, [this](const auto& at) { vlan(at); });
    each(k_guest, [this](const auto& at) { guest(at); });
    each(k_underlay, [this](const auto& at) {
      outer(at.text("interface"));
      check_number(k_underlay, at, "mark");
      if (const auto mark = at.number("mark")) marked_[*mark] = at.text("interface");
    });
    each(k_redundancy, [this](const auto& at) { redundancy(at); });
    each(k_tunnel, [this](const auto& at) { tunnel(at); });
    each(k_peer, [this](const auto& at) { peer(at); });
    each(k_connection, [this](const auto& at) { connection(at); });
    each(k_routing, [this](const auto& at) { routing(at); });
    each(k_forwarding, [this](const auto& at) {
      device_.forwards_ipv4 = at.is_set("ipv4");
      device_.forwards_ipv6 = at.is_set("ipv6");
    });
    for (const auto& one : resources_)
      if (one.kind == k_firewall) firewall(one);
    ways_out();
    forwarding_.devices.push_back(std::move(device_));
    return std::move(forwarding_);
  }

 private:
  template <class Use>
  void each(std::string_view kind, Use use) {
    for (const auto& one : resources_) {
      if (one.kind != kind) continue;
      reading_ = one.address;
      use(Settings(kind, one.attributes));
    }
  }

  /// What this cannot read may mean anything.
  void unreadable(std::string_view attribute, std::string_view text) {
    forwarding_.unknown.push_back(
        {.address = std::string(reading_), .what = fmt::format("{} '{}'", attribute, printable(std::string(text)))});
  }
  void check_number(std::string_view kind, const Settings& at, std::string_view attribute) {
    const auto number = at.number(attribute);
    const auto& of = schema_of(kind).attributes[*schema_of(kind).slot(attribute)];
    if (number && (*number < of.minimum.value_or(*number) || *number > of.maximum.value_or(*number)))
      unreadable(attribute, std::to_string(*number));
  }
  std::vector<IpPrefix> prefixes(const Settings& at, std::string_view attribute) {
    std::vector<IpPrefix> all;
    for (const auto& text : at.texts(attribute))
      if (const auto prefix = IpPrefix::parse_loose(text))
        all.push_back(*prefix);
      else
        unreadable(attribute, text);
    return all;
  }
  std::vector<Own> owned(const Settings& at, std::string_view attribute) {
    std::vector<Own> all;
    for (const auto& text : at.texts(attribute))
      if (const auto own = own_address(text))
        all.push_back(*own);
      else
        unreadable(attribute, text);
    return all;
  }

  DeviceInterface& interface(const std::string& name) {
    const auto found = std::find_if(device_.interfaces.begin(), device_.interfaces.end(),
                                    [&](const DeviceInterface& one) { return one.name == name; });
    if (found != device_.interfaces.end()) return *found;
    device_.interfaces.push_back({.name = name});
    return device_.interfaces.back();
  }
  void outer(const std::string& name) { interface(name).outer = true; }

  /// The nodes of a place share a switch.
  [[nodiscard]] std::string switched(std::optional<int64_t> tag) const {
    const auto place = name_.substr(0, name_.find(".node/"));
    return tag ? fmt::format("{} vlan {}", place, *tag) : place + " untagged";
  }

  void vlan(const Settings& at) {
    const auto& name = at.text("name");
    check_number(k_vlan, at, "tag");
    SwitchedNetwork network{.name = switched(at.number("tag"))};
    network.apart = is_apart(at);
    network.unseen = !network.apart;
    auto& mine = interface(name);
    mine.network = network.name;
    for (const auto& [attribute, into] : {std::pair("addresses", &mine.addresses), {"shared", &mine.shared}})
      for (const auto& own : owned(at, attribute)) {
        into->push_back(own.address);
        if (own.prefix.length < address_bits(own.address.family)) add_once(network.prefixes, own.prefix);
      }
    for (const auto& prefix : network.prefixes) device_.routes.push_back({.to = prefix, .interface = name});
    for (const auto& text : at.texts("outward")) {
      const auto words = split(text, ' ');  // "FAMILY TABLE"
      if (const auto table = words.size() == 2 ? number_in<uint32_t>(words[1]) : std::nullopt)
        (words[0] == "ipv4" ? outward4_ : outward6_).emplace(name, *table);
      else
        unreadable("outward", text);
    }
    if (at.is_set("apart")) network.answered = answered(at, network.prefixes);
    forwarding_.networks.push_back(std::move(network));
  }

  /// Whether all machines on a VLAN are guests of nodes, which keep them apart. Behind a port, or beyond a trunk by
  /// which anybody comes in, may be a switch that is nobody's here: who is at it are unseen.
  static bool is_apart(const Settings& at) {
    const auto from = at.texts("from_trunk");
    return at.is_set("apart") && at.texts("access").empty() && at.texts(k_faults).empty() &&
           std::find(from.begin(), from.end(), "any") == from.end();
  }

  /// All of IPv4 where the node answers for it (RFC 3069), single addresses of IPv6.
  static std::vector<IpPrefix> answered(const Settings& at, const std::vector<IpPrefix>& prefixes) {
    std::vector<IpPrefix> all;
    for (const auto& whom : at.texts("answers_for")) {
      if (const auto address = IpAddress::parse(whom)) all.push_back(IpPrefix::of(*address));
      if (whom != "ipv4") continue;
      std::copy_if(prefixes.begin(), prefixes.end(), std::back_inserter(all),
                   [](const IpPrefix& prefix) { return prefix.family() == Family::ipv4; });
    }
    return all;
  }

  /// A machine of a VLAN on which all machines are known; elsewhere it is one of those that are unseen.
  void guest(const Settings& at) {
    const auto network =
        std::find_if(forwarding_.networks.begin(), forwarding_.networks.end(),
                     [&](const SwitchedNetwork& one) { return one.name == switched(at.number("tag")); });
    if (network == forwarding_.networks.end() || network->unseen) return;
    const auto words = split(at.text("name"), '_');  // "SEGMENT_HOST"
    if (words.size() != 2) return unreadable("name", at.text("name"));
    MachinePort port{.name = fmt::format("{}.{}.{}", name_.substr(0, name_.find(".node/")), words[0], words[1]),
                     .network = network->name,
                     .any_source = true};
    for (const auto& own : owned(at, "addresses")) port.addresses.push_back(own.address);
    forwarding_.ports.push_back(std::move(port));
  }

  static void add_once(std::vector<IpPrefix>& prefixes, const IpPrefix& prefix) {
    if (std::find(prefixes.begin(), prefixes.end(), prefix) == prefixes.end()) prefixes.push_back(prefix);
  }

  /// Of a cloud's gateway it is all that tells of its one leg inside.
  void redundancy(const Settings& at) {
    const auto& name = at.text("interface");
    auto& mine = interface(name);
    if (const auto source = IpAddress::parse(at.text("source"));
        source && std::find(mine.addresses.begin(), mine.addresses.end(), *source) == mine.addresses.end())
      mine.addresses.push_back(*source);
    for (const auto& text : at.texts("shared")) {
      const auto words = split(text, ' ');  // "ADDRESS/LENGTH INTERFACE"
      const auto own = own_address(words.front());
      if (words.size() != 2 || !own) {
        unreadable("shared", text);
        continue;
      }
      auto& there = interface(std::string(words[1])).shared;
      if (std::find(there.begin(), there.end(), own->address) == there.end()) there.push_back(own->address);
    }
    for (const auto& text : at.texts("routes")) {
      const auto words = split(text, ' ');  // "PREFIX ADDRESS INTERFACE"
      const auto to = IpPrefix::parse(words.front());
      const auto via = words.size() == 3 ? IpAddress::parse(words[1]) : std::nullopt;
      if (to && via)
        device_.routes.push_back({.to = *to, .interface = std::string(words[2]), .via = via});
      else
        unreadable("routes", text);
    }
  }

  void tunnel(const Settings& at) {
    check_number(k_tunnel, at, "mark");
    auto& mine = interface(at.text("name"));
    for (const auto& own : owned(at, "addresses")) {
      mine.addresses.push_back(own.address);
      if (own.prefix.length < address_bits(own.address.family))
        device_.routes.push_back({.to = own.prefix, .interface = mine.name});
    }
    keys_.emplace(at.text("name"), Key{key_id(at.text("key")), at.text("key"), at.number("mark")});
  }

  /// What the far end knows this one by: live, the key; planned or to be made anew, the resource of its key.
  [[nodiscard]] std::string key_id(const std::string& key) const {
    for (const auto& one : resources_) {
      if (one.kind != k_key) continue;
      const Settings settings(k_key, one.attributes);
      if (settings.text("name") != key) continue;
      if (!settings.text("public_key").empty()) return settings.text("public_key");
      return one.address.empty() ? one.id : one.address;
    }
    return {};
  }

  /// Of "192.0.2.2:51820" or "[2001:db8::2]:51820".
  static std::optional<IpAddress> address_of(std::string_view endpoint) {
    const auto end = endpoint.rfind(':');
    if (end == std::string_view::npos) return std::nullopt;
    auto text = endpoint.substr(0, end);
    if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
    return IpAddress::parse(text);
  }

  void peer(const Settings& at) {
    const auto& tunnel = at.text("tunnel");
    TunnelEnd end{.interface = tunnel, .other = referred(at.at("public_key")), .behind = prefixes(at, "allowed")};
    if (const auto key = keys_.find(tunnel); key != keys_.end()) {
      end.own = key->second.id, end.link = key->second.name;
      if (const auto by = marked_.find(key->second.mark.value_or(0)); by != marked_.end()) {
        end.by = {by->second};
        if (const auto dialled = address_of(at.text("endpoint"))) end.to = {*dialled};
      }
    }
    device_.tunnels.push_back(std::move(end));
  }

  void connection(const Settings& at) {
    auto& mine = interface(at.text("interface"));
    for (const auto& text : at.texts("sources")) {
      const auto source = IpAddress::parse(text);
      if (!source)
        unreadable("sources", text);
      else if (std::find(mine.addresses.begin(), mine.addresses.end(), *source) == mine.addresses.end())
        mine.addresses.push_back(*source);
    }
    std::vector<std::string> by;
    std::vector<IpAddress> to;
    for (const auto& text : at.texts("dials_by"))
      if (const auto words = split(text, ' '); words.size() == 4 && words[1] != "-")  // NAME INTERFACE MARK ADDRESS
        if (const auto dialled = IpAddress::parse(words[3])) by.emplace_back(words[1]), to.push_back(*dialled);
    device_.tunnels.push_back({.interface = mine.name,
                               .own = at.text("local_id"),
                               .other = at.text("remote_id"),
                               .behind = prefixes(at, "remote"),
                               .near = prefixes(at, "local"),
                               .by = std::move(by),
                               .to = std::move(to),
                               .link = at.text("key"),
                               .routed = true});
  }

  void routing(const Settings& at) {
    device_.announces = prefixes(at, "announce");
    for (const auto& line : at.texts("routes")) {
      const auto route = parse_route(line);
      if (!route) {
        unreadable("route", line);
      } else {
        if (route->table == 0) device_.routes.push_back({.to = route->to, .via = route->via});
        for (const auto* outward : {&outward4_, &outward6_})
          for (const auto& [interface, table] : *outward)
            if (route->table == table && table != 0)
              device_.routes.push_back({.to = route->to, .via = route->via, .only_from = interface});
      }
    }
    for (const auto& line : at.texts("neighbours")) {
      const auto neighbour = parse_neighbour(line);
      const auto address = neighbour ? IpAddress::parse(neighbour->address) : std::nullopt;
      if (!address) {
        forwarding_.unknown.push_back({.address = name_ + ".routing", .what = "neighbour '" + printable(line) + "'"});
        continue;
      }
      device_.sessions.push_back({.interface = neighbour->interface,
                                  .neighbour = *address,
                                  .offers = neighbour->offer,
                                  .accepts = neighbour->accept,
                                  .preference = neighbour->preference,
                                  .distance = neighbour->med});
    }
  }

  /// Rules name interfaces that no resource is about: those by which its administrator has connected it.
  void connected(const InterfaceMatch& match) {
    for (const auto& name : match.names)
      if (name != "lo" && std::none_of(device_.interfaces.begin(), device_.interfaces.end(),
                                       [&](const DeviceInterface& one) { return one.name == name; }))
        outer(name);
  }

  /// Whoever set the node up has given it a way out by its underlays (docs/providers/node.md); segments with a table of
  /// their own have theirs by that.
  void ways_out() {
    for (const auto& interface : device_.interfaces) {
      if (!interface.outer) continue;
      for (const auto& [family, outward] : {std::pair(Family::ipv4, &outward4_), {Family::ipv6, &outward6_}}) {
        ForwardingRoute route{.to = IpPrefix::any(family), .interface = interface.name};
        for (const auto& [name, table] : *outward) route.not_from.push_back(name);
        device_.routes.push_back(std::move(route));
      }
    }
  }

  void firewall(const PlacedResource& resource) {
    std::vector<IpAddress> local;
    for (const auto& one : device_.interfaces)
      for (const auto* addresses : {&one.addresses, &one.shared})
        local.insert(local.end(), addresses->begin(), addresses->end());
    const auto rules = memory_.of(resource.attributes, local);
    device_.input = rules->input, device_.forward = rules->forward, device_.output = rules->output;
    device_.arriving = rules->arriving, device_.sending = rules->sending, device_.leaving = rules->leaving;
    device_.address = resource.address;
    for (const auto* chain : {&rules->input, &rules->forward, &rules->output})
      for (const auto& rule : (*chain)->rules) {
        connected(rule.match.in);
        connected(rule.match.out);
      }
    for (auto one : rules->unknown) {
      one.address = resource.address;
      forwarding_.unknown.push_back(std::move(one));
    }
  }

  std::span<const PlacedResource> resources_;
  RuleMemory& memory_;
  std::string name_{};
  std::string_view reading_{};  // address of the resource that is being read
  ForwardingDevice device_{};
  Forwarding forwarding_{};
  struct Key {
    std::string id{}, name{};
    std::optional<int64_t> mark{};
  };
  std::map<std::string, Key> keys_{};                        // by tunnel
  std::map<int64_t, std::string> marked_{};                  // underlays' interfaces by the mark of their packets
  std::map<std::string, uint32_t> outward4_{}, outward6_{};  // tables by which VLANs leave for the outside
};

}  // namespace

Forwarding semantics(std::span<const PlacedResource> resources, RuleMemory& memory) {
  return NodeModel(resources, memory).read();
}

Forwarding semantics(std::span<const PlacedResource> resources) {
  RuleMemory memory;
  return semantics(resources, memory);
}

}  // namespace cloison::node
