#include "core/ops/explain.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/ops/proving.h"

namespace cloison::ops {

namespace {

using verify::Leap;

Diagnostic unanswered(std::string code, std::string summary, std::string detail, std::string hint) {
  return {.kind = ErrorKind::usage,
          .code = std::move(code),
          .summary = std::move(summary),
          .detail = std::move(detail),
          .hint = std::move(hint)};
}

/// An end of the question: its addresses, and what the topology calls it.
struct End {
  std::string path{};
  std::optional<IpAddress> ipv4{}, ipv6{};
  const topology::ResolvedSegment* segment = nullptr;  // in which it is, where it is in one of ours

  /// As others on its segment know it: where a node translates that, other than declared.
  [[nodiscard]] IpAddress on_wire(const IpAddress& declared) const {
    if (segment == nullptr || segment->segment == nullptr || !segment->segment->real) return declared;
    const auto& real = segment->segment->real->value;
    for (const auto& prefix : {segment->ipv4, segment->ipv6})
      if (prefix && prefix->contains(declared) && real.family() == declared.family)
        return {declared.family, real.address.bits + (declared.bits - prefix->address.bits)};
    return declared;
  }
};

class Ends {
 public:
  explicit Ends(const topology::Resolved& resolved) : resolved_(resolved) {}

  /// A path, or whatever a flow may call one host or segment.
  [[nodiscard]] std::optional<End> find(const std::string& word, std::vector<std::string>& several) const {
    if (const auto address = IpAddress::parse(word)) return at(*address);
    if (auto end = of_path(word)) return end;
    const auto paths = topology::selected_paths(resolved_, word).value.value_or(std::vector<std::string>{});
    if (paths.size() == 1) return of_path(paths.front());
    several = paths;
    return std::nullopt;
  }

  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto& segment : resolved_.segments) all.push_back(segment.path);
    for (const auto& host : resolved_.hosts) all.push_back(host.path);
    return all;
  }

 private:
  [[nodiscard]] std::optional<End> of_path(const std::string& word) const {
    for (const auto& host : resolved_.hosts)
      for (const auto& machine : host.machines)
        if (machine.path == word || host.path == word) return of(host, machine);
    for (const auto& segment : resolved_.segments) {
      for (const auto& peer : segment.peers)
        if (peer.machine.path == word) return End{word, peer.machine.ipv4, peer.machine.ipv6, &segment};
      if (segment.path == word) return somebody_of(segment);
    }
    for (const auto& node : resolved_.nodes)
      if (node.path == word && !node.inner.empty()) {
        auto end = at(node.own && node.own->ipv4 ? *node.own->ipv4 : node.inner.front());
        end.path = node.path;
        return end;
      }
    return std::nullopt;
  }

  [[nodiscard]] End of(const topology::ResolvedHost& host, const topology::Machine& machine) const {
    return {machine.path, machine.ipv4, machine.ipv6,
            host.segment == topology::k_none ? nullptr : &resolved_.segments[host.segment]};
  }
  static End with(std::string path, const std::optional<IpAddress>& address) {
    End end{.path = std::move(path)};
    if (address) (address->family == Family::ipv4 ? end.ipv4 : end.ipv6) = address;
    return end;
  }

  [[nodiscard]] End at(const IpAddress& address) const {
    for (const auto& host : resolved_.hosts)
      for (const auto& machine : host.machines)
        if (machine.ipv4 == address || machine.ipv6 == address) {
          auto end = with(machine.path, address);
          end.segment = of(host, machine).segment;
          return end;
        }
    std::string node;  // whose own it is
    for (const auto& one : resolved_.nodes)
      if ((one.own && (one.own->ipv4 == address || one.own->ipv6 == address)) ||
          std::find(one.inner.begin(), one.inner.end(), address) != one.inner.end())
        if (node.empty()) node = one.path;
    for (const auto& segment : resolved_.segments)
      for (const auto& prefix : {segment.ipv4, segment.ipv6})
        if (prefix && prefix->contains(address)) {
          auto end = with(node.empty() ? segment.path : node, address);
          end.segment = &segment;
          return end;
        }
    return with("", address);
  }

  /// A machine that nothing is declared of stands in a segment with physical ports; elsewhere its first host.
  [[nodiscard]] End somebody_of(const topology::ResolvedSegment& segment) const {
    End end{.path = segment.path, .segment = &segment};
    if (!segment.physical_ports && !segment.hosts.empty()) {
      const auto& host = resolved_.hosts[segment.hosts.front()];
      return of(host, host.machines.front());
    }
    if (!segment.peers.empty()) {
      const auto& machine = segment.peers.front().machine;
      return {machine.path, machine.ipv4, machine.ipv6, &segment};
    }
    for (const auto& [prefix, into] : {std::pair(segment.ipv4, &end.ipv4), {segment.ipv6, &end.ipv6}})
      if (prefix) *into = free_address(segment, *prefix);
    return end;
  }

