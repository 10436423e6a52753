#include "core/verify/answer.h"

#include <algorithm>
#include <array>

namespace cloison::verify {

namespace {

constexpr uint16_t k_type = 256;

struct Echo {
  uint8_t protocol;
  uint16_t request, reply;
};
constexpr std::array<Echo, 2> k_echoes{Echo{protocol::k_icmp, 8 * k_type, 0},
                                       Echo{protocol::k_icmpv6, 128 * k_type, 129 * k_type}};

bool has_ports(unsigned protocol) {
  return protocol == protocol::k_tcp || protocol == protocol::k_udp || protocol == protocol::k_sctp;
}

PacketBox turned(PacketBox box) {
  std::swap(box.source, box.destination);
  return box;
}

/// Answers to the part of a box that is of these protocols, all of one sort; or what they answer.
void add_turned(PacketBox box, const Interval<uint8_t>& protocols, bool asked, PacketSet& into) {
  box.protocol = protocols;
  for (const auto& echo : k_echoes) {
    if (protocols.first != echo.protocol) continue;
    const auto from = asked ? echo.reply : echo.request, to = asked ? echo.request : echo.reply;
    if (!box.service.contains(from)) return;
    box.service = {to, to};
    into.add(turned(box));
    return;
  }
  if (has_ports(protocols.first)) std::swap(box.source_port, box.service);
  into.add(turned(box));
}

/// Whether a protocol is answered in its own way: those with ports and those with messages, each by itself.
bool alone(unsigned protocol) {
  return has_ports(protocol) || protocol == protocol::k_icmp || protocol == protocol::k_icmpv6;
}

PacketSet turned(const PacketSet& packets, bool asked) {
  PacketSet answers;
  for (const auto& box : packets.boxes())
    for (unsigned first = box.protocol.first; first <= box.protocol.last;) {
      auto last = first;
      while (!alone(first) && last < box.protocol.last && !alone(last + 1)) ++last;
      add_turned(box, {static_cast<uint8_t>(first), static_cast<uint8_t>(last)}, asked, answers);
      first = last + 1;
    }
  return answers;
}

}  // namespace

PacketSet answers_to(const PacketSet& packets) {
  return turned(packets, false);
}

PacketSet questions_to(const PacketSet& answers) {
  return turned(answers, true);
}

Packet answer_to(const Packet& packet) {
  auto answer = packet;
  std::swap(answer.source, answer.destination);
  if (has_ports(packet.protocol)) std::swap(answer.source_port, answer.service);
  for (const auto& echo : k_echoes)
    if (packet.protocol == echo.protocol && packet.service == echo.request) answer.service = echo.reply;
  return answer;
}

PacketBox box_of(const Packet& packet) {
  return {packet.family,
          {packet.source, packet.source},
          {packet.destination, packet.destination},
          {packet.protocol, packet.protocol},
          {packet.source_port, packet.source_port},
          {packet.service, packet.service}};
}

std::vector<Translated> translations(const std::vector<Leap>& leaps, const std::vector<std::size_t>& way) {
  std::vector<Translated> all;
  for (const auto at : way)
    if (leaps[at].kind == Leap::Kind::translated)
      all.push_back({leaps[at].where, leaps[at].of_source, leaps[at].end, leaps[at].packets});
  return all;
}

std::vector<std::string_view> passed_by(const std::vector<Leap>& leaps, const std::vector<std::size_t>& way) {
  std::vector<std::string_view> all;
  for (const auto at : way)
    if (leaps[at].kind == Leap::Kind::passes || leaps[at].kind == Leap::Kind::forwarded) all.push_back(leaps[at].where);
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

PacketSet translated_back(const Translated& translated, PacketSet& answers) {
  PacketSet before;
  const auto end = translated.of_source ? &PacketBox::destination : &PacketBox::source;
  for (const auto& expected : answers_to(translated.packets).boxes()) {
    for (auto box : answers.intersected(expected).boxes()) {
      box.*end = translated.end.of(box.*end);
      before.add(box);
    }
    answers.subtract(expected);
  }
  return before;
}

}  // namespace cloison::verify
