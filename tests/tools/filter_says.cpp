// Says what the proof makes of rules of nftables: one JSON object a line on standard input,
//   {"rules": [...], "sets": ["NAME TYPE ELEMENT...", ...], "in": "a", "out": "b", "packets": [["ipv4", SRC, DST,
//   PROTOCOL,
//    SOURCE PORT, SERVICE, "fresh"|"established"], ...]}
// one line of answers for each: {"unknown": [...], "passes": [true, ...]}. tests/proof/nft_kernel.py compares that with
// a kernel.

#include <algorithm>
#include <iostream>
#include <string>

#include "core/net/json.h"
#include "core/verify/filter.h"
#include "providers/node/nft_reader.h"

namespace {

using namespace cloison;

std::vector<std::string> texts(const net::Json& from, std::string_view name) {
  std::vector<std::string> all;
  const auto* items = from.find(name);
  for (const auto& item : items == nullptr || items->as_array() == nullptr ? net::Json::Array{} : *items->as_array())
    if (const auto* text = item.as_text()) all.push_back(*text);
  return all;
}

net::Json answer(const net::Json& question) {
  std::vector<Unmodelled> unknown;
  const node::NftContext context{.sets = node::nft_sets(texts(question, "sets"))};
  const auto chain = node::read_filter("forward", texts(question, "rules"), context, unknown);
  const verify::Filter filter(chain);
  net::Json::Array named, passes;
  for (const auto& one : unknown) named.push_back(net::Json::text(one.what));
  const auto* packets = question.find("packets");
  for (const auto& item : packets->as_array() == nullptr ? net::Json::Array{} : *packets->as_array()) {
    const auto& fields = *item.as_array();
    const auto number = [&](std::size_t i) { return static_cast<uint16_t>(*fields.at(i).as_integer()); };
    const auto source = IpAddress::parse(*fields.at(1).as_text()),
               destination = IpAddress::parse(*fields.at(2).as_text());
    const Packet packet{source->family, source->bits, destination->bits, static_cast<uint8_t>(number(3)),
                        number(4),      number(5)};
    PacketBox box{packet.family,
                  {packet.source, packet.source},
                  {packet.destination, packet.destination},
                  {packet.protocol, packet.protocol},
                  {packet.source_port, packet.source_port},
                  {packet.service, packet.service}};
    const bool fresh = *fields.at(6).as_text() == "fresh";
    const auto accepted =
        filter.accepted(verify::PacketSet(box),
                        {.in = std::string(question.text_at("in")),
                         .out = std::string(question.text_at("out")),
                         .state = fresh ? verify::ConnectionState::fresh : verify::ConnectionState::established});
    passes.push_back(net::Json::boolean(!accepted.value().empty()));
  }
  auto said = net::Json::object();
  said.set("unknown", net::Json::array(std::move(named)));
  said.set("passes", net::Json::array(std::move(passes)));
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
