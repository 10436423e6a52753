#include "tests/segmentation/model_text.h"

#include <array>

#include <fmt/format.h>

namespace cloison::test {

namespace {

class ModelText {
 public:
  std::string of(const Forwarding& network) {
    for (const auto& one : network.networks) {
      word("\nnetwork", one.name, one.unseen, one.apart);
      prefixes(one.prefixes), prefixes(one.answered);
    }
    for (const auto& one : network.devices) device(one);
    for (const auto& one : network.ports) {
      word("\nport", one.name, one.network, one.any_source);
      addresses(one.addresses), prefixes(one.also_from);
      chain(one.in), chain(one.out);
    }
    for (const auto& one : network.unknown) word("\nunknown", one.address, one.what);
    return std::move(text_);
  }

 private:
  template <class... Words>
  void word(const Words&... words) {
    ((text_ += fmt::format("{}|", words)), ...);
  }
  void prefixes(const std::vector<IpPrefix>& all) {
    for (const auto& one : all) word(one.text());
    text_ += ';';
  }
  void addresses(const std::vector<IpAddress>& all) {
    for (const auto& one : all) word(one.text());
    text_ += ';';
  }
  void texts(const std::vector<std::string>& all) {
    for (const auto& one : all) word(one);
    text_ += ';';
  }
  template <class Range>
  void range(const Range& range) {
    const auto number = [](auto value) {
      return fmt::format("{:x}.{:x}", static_cast<uint64_t>(static_cast<uint128>(value) >> 64U),
                         static_cast<uint64_t>(value));
    };
    word(number(range.first), number(range.last));
  }

  void match(const RuleMatch& one) {
    for (const auto* interfaces : {&one.in, &one.out}) texts(interfaces->names), word(interfaces->inverted);
    for (const auto& box : one.packets) {
      word(box.family == Family::ipv4);
      range(box.source), range(box.destination), range(box.protocol), range(box.source_port), range(box.service);
    }
    word(one.fresh, one.established, one.presence == Presence::always, one.implicit, one.label);
  }
  void chain(const SharedChain& chain) {
    if (!chain) return word("\n no filter");
    word("\n filter", chain->accepts_rest);
    for (const auto& rule : chain->rules) {
      match(rule.match);
      word(static_cast<int>(rule.action), rule.target, '\n');
    }
  }
  void translations(const TranslationChain& chain) {
    word("\n translations");
    for (const auto& rule : chain.rules) {
      match(rule.match);
      word(static_cast<int>(rule.action), rule.to.text(), rule.by_offset, '\n');
    }
  }

  void device(const ForwardingDevice& one) {
    word("\ndevice", one.name, one.forwards_ipv4, one.forwards_ipv6);
    for (const auto& interface : one.interfaces) {
      word("\n interface", interface.name, interface.network, interface.outer, interface.published.has_value());
      if (interface.published) prefixes(*interface.published);
      addresses(interface.addresses), addresses(interface.shared);
    }
    for (const auto& route : one.routes) {
      word("\n route", route.to.text(), route.interface, route.via ? route.via->text() : "", route.only_from,
           route.presence == Presence::always);
      texts(route.not_from);
    }
    for (const auto& session : one.sessions) {
      word("\n session", session.interface, session.neighbour.text(), session.preference, session.distance);
      prefixes(session.offers), prefixes(session.accepts);
    }
    prefixes(one.announces);
    for (const auto& end : one.tunnels) {
      word("\n tunnel", end.interface, end.own, end.other, end.link, end.routed, end.presence == Presence::always);
      prefixes(end.behind), prefixes(end.near), texts(end.by), addresses(end.to);
    }
    chain(one.input), chain(one.forward), chain(one.output);
    translations(one.arriving), translations(one.sending), translations(one.leaving);
  }

  std::string text_{};
};

template <class Change>
Forwarding with_chains(Forwarding network, const Change& change) {
  for (auto& device : network.devices)
    for (auto* chain : {&device.input, &device.forward, &device.output})
      if (*chain) change(chain->own().rules);
  for (auto& port : network.ports)
    for (auto* chain : {&port.in, &port.out})
      if (*chain) change(chain->own().rules);
  return network;
}

}  // namespace

std::string model_text(const Forwarding& network) {
  return ModelText().of(network);
}

Forwarding for_connections(Forwarding network) {
  return with_chains(std::move(network), [](std::vector<FilterRule>& rules) {
    std::erase_if(rules, [](const FilterRule& rule) { return !rule.match.established; });
    for (auto& rule : rules) rule.match.fresh = true;
  });
}

Forwarding for_certain(Forwarding network) {
  return with_chains(std::move(network), [](std::vector<FilterRule>& rules) {
    std::erase_if(rules, [](const FilterRule& rule) {
      return rule.match.presence == Presence::maybe && rule.action == FilterRule::Action::accept;
    });
    for (auto& rule : rules) rule.match.presence = Presence::always;
  });
}

}  // namespace cloison::test
