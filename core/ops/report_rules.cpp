#include "core/ops/report_rules.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/base/strings.h"
#include "core/ops/lint_parts.h"
#include "core/ops/report_ends.h"
#include "core/ops/report_needs.h"
#include "core/verify/packet_text.h"

namespace cloison::ops {

namespace {

using report::RuleRow;

/// A resource by its address or identifier.
struct HeldBy {
  const PlacedResource* resource = nullptr;
  std::string provider{};
  const KindSchema* kind = nullptr;
};

/// "direction=ingress protocol=tcp": what a rule that is a resource of its own says, in its platform's words.
std::string native_text(const HeldBy& held) {
  std::string text;
  for (const auto& one : held.kind->attributes) {
    const auto& value = attribute(*held.kind, held.resource->attributes, one.name);
    if (value.is_null() || one.derived || one.computed || one.sensitive || one.name == held.kind->container) continue;
    const auto* number = value.as_integer();
    const auto* prefix = value.as_prefix();
    const auto shown = number != nullptr   ? std::to_string(*number)
                       : prefix != nullptr ? prefix->text()
                                           : referred(value);
    if (!shown.empty()) text += fmt::format("{}{}={}", text.empty() ? "" : " ", one.name, shown);
  }
  return text;
}

/// What lint found, by where the rule stands.
class Judgements {
 public:
  explicit Judgements(const LintInput& input) : rules_(lint_rules(input)) {
    for (auto& found : rules_.found) {
      auto key = found.finding.order == 0 ? found.finding.rule : rule_place(found.finding.where, found.finding.order);
      by_place_.emplace(std::move(key), std::move(found.finding));
    }
  }
  /// What it alone decides of a rule in the chain "DEVICE CHAIN" of the device whose filters `address` holds, by the
  /// row's order; nullptr: it is not judged.
  const verify::DecidedAlone* apply_to_device(RuleRow& row, const std::string& address,
                                              const std::string& chain) const {
    return apply(row, !rules_.unknown_devices.contains(address), rule_place(chain, row.order));
  }
  const verify::DecidedAlone* apply_to_group(RuleRow& row, const std::string& rule) const {
    return apply(row, !rules_.unknown_groups, rule);
  }
  [[nodiscard]] const std::vector<std::string>& not_judged() const { return rules_.not_judged; }

 private:
  const verify::DecidedAlone* apply(RuleRow& row, bool judged, const std::string& place) const {
    const auto found = by_place_.find(place);
    row.analysis = !judged                    ? &report::words::k_not_analysed
                   : found == by_place_.end() ? &report::words::k_no_finding
                                              : word(found->second.kind);
    if (found != by_place_.end())
      for (const auto& by : found->second.by) row.decided_by.push_back(by.reason.empty() ? by.rule : by.reason);
    const auto alone = rules_.alone.find(place);
    return judged && alone != rules_.alone.end() ? &alone->second : nullptr;
  }
  static const report::Term* word(LintFinding::Kind kind) {
    using Kind = LintFinding::Kind;
    return kind == Kind::shadowed    ? &report::words::k_shadowed
           : kind == Kind::redundant ? &report::words::k_redundant
           : kind == Kind::never     ? &report::words::k_never
                                     : &report::words::k_not_analysed;
  }

  LintedRules rules_;
  std::map<std::string, LintFinding> by_place_{};
};

/// What a rule matches and does, in words that are the same whichever its platform has for them: nftables lists other
/// words than it was told.
std::string meaning_of(const RuleMatch& match, const RuleRow& row) {
  const auto interfaces = [](const InterfaceMatch& one) {
    auto names = one.names;
    std::sort(names.begin(), names.end());
    return fmt::format("{}{}", one.inverted && !names.empty() ? "!" : "", join(names, ","));
  };
  verify::PacketSet packets(match.packets);
  packets.simplify();
  auto boxes = std::move(packets).boxes();
  std::sort(boxes.begin(), boxes.end());
  auto text =
      fmt::format("{} {} {}{}{} {} {}", interfaces(match.in), interfaces(match.out), match.fresh, match.established,
                  match.presence == Presence::always, row.action == nullptr ? "" : row.action->id, row.translation);
  const auto range = [&](const auto& one) {
    const auto hex = [](uint128 number) {
      return fmt::format("{:x}.{:x}", static_cast<uint64_t>(number >> 64U), static_cast<uint64_t>(number));
    };
    text += fmt::format(" {}-{}", hex(one.first), hex(one.last));
  };
  for (const auto& box : boxes) {
    text += family_name(box.family);
    range(box.source), range(box.destination), range(box.protocol), range(box.source_port), range(box.service);
  }
  for (const auto* const more : {" log ", "reject"})
    if (match.text.find(more) != std::string::npos) text += more;
  return text;
}

class RuleGathering {
 public:
  RuleGathering(const RuleSources& from, const verify::World& world, const RuleNeeds* needs)
      : from_(from),
        world_(world),
        needs_(needs),
        names_(from.input),
        lint_{world, from.input, from.resolved, from.reasons, from.live, true},
        judged_(lint_) {
    for (const auto& [provider, all] : from.placed) {
      const auto served = from.providers.find(provider);
      if (served == from.providers.end()) continue;
      for (const auto& one : all) {
        held_.emplace(one.address.empty() ? one.id : one.address,
                      HeldBy{&one, provider, find_kind(served->second->kinds(), one.kind)});
        if (!one.address.empty()) addresses_.emplace(one.id, one.address);
      }
    }
    for (const auto& pair : from.resolved.pairs) environments_.emplace(pair.id, pair.environment);
  }

