#include "core/verify/closing.h"

#include <algorithm>
#include <initializer_list>

#include "core/verify/continuity.h"
#include "core/verify/owed.h"

namespace cloison::verify {

namespace {

/// Packets of the finding where one of its leaps has them. What was translated on the way is all that is there.
PacketSet packets_at(const Finding& finding, const Leap& leap) {
  auto mine = leap.packets.intersected(finding.packets);
  if (mine.empty()) mine = leap.packets;
  mine.simplify();
  return mine;
}

class RuleEditing {
 public:
  RuleEditing(const Leap& leap, const ClosingEdit& edit) : leap_(leap), edit_(edit) {}

  /// True where something in it was changed.
  bool change(SharedChain& chain) const {
    if (!chain || (chain->instead.empty() && !has_meant(*chain))) return false;
    bool any = change_rules(chain.own());
    for (auto& other : chain.own().instead) any = change_rules(other) || any;
    return any;
  }

  /// Changes each of them; true where one was changed.
  bool change_each(std::initializer_list<SharedChain*> chains) const {
    bool any = false;
    for (auto* chain : chains) any = change(*chain) || any;
    return any;
  }

 private:
  [[nodiscard]] bool meant(const FilterRule& rule) const {
    return rule.action != FilterRule::Action::drop && !rule.match.implicit && rule.match.text == leap_.rule &&
           rule.match.label == leap_.label;
  }

  [[nodiscard]] bool has_meant(const FilterChain& chain) const {
    return std::any_of(chain.rules.begin(), chain.rules.end(), [&](const auto& rule) { return meant(rule); });
  }
  bool change_rules(FilterChain& chain) const {
    if (!has_meant(chain)) return false;
    if (edit_.whole) {
      std::erase_if(chain.rules, [&](const auto& rule) { return meant(rule); });
      return true;
    }
    for (auto& rule : chain.rules) {
      if (!meant(rule)) continue;
      PacketSet rest(rule.match.packets);
      rest.subtract(edit_.taken);
      rest.simplify();
      rule.match.packets = std::move(rest).boxes();
    }
    std::erase_if(chain.rules, [&](const auto& rule) { return meant(rule) && rule.match.packets.empty(); });
    return true;
  }

