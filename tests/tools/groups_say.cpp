// Says what the proof makes of security groups: one JSON object a line on standard input, the objects as Neutron's API
// shows them,
//   {"networks": [...], "subnets": [...], "security_groups": [...], "security_group_rules": [...], "address_groups":
//    [...], "ports": [...], "packets": [[PORT, "out"|"in", SRC, DST, PROTOCOL, SOURCE PORT, SERVICE,
//    "fresh"|"established"], ...]}
// one line of answers for each: {"unknown": [...], "will": [true, ...], "may": [true, ...]}, the least that passes that
// port and the most. tests/proof/neutron_kernel.py compares that with the rules that Neutron makes.

#include <algorithm>
#include <iostream>
#include <string>

#include "core/net/json.h"
#include "core/verify/travel.h"
#include "providers/openstack/schema.h"
#include "providers/openstack/semantics.h"
#include "providers/openstack/wire.h"

namespace {

using namespace cloison;

const net::Json::Array& items(const net::Json& from, std::string_view name) {
  static const net::Json::Array k_none;
  const auto* found = from.find(name);
  return found == nullptr || found->as_array() == nullptr ? k_none : *found->as_array();
}

std::vector<PlacedResource> resources(const net::Json& question, net::Json::Array& unknown) {
  std::vector<PlacedResource> all;
  for (const auto kind : {openstack::kind::k_network, openstack::kind::k_subnet, openstack::kind::k_group,
                          openstack::kind::k_rule, openstack::kind::k_address_group, openstack::kind::k_port}) {
    for (const auto& json : items(question, openstack::names_of(kind).plural)) {
      auto seen = openstack::read_object(kind, json);
      if (seen)
        all.push_back({.id = seen->remote_id, .kind = std::string(kind), .attributes = std::move(seen->attributes)});
      else
        unknown.push_back(net::Json::text(seen.error().detail));
    }
  }
  return all;
}

struct Question {
  std::size_t port = verify::k_nothing;
  bool out = false;
  verify::PacketSet packets{};
  verify::ConnectionState state = verify::ConnectionState::fresh;
};

Question question_of(const net::Json::Array& fields, const verify::World& world) {
  Question asked;
  const auto& ports = world.ports();
  for (std::size_t i = 0; i < ports.size(); ++i)
    if (ports[i]->model.name == *fields.at(0).as_text()) asked.port = i;
  asked.out = *fields.at(1).as_text() == "out";
  const auto source = IpAddress::parse(*fields.at(2).as_text()),
             destination = IpAddress::parse(*fields.at(3).as_text());
  const auto protocol = static_cast<uint8_t>(*fields.at(4).as_integer());
  const auto source_port = static_cast<uint16_t>(*fields.at(5).as_integer()),
             service = static_cast<uint16_t>(*fields.at(6).as_integer());
  asked.packets.add({source->family,
                     {source->bits, source->bits},
                     {destination->bits, destination->bits},
                     {protocol, protocol},
                     {source_port, source_port},
                     {service, service}});
  if (*fields.at(7).as_text() == "established") asked.state = verify::ConnectionState::established;
  return asked;
}

/// As travel.cpp has it: what leaves goes by the card's own addresses and its filter, what comes by its filter.
bool passes(const verify::World& world, const Question& asked, bool most) {
  const auto& port = *world.ports()[asked.port];
  if (!asked.out)
    return !port.filters->in ||
           !port.filters->in->accepted(asked.packets, {.state = asked.state, .most = most}).value().empty();
  const auto leaps = verify::travel_from_port(world, asked.port, asked.packets, {.most = most, .state = asked.state});
  return std::any_of(leaps.begin(), leaps.end(), [&](const verify::Leap& one) {
    return one.kind == verify::Leap::Kind::passes && one.where == port.model.name && !one.packets.empty();
  });
}

net::Json answer(const net::Json& question) {
  net::Json::Array unknown, will, may;
  const auto placed = resources(question, unknown);
  auto forwarding = openstack::semantics(placed);
  for (const auto& one : forwarding.unknown) unknown.push_back(net::Json::text(one.what));
  std::vector<Forwarding> parts;
  parts.push_back(std::move(forwarding));
  const verify::World world(std::move(parts));
  for (const auto& packet : items(question, "packets")) {
    const auto asked = question_of(*packet.as_array(), world);
    will.push_back(net::Json::boolean(passes(world, asked, false)));
    may.push_back(net::Json::boolean(passes(world, asked, true)));
  }
  auto said = net::Json::object();
  said.set("unknown", net::Json::array(std::move(unknown)));
  said.set("will", net::Json::array(std::move(will)));
  said.set("may", net::Json::array(std::move(may)));
  return said;
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    const auto question = net::parse_json(line);
    if (!question) return 1;
    std::cout << net::to_text(answer(*question)) << std::endl;
  }
  return 0;
}