  GatheredRules run() {
    for (const auto& device : world_.devices()) of_device(*device);
    for (const auto& port : world_.ports()) of_port(*port);
    for (const auto& one : judged_.not_judged())
      gathered_.not_known.emplace_back(fmt::format("Not understood: {}", one), fmt::format("Non compris : {}", one));
    name_members();
    for (const auto& [own, shared] : standing_)
      if (shared.alone != nullptr)
        tell_needs(gathered_.rows[shared_.at(own)], needs_, shared.matches, *shared.alone, false);
    put_in_order(gathered_.rows);
    return std::move(gathered_);
  }

 private:
  void of_device(const verify::World::Device& device) {
    const auto& filters = *device.filters;
    using namespace report::words;
    if (filters.input_rules) of_chain(*filters.input_rules, device, k_received);
    if (filters.forward_rules) of_chain(*filters.forward_rules, device, k_forwarded);
    if (filters.output_rules) of_chain(*filters.output_rules, device, k_sent);
    for (const auto* changes : {&filters.arriving_changes, &filters.sending_changes, &filters.leaving_changes})
      of_translations(*changes, device);
  }

  void of_chain(const FilterChain& chain, const verify::World::Device& device, const report::Term& direction) {
    std::size_t order = 0;
    for (const auto& rule : chain.rules) {
      auto row = row_of(rule.match, device.model.address);
      row.device = device.model.name, row.policy = chain.name, row.order = ++order, row.direction = &direction;
      row.native = rule.match.text;
      if (rule.action != FilterRule::Action::jump)
        row.action = rule.action == FilterRule::Action::accept ? &report::words::k_accept : &report::words::k_drop;
      else
        row.translation = "-> " + rule.target;
      row.logged = order > chain.logged_from || rule.match.text.find(" log ") != std::string::npos;
      const auto* const alone =
          judged_.apply_to_device(row, device.model.address, device.model.name + ' ' + chain.name);
      row.alone = alone_told(alone);
      if (alone != nullptr) tell_needs(row, needs_, {&rule.match}, *alone, translates(device));
      const auto meaning = meaning_of(rule.match, row);
      add(std::move(row), {}, meaning);
    }
    add_rest(chain, device, direction, order);
  }

  /// What no rule names is decided too, and an auditor looks for it.
  void add_rest(const FilterChain& chain, const verify::World::Device& device, const report::Term& direction,
                std::size_t order) {
    auto row = row_of({.packets = {PacketBox::all(Family::ipv4), PacketBox::all(Family::ipv6)}, .text = "policy"},
                      device.model.address);
    row.device = device.model.name, row.policy = chain.name, row.order = order + 1, row.direction = &direction;
    row.native = chain.accepts_rest ? "policy accept" : "policy drop";
    row.action = chain.accepts_rest ? &report::words::k_accept : &report::words::k_drop;
    row.analysis = &report::words::k_not_analysed;
    row.logged = chain.logged_from <= chain.rules.size();
    row.any_source = row.wide_source = row.wide_destination = row.internet = chain.accepts_rest;
    add(std::move(row));
  }