  [[nodiscard]] std::optional<IpAddress> free_address(const topology::ResolvedSegment& segment,
                                                      const IpPrefix& prefix) const {
    const auto taken = [&](const IpAddress& address) {
      return std::any_of(segment.hosts.begin(), segment.hosts.end(), [&](uint32_t host) {
        const auto& machines = resolved_.hosts[host].machines;
        return std::any_of(machines.begin(), machines.end(),
                           [&](const topology::Machine& one) { return one.ipv4 == address || one.ipv6 == address; });
      });
    };
    constexpr uint128 k_behind_hosts = 50;
    const auto size = prefix.size();
    for (uint128 n = size == 0 || size > 2 * k_behind_hosts ? k_behind_hosts : 2; size == 0 || n + 1 < size; ++n)
      if (const auto address = prefix.nth(n); address && !taken(*address)) return address;
    return prefix.nth(2);
  }

  const topology::Resolved& resolved_;
};

std::optional<Packet> packet_of(const IpAddress& from, const IpAddress& to, const TransportMatch& match) {
  if (!match.ip_protocol || !match.exists_in(from.family)) return std::nullopt;
  constexpr uint16_t k_some_port = 40000;
  Packet packet{.family = from.family, .source = from.bits, .destination = to.bits, .protocol = *match.ip_protocol};
  if (*match.ip_protocol == protocol::k_icmp) {
    const auto& message = from.family == Family::ipv4 ? match.icmp4 : match.icmp6;
    const uint8_t echo = from.family == Family::ipv4 ? 8 : 128;
    packet.protocol = from.family == Family::ipv4 ? protocol::k_icmp : protocol::k_icmpv6;
    packet.service =
        static_cast<uint16_t>((message ? message->type : echo) * 256 + (message ? message->code.value_or(0) : 0));
  } else if (*match.ip_protocol == protocol::k_tcp || *match.ip_protocol == protocol::k_udp ||
             *match.ip_protocol == protocol::k_sctp) {
    packet.source_port = k_some_port;
    packet.service = match.ports.first;
  }
  return packet;
}

class Explaining {
 public:
  Explaining(const Context& context, const ExplainQuestion& question)
      : question_(question), validated_(validate(context)) {}

  Explained run() {
    explained_.notes = std::move(validated_.notes);
    explained_.sources = validated_.sources;
    explained_.ending = validated_.ending;
    if (validated_.ending != Ending::done || !validated_.resolved) return std::move(explained_);
    reasons_ = Reasons(validated_.resources, *validated_.resolved);
    const auto packet = asked();
    if (!packet) {
      explained_.ending = Ending::refused;
      return std::move(explained_);
    }
    const verify::World world(
        forwarding_of(validated_.resources, validated_.providers, outer_addresses(*validated_.resolved)));
    explained_.unknown = world.unknown();
    ask(world, *packet);
    if (too_complex_ || is_unknown(world)) explained_.verdict = Explained::Verdict::unknown;
    return std::move(explained_);
  }

 private:
  /// Whether something that is not modelled may have had a say: a rule of a device on the way, or one of a group, which
  /// any card may have.
  [[nodiscard]] bool is_unknown(const verify::World& world) const {
    const auto of_device = [&](const std::string& address) {
      return std::any_of(world.devices().begin(), world.devices().end(),
                         [&](const auto& device) { return device->model.address == address; });
    };
    const auto on_the_way = [&](const std::vector<ExplainedLeap>& leaps) {
      return std::any_of(leaps.begin(), leaps.end(), [&](const ExplainedLeap& leap) {
        return std::any_of(explained_.unknown.begin(), explained_.unknown.end(), [&](const Unmodelled& one) {
          return of_device(one.address) ? one.address == leap.resource
                                        : !leap.resource.empty() && !of_device(leap.resource);
        });
      });
    };
    return on_the_way(explained_.there) || on_the_way(explained_.back);
  }

