#include "core/verify/packet_text.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

namespace cloison::verify {

namespace {

std::string protocol_text(uint8_t number) {
  static const std::map<uint8_t, std::string_view> k_names{
      {protocol::k_icmp, "icmp"}, {protocol::k_igmp, "igmp"}, {protocol::k_tcp, "tcp"},  {protocol::k_udp, "udp"},
      {protocol::k_gre, "gre"},   {protocol::k_esp, "esp"},   {protocol::k_ah, "ah"},    {protocol::k_icmpv6, "icmp"},
      {protocol::k_ospf, "ospf"}, {protocol::k_vrrp, "vrrp"}, {protocol::k_sctp, "sctp"}};
  const auto name = k_names.find(number);
  return name == k_names.end() ? fmt::format("protocol {}", number) : std::string(name->second);
}

std::string message_text(const Interval<uint16_t>& service) {
  constexpr uint16_t k_type = 256;
  const auto type = service.first / k_type;
  if (service.first == 0 && service.last == UINT16_MAX) return {};
  if (type == 8 || type == 128) return "/echo-request";
  return type == service.last / k_type ? fmt::format("/type-{}", type)
                                       : fmt::format("/type-{}-{}", type, service.last / k_type);
}

}  // namespace

std::string service_text(const PacketBox& box) {
  if (box.protocol.first == 0 && box.protocol.last == UINT8_MAX) return "any";
  if (box.protocol.first != box.protocol.last)
    return fmt::format("protocols {}-{}", box.protocol.first, box.protocol.last);
  const auto number = box.protocol.first;
  auto text = protocol_text(number);
  if (number == protocol::k_icmp || number == protocol::k_icmpv6) return text + message_text(box.service);
  const bool ports = number == protocol::k_tcp || number == protocol::k_udp || number == protocol::k_sctp;
  if (!ports) return text;
  if (box.service.first == box.service.last)
    text += fmt::format("/{}", box.service.first);
  else if (box.service.first != 0 || box.service.last != UINT16_MAX)
    text += fmt::format("/{}-{}", box.service.first, box.service.last);
  // From one port of a client is nothing that needs telling.
  constexpr uint16_t k_well_known = 1024;
  const auto& from = box.source_port;
  if (from.first == from.last && from.first < k_well_known) text += fmt::format(" from port {}", from.first);
  return text;
}

std::vector<std::string> service_texts(const std::vector<PacketBox>& boxes) {
  std::vector<std::string> all;
  for (const auto& box : boxes)
    if (auto text = service_text(box); std::find(all.begin(), all.end(), text) == all.end())
      all.push_back(std::move(text));
  return all;
}

std::string range_text(Family family, const Interval<uint128>& range) {
  const auto all = PacketBox::all(family).source;
  if (range == all) return "any";
  const IpAddress first{family, range.first}, last{family, range.last};
  if (range.first == range.last) return first.text();
  for (unsigned length = 0; length <= address_bits(family); ++length)
    if (const IpPrefix prefix{first, static_cast<uint8_t>(length)};
        prefix.without_host_bits().address == first && prefix.last() == last)
      return prefix.text();
  return fmt::format("{}-{}", first.text(), last.text());
}

std::string packets_text(const PacketSet& packets) {
  if (packets.empty()) return "nothing";
  const auto& box = packets.boxes().front();
  auto text = fmt::format("{} -> {} {}", range_text(box.family, box.source), range_text(box.family, box.destination),
                          service_text(box));
  if (const auto more = packets.boxes().size() - 1; more != 0) text += fmt::format(" and {} more", more);
  return text;
}

std::string packet_text(const Packet& packet) {
  return packets_text(PacketSet(PacketBox{packet.family,
                                          {packet.source, packet.source},
                                          {packet.destination, packet.destination},
                                          {packet.protocol, packet.protocol},
                                          {packet.source_port, packet.source_port},
                                          {packet.service, packet.service}}));
}

}  // namespace cloison::verify