  const Leap& leap_;
  const ClosingEdit& edit_;
};

std::shared_ptr<const DeviceFilters> edited_filters(const DeviceFilters& was, const RuleEditing& editing) {
  ForwardingDevice model{.input = was.input_rules, .forward = was.forward_rules, .output = was.output_rules};
  if (!editing.change_each({&model.input, &model.forward, &model.output})) return {};
  model.arriving = was.arriving_changes, model.sending = was.sending_changes, model.leaving = was.leaving_changes;
  FilterPool pool;
  return std::make_shared<const DeviceFilters>(model, pool);
}

std::shared_ptr<const PortFilters> edited_filters(const PortFilters& was, const RuleEditing& editing) {
  MachinePort model{.out = was.out_rules, .in = was.in_rules};
  if (!editing.change_each({&model.out, &model.in})) return {};
  FilterPool pool;
  return std::make_shared<const PortFilters>(model, pool);
}

/// What the packets of a finding were as they set out, and others.
PacketSet as_sent(const Finding& finding) {
  const auto& last = finding.way.back();
  return last.origin.of(last.packets);
}

}  // namespace

Closing::Closing(const World& world, const ProofInput& input, const std::vector<const Finding*>& findings)
    : world_(world),
      index_(world, input.places),
      asked_(asked(input, owed(input))),
      wanted_(asked_),
      sources_(sources(world, index_)) {
  note_uses(findings);
}

Closing::~Closing() = default;

bool Closing::decides(const Leap& leap) {
  return !leap.rule.empty() && !leap.implicit && leap.kind != Leap::Kind::translated &&
         leap.kind != Leap::Kind::refused;
}

Closing::Key Closing::key_of(const Leap& leap) {
  const bool card = leap.kind == Leap::Kind::passes;
  return {card ? std::string() : std::string(leap.where), std::string(leap.rule), std::string(leap.label)};
}

void Closing::note_uses(const std::vector<const Finding*>& findings) {
  for (const auto* finding : findings)
    for (const auto& leap : finding->way)
      if (decides(leap)) uses_[key_of(leap)];
  Continuity continuity(asked_, world_, index_, wanted_);
  continuity.watch([&](const Continuity::Seen& seen, const std::vector<Leap>& leaps, std::size_t end) {
    bool any = false;
    for (const auto at : way_to(leaps, end)) {
      if (!decides(leaps[at])) continue;
      const auto rule = uses_.find(key_of(leaps[at]));
      if (rule == uses_.end()) continue;
      rule->second.insert(seen.pair);
      any = true;
    }
    if (any) senders_[seen.pair].insert(seen.sender);
  });
  continuity.take(sources_);
  now_ = std::move(continuity).results(index_.vacant(world_));
}

World Closing::edited(const Leap& leap, const ClosingEdit& edit) const {
  const RuleEditing editing(leap, edit);
  OtherFilters other;
  const bool card = leap.kind == Leap::Kind::passes;
  for (std::size_t i = 0; card && i < world_.ports().size(); ++i)
    if (auto filters = edited_filters(*world_.ports()[i]->filters, editing)) other.ports.emplace(i, std::move(filters));
  for (std::size_t i = 0; !card && i < world_.devices().size(); ++i)
    if (world_.devices()[i]->model.name == leap.where)
      if (auto filters = edited_filters(*world_.devices()[i]->filters, editing))
        other.devices.emplace(i, std::move(filters));
  return {world_, other};
}

bool Closing::closes(const World& left, const Finding& finding) const {
  auto some = sources_;
  restrict_to(some, as_sent(finding));
  bool passes = false;
  for (const auto& source : some) {
    if (passes ||
        (source.end.kind == PassageEnd::Kind::place && source.kind == Source::Kind::port && source.end != finding.from))
      continue;
    const auto sent = sent_by(source, left, index_);
    passes = sent.given_up || std::any_of(sent.passages.begin(), sent.passages.end(), [&](const Passage& passage) {
               return passage.from == finding.from && passage.to == finding.to &&
                      !passage.packets.intersected(finding.packets).empty();
             });
  }
  return !passes;
}

std::vector<std::string> Closing::broken(const World& left, const Leap& leap) const {
  std::vector<std::string> ids;
  const auto& pairs = uses_.at(key_of(leap));
  if (pairs.empty()) return ids;
  std::vector<bool> touched(asked_.size());
  std::set<std::size_t> senders;
  for (const auto number : pairs) {
    touched[number] = true;
    const auto& mine = senders_.at(number);
    senders.insert(mine.begin(), mine.end());
  }
  Continuity continuity(asked_, left, index_, wanted_, {}, &touched);
  continuity.take(sources_, {senders.begin(), senders.end()});
  const auto after = std::move(continuity).results(index_.vacant(left));
  for (const auto number : pairs)
    if (now_[number].verdict == WantedResult::Verdict::open && after[number].verdict == WantedResult::Verdict::closed &&
        std::find(ids.begin(), ids.end(), asked_[number].id) == ids.end())
      ids.push_back(asked_[number].id);
  return ids;
}

std::optional<std::vector<std::string>> Closing::tried(const Finding& finding, const ClosingEdit& edit) const {
  const auto& leap = finding.way[edit.leap];
  const auto left = edited(leap, edit);
  if (!closes(left, finding)) return std::nullopt;
  return broken(left, leap);
}

std::optional<ClosingEdit> Closing::of(const Finding& finding) const {
  std::optional<ClosingEdit> best;
  std::set<Key> seen;
  for (std::size_t i = 0; i < finding.way.size(); ++i) {
    const auto& leap = finding.way[i];
    if (!decides(leap) || !seen.insert(key_of(leap)).second) continue;
    // A whole rule first: what is left of one has to be written.
    for (const bool whole : {true, false}) {
      if (best && best->breaks.empty()) return best;
      ClosingEdit edit{.leap = i, .whole = whole};
      if (!whole) edit.taken = packets_at(finding, leap);
      auto breaks = tried(finding, edit);
      if (!breaks) continue;
      edit.breaks = *std::move(breaks);
      if (!best || edit.breaks.size() < best->breaks.size()) best = std::move(edit);
    }
  }
  return best;
}

}  // namespace cloison::verify
