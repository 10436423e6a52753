// Rules that nobody would miss, of every filter of a network.

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/ops/lint_parts.h"
#include "core/verify/chain_lint.h"
#include "core/verify/packet_text.h"

namespace cloison::ops {

namespace {

using Kind = LintFinding::Kind;
using verify::RuleFault;

/// What differs between many of a kind: numbers, addresses, keys of sites.
std::string without_numbers(std::string_view text) {
  std::string same;
  for (const char c : text)
    if (c >= '0' && c <= '9') {
      if (!same.ends_with('#')) same += '#';
    } else {
      same += c;
    }
  return same;
}

Kind kind_of_fault(RuleFault::Kind kind) {
  switch (kind) {
    case RuleFault::Kind::shadowed:
      return Kind::shadowed;
    case RuleFault::Kind::redundant:
      return Kind::redundant;
    case RuleFault::Kind::never:
      return Kind::never;
    case RuleFault::Kind::too_complex:
      return Kind::too_complex;
  }
  return Kind::too_complex;
}

/// Where a chain is, for people and to tell what is alike.
struct ChainPlace {
  std::string name{}, alike{}, address{};
};

class RuleLinting {
 public:
  explicit RuleLinting(const LintInput& input) : input_(input), places_(input.world, input.input.places) {}

  LintedRules run() {
    find_not_judged();
    for (std::size_t i = 0; i < input_.world.devices().size(); ++i) device(i);
    if (!linted_.unknown_groups)
      for (std::size_t i = 0; i < input_.world.ports().size(); ++i) port(i);
    tell();
    return std::move(linted_);
  }

 private:
  /// A rule that may be on many cards, because its group is: what it is it has to be on all of them.
  struct Known {
    std::size_t seen = 0, found = 0;
    LintFinding finding{};
    std::string alike{};
  };

  /// What is not understood of a device may be a rule between any two of its others; of a cloud, in any group.
  void find_not_judged() {
    std::set<std::string_view> devices;
    for (const auto& device : input_.world.devices()) devices.insert(device->model.address);
    for (const auto& one : input_.world.unknown()) {
      linted_.not_judged.push_back(fmt::format("{}: {}", one.address, one.what));
      if (devices.contains(one.address))
        linted_.unknown_devices.insert(one.address);
      else
        linted_.unknown_groups = true;
    }
  }

  [[nodiscard]] std::string alike_of(std::size_t place, const std::string& name) const {
    return place == verify::k_nothing ? name : input_.input.places[place].alike();
  }

  void device(std::size_t number) {
    const auto& device = *input_.world.devices()[number];
    if (linted_.unknown_devices.contains(device.model.address)) return;
    const ChainPlace at{device.model.name, alike_of(places_.of_device(number), device.model.name),
                        device.model.address};
    const auto& filters = *device.filters;
    if (filters.input_rules)
      chain(*filters.input_rules, at, scope_of(device, *filters.input_rules, true, false), false);
    if (filters.forward_rules)
      chain(*filters.forward_rules, at, scope_of(device, *filters.forward_rules, true, true), false);
    if (filters.output_rules)
      chain(*filters.output_rules, at, scope_of(device, *filters.output_rules, false, true), false);
  }

  void port(std::size_t number) {
    const auto& port = *input_.world.ports()[number];
    const ChainPlace at{port.model.name, alike_of(places_.of_port(number), port.model.name), port.model.address};
    if (port.filters->in_rules) chain(*port.filters->in_rules, at, {}, true);
    if (port.filters->out_rules) chain(*port.filters->out_rules, at, {}, true);
  }

  /// Also an interface that no rule names: one that is connected tomorrow.
  static verify::ChainScope scope_of(const verify::World::Device& device, const FilterChain& chain, bool in, bool out) {
    std::set<std::string> names{"(any other)"};
    for (const auto& interface : device.model.interfaces) names.insert(interface.name);
    for (const auto& rule : chain.rules)
      for (const auto* match : {&rule.match.in, &rule.match.out})
        names.insert(match->names.begin(), match->names.end());
    verify::ChainScope scope;
    const std::vector<std::string> all(names.begin(), names.end());
    if (in) scope.in = all, add_arriving(device, scope);
    if (out) scope.out = all;
    if (in && out) add_leaving(device, scope);
    return scope;
  }