  std::optional<End> end_of(const Ends& ends, const std::string& word) {
    std::vector<std::string> several;
    auto end = ends.find(word, several);
    if (end) return end;
    constexpr std::size_t k_shown = 4;
    const bool many = several.size() > k_shown;
    if (many) several.resize(k_shown);
    explained_.notes.push_back(unanswered(
        "CL6101",
        several.empty() ? fmt::format("nobody is called '{}'", printable(word))
                        : fmt::format("'{}' is several", printable(word)),
        "An end is an address, or the path of one host, segment or node.",
        several.empty() ? did_you_mean(word, ends.names()) : "one of: " + join(several, ", ") + (many ? "…" : "")));
    return std::nullopt;
  }

  std::optional<Packet> asked() {
    const Ends ends(*validated_.resolved);
    const auto from = end_of(ends, question_.from), to = end_of(ends, question_.to);
    const auto matches = topology::port_matches(*validated_.topology, question_.port);
    const auto* const match = matches.empty() ? nullptr : &matches.front();
    if (!match)
      explained_.notes.push_back(
          unanswered("CL6102", fmt::format("'{}' is no port", printable(question_.port)),
                     "It is PROTOCOL/PORT, icmp/MESSAGE, or a name that the topology or cloison knows.",
                     "tcp/443, udp/53, icmp/echo-request, https"));
    if (!from || !to || !match) return std::nullopt;
    for (const auto& [source, destination] : {std::pair(from->ipv4, to->ipv4), {from->ipv6, to->ipv6}})
      if (source && destination)
        if (auto packet = packet_of(from->on_wire(*source), *destination, *match)) {
          explained_.from = source->text(), explained_.to = destination->text(), explained_.service = match->text();
          explained_.from_path = from->path, explained_.to_path = to->path;
          return packet;
        }
    explained_.notes.push_back(
        unanswered("CL6103", "there is no such packet",
                   fmt::format("'{}' and '{}' have no addresses of one family in which there is {}.",
                               printable(question_.from), printable(question_.to), printable(question_.port)),
                   "ask with addresses: cloison explain 10.0.0.10 10.0.1.10 tcp/443"));
    return std::nullopt;
  }

  /// From a device of a person's own, at the end of whichever tunnel has it.
  static std::vector<Leap> from_tunnels(const verify::World& world, const verify::PacketSet& packets,
                                        const verify::TravelOptions& options) {
    for (std::size_t i = 0; i < world.devices().size(); ++i)
      for (std::size_t j = 0; j < world.devices()[i]->model.tunnels.size(); ++j) {
        if (world.far_end(i, j)) continue;
        if (auto leaps = verify::travel_from_tunnel(world, i, j, packets, options); !leaps.empty()) return leaps;
      }
    return {};
  }

  /// From where a packet has arrived.
  static std::vector<Leap> answered_from(const verify::World& world, const Leap& arrival, const Packet& packet,
                                         const verify::TravelOptions& options) {
    const verify::PacketSet packets(verify::box_of(packet));
    for (std::size_t i = 0; i < world.ports().size(); ++i)
      if (world.ports()[i]->model.name == arrival.where) return verify::travel_from_port(world, i, packets, options);
    if (const auto network = world.network(arrival.where); network != verify::k_nothing)
      return verify::travel_from_network(world, network, packets, options);
    for (std::size_t i = 0; i < world.devices().size(); ++i)
      if (world.devices()[i]->model.name == arrival.where)
        return verify::travel_from_device(world, i, packets, options);
    return from_tunnels(world, packets, options);
  }

  /// From the card that has the address; else from a machine of a network that it would be on.
  [[nodiscard]] std::vector<Leap> sent(const verify::World& world, const Packet& packet,
                                       const verify::TravelOptions& options) const {
    const IpAddress from{packet.family, packet.source};
    const verify::PacketSet packets(verify::box_of(packet));
    for (std::size_t i = 0; i < world.ports().size(); ++i) {
      const auto& port = *world.ports()[i];
      if (port.device.device == verify::k_nothing &&
          std::find(port.model.addresses.begin(), port.model.addresses.end(), from) != port.model.addresses.end())
        return verify::travel_from_port(world, i, packets, options);
    }
    for (std::size_t i = 0; i < world.devices().size(); ++i)
      if (world.devices()[i]->model.name == explained_.from_path || has_address(*world.devices()[i], from))
        return verify::travel_from_device(world, i, packets, options);
    // The same real addresses may be at several places; then it is where the question says.
    auto networks = world.networks_of(from);
    std::stable_partition(networks.begin(), networks.end(),
                          [&](std::size_t network) { return is_at(world, network, explained_.from_path); });
    for (const auto network : networks)
      if (auto leaps = verify::travel_from_network(world, network, packets, options); !leaps.empty()) return leaps;
    return from_tunnels(world, packets, options);
  }