  void of_translations(const TranslationChain& chain, const verify::World::Device& device) {
    std::size_t order = 0;
    for (const auto& rule : chain.rules) {
      auto row = row_of(rule.match, device.model.address);
      row.device = device.model.name, row.policy = chain.name.empty() ? "translation" : chain.name;
      row.order = ++order;
      row.native = rule.match.text;
      row.action = &report::words::k_translate;
      using Action = TranslationRule::Action;
      row.translation = rule.action == Action::keep         ? "="
                        : rule.action == Action::masquerade ? "masquerade"
                        : rule.action == Action::source     ? "source " + rule.to.text()
                                                            : "destination " + rule.to.text();
      row.analysis = &report::words::k_not_analysed;
      tell_needs(row, needs_, {&rule.match}, k_whole, true);
      const auto meaning = meaning_of(rule.match, row);
      add(std::move(row), {}, meaning);
    }
  }

  void of_port(const verify::World::Port& port) {
    if (port.filters->in_rules) of_card(*port.filters->in_rules, port, report::words::k_inbound);
    if (port.filters->out_rules) of_card(*port.filters->out_rules, port, report::words::k_outbound);
  }

  /// A group's rules are told once, with the number of cards that have them.
  void of_card(const FilterChain& chain, const verify::World::Port& port, const report::Term& direction) {
    for (const auto& rule : chain.rules) {
      const auto held = held_.find(rule.match.text);
      const auto own = held != held_.end()
                           ? rule.match.text
                           : fmt::format("{} {} {}", provider_of(port.model.address), direction.id, rule.match.text);
      const auto [known, fresh] = shared_.try_emplace(own, gathered_.rows.size());
      if (held != held_.end()) members_[own].insert(port.model.addresses.begin(), port.model.addresses.end());
      auto& shared = standing_[own];
      shared.matches.push_back(&rule.match);
      if (!fresh) {
        ++gathered_.rows[known->second].applies_to;
        continue;
      }
      auto row = row_of(rule.match, held != held_.end() ? rule.match.text : port.model.address);
      row.direction = &direction;
      row.action = rule.action == FilterRule::Action::drop ? &report::words::k_drop : &report::words::k_accept;
      if (held != held_.end()) {
        row.device = row.policy = group_of(held->second);
        row.native = native_text(held->second);
        row.native_id = held->second.resource->id == rule.match.text ? std::string() : held->second.resource->id;
        const auto* const alone = judged_.apply_to_group(row, rule.match.text);
        row.alone = alone_told(alone);
        shared.alone = alone;
      } else {
        shared.alone = &k_whole;
        row.device = row.provider, row.policy = "platform", row.native = rule.match.text;
        row.analysis = &report::words::k_not_analysed;
      }
      add(std::move(row), held != held_.end() ? rule.match.text : std::string());
    }
  }

  /// A group's rule names one end; the other one is whoever is in the group.
  void name_members() {
    for (const auto& [own, addresses] : members_) {
      auto& row = gathered_.rows[shared_.at(own)];
      std::vector<PacketBox> boxes;
      for (const auto& address : addresses) {
        auto box = PacketBox::all(address.family);
        box.source = box.destination = {address.bits, address.bits};
        boxes.push_back(box);
      }
      const bool inward = row.direction == &report::words::k_inbound;
      auto& prefixes = inward ? row.destination_prefixes : row.source_prefixes;
      if (!prefixes.empty() && prefixes.front() != "any") continue;
      auto end = names_.of(boxes, true);
      prefixes = std::move(end.prefixes);
      (inward ? row.destination_zones : row.source_zones) = std::move(end.zones);
      (inward ? row.destinations : row.sources) = std::move(end.places);
      (inward ? row.wide_destination : row.wide_source) = end.wide;
      if (!inward) row.any_source = row.internet = false;
    }
  }

  [[nodiscard]] std::string group_of(const HeldBy& held) const {
    if (held.kind == nullptr || held.kind->container.empty()) return held.resource->address;
    const auto& group = referred(attribute(*held.kind, held.resource->attributes, held.kind->container));
    const auto address = addresses_.find(group);
    return address == addresses_.end() ? group : address->second;
  }
  [[nodiscard]] std::string provider_of(const std::string& address) const {
    const auto held = held_.find(address);
    return held == held_.end() ? std::string() : held->second.provider;
  }