  /// A tunnel believes each far end no other addresses than those behind it.
  static void add_arriving(const verify::World::Device& device, verify::ChainScope& scope) {
    for (const auto& end : device.model.tunnels) {
      auto& behind = scope.arrives[end.interface];
      for (const auto& prefix : end.behind) behind.emplace_back(prefix.family(), interval_of(prefix));
    }
  }
  /// What is passed on leaves by an interface only where there is a route, now or after a failure.
  static void add_leaving(const verify::World::Device& device, verify::ChainScope& scope) {
    for (const auto& interface : device.model.interfaces) scope.leaves[interface.name];
    for (const auto& route : device.routes.items)
      scope.leaves[device.model.interfaces[route.interface].name].emplace_back(route.to.family(),
                                                                               interval_of(route.to));
  }

  void chain(const FilterChain& chain, const ChainPlace& at, const verify::ChainScope& scope, bool shared) {
    ++linted_.filters;
    linted_.rules += chain.rules.size();
    const auto key = [&](uint32_t number) {
      return shared ? chain.name + ' ' + chain.rules[number].match.text
                    : fmt::format("{} {} {}", at.address, chain.name, number);
    };
    for (uint32_t i = 0; i < chain.rules.size(); ++i)
      if (!chain.rules[i].match.implicit) {
        auto& known = rules_[key(i)];
        if (++known.seen == 1) ++reasons_[reason_of(chain.rules[i], at).reason];
      }
    for (const auto& fault : faults_of(chain, at, scope, shared)) {
      auto& known = rules_[key(fault.rule)];
      auto finding = finding_of(chain, at, fault, shared);
      if (++known.found == 1) {
        known.alike = alike_key(finding, at, chain.name);
        known.finding = std::move(finding);
      } else if (finding.kind > known.finding.kind) {
        known.finding.kind = finding.kind;  // what is true of all of them
      }
    }
  }

  std::vector<RuleFault> faults_of(const FilterChain& chain, const ChainPlace& at, const verify::ChainScope& scope,
                                   bool shared) {
    if (!input_.alone) return verify::lint_chain(chain, scope);
    auto judged = verify::judge_chain(chain, scope);
    const auto where = at.name + ' ' + chain.name;
    for (std::size_t i = 0; i < chain.rules.size(); ++i) {
      auto& alone = judged.alone[i];
      const auto& text = chain.rules[i].match.text;
      const auto [known, fresh] = linted_.alone.try_emplace(shared ? text : rule_place(where, i + 1), std::move(alone));
      if (!fresh) add_alone(known->second, alone);
    }
    return std::move(judged.faults);
  }

  /// A group's rule decides alone what it does at any of the cards that have it. Far more boxes than anybody reads are
  /// not kept.
  static void add_alone(verify::DecidedAlone& known, const verify::DecidedAlone& more) {
    using Alone = verify::DecidedAlone::Kind;
    constexpr std::size_t k_kept = 64;
    if (known.kind == more.kind && known.packets.boxes() == more.packets.boxes()) return;
    for (const auto whole : {Alone::too_complex, Alone::all})
      if (known.kind == whole || more.kind == whole) {
        known = {.kind = whole};
        return;
      }
    known.kind = Alone::part;
    if (known.packets.boxes().size() > k_kept) return;
    known.packets.add(more.packets);
    known.packets.simplify();
  }

  [[nodiscard]] ExplainedLeap reason_of(const FilterRule& rule, const ChainPlace& at) const {
    return input_.reasons.of(
        {.where = at.name, .rule = rule.match.text, .label = rule.match.label, .address = at.address});
  }

  LintFinding finding_of(const FilterChain& chain, const ChainPlace& at, const RuleFault& fault, bool shared) const {
    const auto& rule = chain.rules[fault.rule];
    const auto reason = reason_of(rule, at);
    LintFinding finding{.kind = kind_of_fault(fault.kind),
                        .address = shared ? rule.match.text : at.address,
                        .where = at.name + ' ' + chain.name,
                        .rule = rule.match.text,
                        .order = shared ? std::size_t{0} : fault.rule + std::size_t{1},
                        .reason = reason.reason,
                        .declared = reason.declared,
                        .by_rest = fault.by_rest};
    for (const auto by : fault.by) {
      const auto other = reason_of(chain.rules[by], at);
      finding.by.push_back({other.rule, other.reason, other.declared});
    }
    verify::PacketSet packets(rule.match.packets);
    for (std::size_t i = 0; i < std::min<std::size_t>(packets.boxes().size(), 3); ++i)
      finding.packets.push_back(verify::packets_text(verify::PacketSet(packets.boxes()[i])));
    if (fault.witness) finding.witness = verify::packet_text(*fault.witness);
    return finding;
  }