  static bool has_address(const verify::World::Device& device, const IpAddress& address) {
    return std::any_of(device.model.interfaces.begin(), device.model.interfaces.end(), [&](const DeviceInterface& one) {
      return std::find(one.addresses.begin(), one.addresses.end(), address) != one.addresses.end() ||
             std::find(one.shared.begin(), one.shared.end(), address) != one.shared.end();
    });
  }

  /// Whether the devices of a network are at the place of a path: "lab/lyon-03.node/lyon-03-1" at that of
  /// "lab/lyon-03.lan".
  static bool is_at(const verify::World& world, std::size_t network, const std::string& path) {
    const auto place = path.substr(0, path.find('.')) + '.';
    const auto& devices = world.networks()[network]->devices;
    return std::any_of(devices.begin(), devices.end(), [&](const verify::Leg& leg) {
      return world.devices()[leg.device]->model.name.starts_with(place);
    });
  }

  void ask(const verify::World& world, const Packet& packet) {
    const verify::TravelOptions options{.refusals = true};
    const auto there = sent(world, packet, options);
    const auto arrived = arrival_in(there);
    note_given_up(there);
    explained_.there = lines(there, arrived);
    name_ends(world, explained_.there, explained_.from_path, explained_.to_path);
    if (there.empty())
      explained_.there.push_back(
          {.kind = Leap::Kind::refused, .where = explained_.from, .why = "nothing of ours is at this address"});
    if (arrived == verify::k_nothing) return;
    if (there[arrived].kind == Leap::Kind::leaves) {
      if (!explained_.to_path.empty()) {  // one of ours is not out there, at least not under this address
        explained_.there.push_back(
            {.kind = Leap::Kind::refused, .where = "outside", .why = "nobody has that address there"});
        return;
      }
      explained_.verdict = Explained::Verdict::permitted;  // its answers are its connection's
      return;
    }
    const auto final = there[arrived].packets.sample();
    const auto back = answered_from(world, there[arrived], verify::answer_to(final.value_or(packet)),
                                    verify::answered(options, there, arrived));
    const auto returned = arrival_in(back);
    note_given_up(back);
    explained_.back = lines(back, returned);
    name_ends(world, explained_.back, explained_.to_path, explained_.from_path);
    explained_.verdict = returned == verify::k_nothing ? Explained::Verdict::one_way : Explained::Verdict::permitted;
  }

  void note_given_up(const std::vector<Leap>& leaps) {
    const auto where = verify::given_up(leaps);
    if (!where) return;
    too_complex_ = true;
    explained_.unknown.push_back({where->where, std::string(where->why)});
  }

  /// The leap by which it arrives, or leaves for the outside; k_nothing.
  static std::size_t arrival_in(const std::vector<Leap>& leaps) {
    for (std::size_t i = 0; i < leaps.size(); ++i)
      if (leaps[i].kind == Leap::Kind::arrives || leaps[i].kind == Leap::Kind::leaves) return i;
    return verify::k_nothing;
  }

  /// The way to where it arrives; without one, each that came to nothing, the longest first.
  std::vector<ExplainedLeap> lines(const std::vector<Leap>& leaps, std::size_t arrived) const {
    std::vector<ExplainedLeap> lines;
    auto end = arrived;
    if (end == verify::k_nothing) {
      std::size_t longest = 0;
      for (std::size_t i = 0; i < leaps.size(); ++i)
        if ((leaps[i].kind == Leap::Kind::refused || leaps[i].kind == Leap::Kind::given_up) &&
            verify::way_to(leaps, i).size() > longest) {
          longest = verify::way_to(leaps, i).size();
          end = i;
        }
    }
    for (const auto at : verify::way_to(leaps, end)) lines.push_back(reasons_.of(leaps[at]));
    return lines;
  }

  /// A person's own device is known to tunnels by its key, and to people by its path.
  static void name_ends(const verify::World& world, std::vector<ExplainedLeap>& lines, const std::string& first,
                        const std::string& last) {
    for (auto& line : lines)
      for (const auto& device : world.devices())
        for (const auto& end : device->model.tunnels)
          if (line.where == end.other && line.kind == Leap::Kind::begins && !first.empty())
            line.where = first;
          else if (line.where == end.other && line.kind == Leap::Kind::arrives && !last.empty())
            line.where = last;
  }

  const ExplainQuestion& question_;
  Validated validated_;
  Explained explained_{};
  Reasons reasons_{};
  bool too_complex_ = false;
};

}  // namespace

Explained explain(const Context& context, const ExplainQuestion& question) {
  return Explaining(context, question).run();
}

}  // namespace cloison::ops