  [[nodiscard]] RuleRow row_of(const RuleMatch& match, const std::string& address) const {
    RuleRow row{.provider = provider_of(address)};
    row.resource = address;
    if (const auto provider = from_.providers.find(row.provider); provider != from_.providers.end())
      row.account = provider->second->account();
    const auto reason = from_.reasons.of({.rule = match.text, .label = match.label, .address = address});
    constexpr std::string_view k_flow = "flow ";
    row.reason = reason.reason.starts_with(k_flow) ? reason.reason.substr(k_flow.size()) : reason.reason;
    if (const auto flow = from_.flows.find(flow_of_reason(row.reason)); flow != from_.flows.end())
      row.flow = flow->second;
    if (const auto pair = environments_.find(row.reason); pair != environments_.end()) row.environment = pair->second;
    if (reason.declared != 0) row.declared = from_.sources.location(reason.declared);
    name_ends(match, row);
    name_services(match, row);
    row.state = match.fresh && match.established ? &report::words::k_any_state
                : match.fresh                    ? &report::words::k_new
                                                 : &report::words::k_established;
    return row;
  }

  void name_ends(const RuleMatch& match, RuleRow& row) const {
    auto source = names_.of(match.packets, true), destination = names_.of(match.packets, false);
    row.any_source = source.any, row.internet = source.internet;
    row.wide_source = source.wide, row.wide_destination = destination.wide;
    row.source_zones = std::move(source.zones), row.sources = std::move(source.places);
    row.source_prefixes = std::move(source.prefixes);
    row.destination_zones = std::move(destination.zones), row.destinations = std::move(destination.places);
    row.destination_prefixes = std::move(destination.prefixes);
  }

  static bool translates(const verify::World::Device& device) {
    const auto& filters = *device.filters;
    return !filters.arriving_changes.rules.empty() || !filters.sending_changes.rules.empty() ||
           !filters.leaving_changes.rules.empty();
  }

  static void name_services(const RuleMatch& match, RuleRow& row) {
    std::set<std::string> protocols, families;
    for (const auto& service : verify::service_texts(match.packets)) {
      const auto slash = service.find('/');
      protocols.insert(service.substr(0, slash));
      (service.starts_with("icmp") ? row.icmp_types : row.ports).push_back(service);
    }
    for (const auto& box : match.packets) families.insert(box.family == Family::ipv4 ? "IPv4" : "IPv6");
    row.protocols.assign(protocols.begin(), protocols.end());
    row.families.assign(families.begin(), families.end());
  }

  /// `held`: by whom it is told apart, where it is a resource of its own. `meaning`: what its text says, else the text.
  void add(RuleRow row, const std::string& held = {}, const std::string& meaning = {}) {
    constexpr std::size_t k_digits = 12;
    const auto what = !held.empty() ? held
                                    : fmt::format("{}\n{}\n{}\n{}\n{}", row.device, row.policy,
                                                  row.direction == nullptr ? "" : row.direction->id, row.reason,
                                                  meaning.empty() ? row.native : meaning);
    row.id = "R-" + sha256_hex(what).substr(0, k_digits);
    if (const auto again = seen_[row.id]++; again > 0) row.id += fmt::format("-{}", again + 1);
    gathered_.rows.push_back(std::move(row));
  }

  /// What a platform does whatever it is told, and what changes addresses, nobody judges: all that passes needs it.
  static inline const verify::DecidedAlone k_whole{.kind = verify::DecidedAlone::Kind::all};
  /// One rule on many cards.
  struct Standing {
    std::vector<const RuleMatch*> matches{};
    const verify::DecidedAlone* alone = nullptr;  // nullptr: not judged
  };

  const RuleSources& from_;
  const verify::World& world_;
  const RuleNeeds* needs_;
  EndNames names_;
  LintInput lint_;
  Judgements judged_;
  std::map<std::string, HeldBy, std::less<>> held_{};
  std::map<std::string, std::string, std::less<>> environments_{}, addresses_{};  // by pair; by identifier
  std::map<std::string, std::size_t> shared_{};                                   // rows of what many cards have
  std::map<std::string, std::set<IpAddress>> members_{};                          // of a group's rule: who has it
  std::map<std::string, Standing> standing_{};                                    // of the same
  std::map<std::string, std::size_t> seen_{};
  GatheredRules gathered_{};
};

}  // namespace

void put_in_order(std::vector<RuleRow>& rows) {
  std::stable_sort(rows.begin(), rows.end(), [](const RuleRow& a, const RuleRow& b) {
    return std::tie(a.device, a.policy, a.order) < std::tie(b.device, b.policy, b.order);
  });
}

GatheredRules gather_rules(const RuleSources& from, std::vector<Forwarding> parts) {
  const verify::World world(std::move(parts));
  return gather_rules(from, world, nullptr);
}

GatheredRules gather_rules(const RuleSources& from, const verify::World& world, const RuleNeeds* needs) {
  return RuleGathering(from, world, needs).run();
}

}  // namespace cloison::ops