  static std::string alike_key(const LintFinding& finding, const ChainPlace& at, const std::string& chain) {
    if (const auto flow = flow_of_reason(finding.reason); finding.declared != 0) {
      auto key = flow;
      for (const auto& by : finding.by) key += ' ' + flow_of_reason(by.reason);
      return key;
    }
    return fmt::format("{} {} {}", at.alike, chain, without_numbers(finding.rule));
  }

  /// A flow's rules are made together: one alone cannot be taken away, so that they count where all of them are
  /// nothing. What the network makes for its own working is nobody's to take away.
  void tell() {
    std::map<std::string, std::size_t> found;
    for (const auto& [key, known] : rules_)
      if (known.found == known.seen) ++found[known.finding.reason];
    for (auto& [key, known] : rules_) {
      if (known.found != known.seen || known.seen == 0) continue;
      auto& finding = known.finding;
      const bool ours = finding.reason.starts_with("S-") || (!input_.live && finding.reason.empty());
      const bool mended = finding.kind == Kind::redundant || finding.kind == Kind::never;
      if (mended && (ours || (finding.declared != 0 && found[finding.reason] != reasons_[finding.reason]))) continue;
      word(finding);
      linted_.found.push_back({std::move(known.alike), std::move(finding)});
    }
  }

  [[nodiscard]] static std::string named(const std::vector<LintDecider>& by) {
    constexpr std::size_t k_shown = 3;
    std::vector<std::string> names;
    for (const auto& one : by) {
      auto name = one.reason.empty() ? "'" + one.rule + "'" : one.reason;
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
    }
    const auto more = names.size() > k_shown ? names.size() - k_shown : 0;
    names.resize(std::min(names.size(), k_shown));
    return join(names, ", ") + (more == 0 ? "" : fmt::format(" and {} more", more));
  }

  void word(LintFinding& finding) const {
    const bool written = finding.declared != 0;
    const auto flow = flow_of_reason(finding.reason);
    const auto mended = input_.live ? std::string("`cloison plan` says whether the next apply takes it away")
                                    : std::string("take it away");
    switch (finding.kind) {
      case Kind::shadowed:
        finding.severity = LintFinding::Severity::warning;
        finding.why = fmt::format("all its packets are decided before, not all as it says: by {}", named(finding.by));
        finding.hint = written ? fmt::format("look at what decides before {}; the rule itself does nothing", flow)
                               : mended + (input_.live ? "" : ", or let it stand before what decides");
        break;
      case Kind::redundant:
        finding.why = redundant_why(finding);
        finding.hint =
            written ? fmt::format("take {} out of 'flows:', or say what it permits beside the others", flow) : mended;
        break;
      case Kind::never:
        finding.why = "no packet with such addresses can come by these interfaces, or leave by them";
        if (finding.packets.empty()) finding.why = "there is no packet that it could meet";
        finding.hint = written ? fmt::format("look at the addresses of {}", flow) : mended;
        break;
      default:
        finding.why = "whether it is needed takes more steps to tell than are taken";
        finding.hint = "join rules that overlap into fewer";
    }
  }

  static std::string redundant_why(const LintFinding& finding) {
    if (finding.by.empty()) return "what no rule names is decided the same";
    return fmt::format("{}{} all the same", named(finding.by),
                       finding.by_rest ? ", and what no rule names, decide" : " decides");
  }

  const LintInput& input_;
  verify::PlaceIndex places_;
  std::map<std::string, Known> rules_{};
  std::map<std::string, std::size_t> reasons_{};  // how many rules each has
  LintedRules linted_{};
};

}  // namespace

std::string rule_place(std::string_view chain, std::size_t order) {
  return fmt::format("{}\n{}", chain, order);
}

LintedRules lint_rules(const LintInput& input) {
  return RuleLinting(input).run();
}

}  // namespace cloison::ops
