#include "tests/segmentation/judge.h"

#include <algorithm>
#include <set>
#include <stdexcept>

#include <fmt/format.h>

#include "core/plan/differences.h"
#include "core/verify/changed.h"
#include "core/verify/packet_text.h"
#include "core/verify/wanted.h"
#include "tests/segmentation/findings.h"
#include "tests/segmentation/witness.h"

namespace cloison::test {

namespace {

using verify::PacketSet;
using verify::Reach;

bool equal(const Passing& a, const Passing& b) {
  const auto within = [](const Passing& one, const Passing& other) {
    return std::all_of(one.begin(), one.end(), [&](const auto& entry) {
      const auto found = other.find(entry.first);
      return found == other.end() ? entry.second.never() : found->second == entry.second;
    });
  };
  return within(a, b) && within(b, a);
}

/// What of the one is not in the other, by ends.
Reach not_in(const Reach& some, const Reach& all) {
  Reach more;
  for (const auto& [ends, reached] : some) {
    auto rest = reached.packets;
    if (const auto found = all.find(ends); found != all.end()) rest.subtract(found->second.packets);
    if (!rest.empty()) more[ends].packets = std::move(rest);
  }
  return more;
}

/// Where what opens or closes passes in both, and in one of them by the platform's own rules alone.
bool only_turns_implicit(const Reach& some, const Picture& other) {
  return std::all_of(some.begin(), some.end(), [&](const auto& entry) {
    const auto found = other.implicit.find({entry.first.first.name, entry.first.second.name});
    return found != other.implicit.end() && found->second.contains(entry.second.packets);
  });
}

class Judging {
 public:
  Judging(const Network& network, Form form, const Mutation& mutation, const Forwarding& was, const Picture& before,
          const verify::PacketSpace& space)
      : network_(network),
        form_(form),
        mutation_(mutation),
        was_(was),
        before_(before),
        space_(space),
        mutated_(mutation.make()),
        is_(network.forwarding(mutated_)),
        after_(picture_of(is_, network.input, space, &before)) {
    for (const auto i : mutation.of) addresses_.insert(network.resources[i].resource.address);
  }

  Judgement run(bool bears) {
    if (!after_.disagreement.empty()) wrong("the engines disagree: " + after_.disagreement);
    result_.differs = !equal(before_.fresh, after_.fresh);
    result_.answers_differ = !equal(before_.established, after_.established) ||
                             !equal(before_.certain, after_.certain) ||
                             !equal(before_.certainly_established, after_.certainly_established);
    unknown();
    // A named set that no rule names is nobody's to read: then the model is the same, word for word.
    if (mutation_.spoilt && bears && !result_.unknown && after_.fresh_text != before_.fresh_text)
      wrong("nobody can read it, and it is not named as unknown");
    if (result_.unknown) return std::move(result_);
    product();
    if (!result_.differs && !result_.answers_differ) {
      harmless();
    } else {
      if (!bears) wrong("its attribute is said not to bear on forwarding");
      matters();
    }
    return std::move(result_);
  }

 private:
  void wrong(std::string what) { result_.wrong.push_back(std::move(what)); }

  void unknown() {
    std::set<std::pair<std::string, std::string>> known;
    for (const auto& one : before_.world->unknown()) known.emplace(one.address, one.what);
    for (const auto& one : after_.world->unknown()) {
      if (known.contains({one.address, one.what})) continue;
      result_.unknown = true;
      if (!addresses_.contains(one.address))
        wrong(fmt::format("unknown is {} of '{}', which is not what was changed", one.what, one.address));
    }
    if (!result_.unknown) return;
    for (std::size_t i = 0; i < network_.input.guarantees.size(); ++i)
      if (network_.input.guarantees[i].kind != verify::Guarantee::Kind::located &&
          after_.proof->guarantees[i].verdict == verify::GuaranteeResult::Verdict::proved)
        wrong("guarantee " + network_.input.guarantees[i].id + " counts as proved although something is unknown");
  }

  /// As `plan` works it out: of the packets that may have changed.
  void product() {
    const auto packets = verify::changed_packets(was_, is_);
    if (!packets.empty()) {
      const verify::WantedIndex wanted(network_.input.wanted);
      const auto reach = [&](const Forwarding& state) {
        return verify::reach_of(std::make_unique<const verify::World>(std::vector<Forwarding>{state}), network_.input,
                                packets, wanted)
            .reach;
      };
      const auto was = reach(was_), is = reach(is_);
      opens_ = verify::gained(was, is), closes_ = verify::gained(is, was);
    }
    const auto all_opens = verify::gained(before_.reach, after_.reach);
    const auto all_closes = verify::gained(after_.reach, before_.reach);
    for (const auto& [what, mine, all] :
         {std::tuple("opens", &opens_, &all_opens), std::tuple("closes", &closes_, &all_closes)}) {
      for (const auto& [ends, reached] : not_in(*all, *mine))
        if (!only_called_otherwise(reached.packets))
          wrong(fmt::format("{}, but nobody asked about it: {}", what, text_of({{ends, reached}})));
      if (const auto more = not_in(*mine, *all); !more.empty())
        wrong(fmt::format("is told to be what {}, and is not: {}", what, text_of(more)));
    }
    findings_ = changes_of(*before_.proof, *after_.proof, network_.input);
    result_.told = !opens_.empty() || !closes_.empty() || !findings_.empty();
  }

  void harmless() {
    if (!findings_.empty() && !stops_while_all_works()) wrong("nothing changes, and verify says " + findings_.front());
    if (!only_turns_implicit(opens_, before_)) wrong("nothing changes, and opens " + text_of(opens_));
    if (!only_turns_implicit(closes_, after_)) wrong("nothing changes, and closes " + text_of(closes_));
    if (!opens_.empty() || !closes_.empty()) ++result_.left_out;
  }

  /// Where several ways stand in for each other, the most that passes stays while a flow stops until the next one
  /// serves: then a packet of each flow that is said to be closed shows it, sent by the ways that are taken.
  [[nodiscard]] bool stops_while_all_works() {
    using Verdict = verify::WantedResult::Verdict;
    const auto &was = before_.proof->wanted, &is = after_.proof->wanted;
    std::size_t stopped = 0;
    for (std::size_t i = 0; i < is.size(); ++i) {
      if (was[i].verdict == is[i].verdict) continue;
      const auto packet = is[i].missing.example();
      if (is[i].verdict != Verdict::closed || !packet ||
          arrivals(*before_.world, *packet, {}) == arrivals(*after_.world, *packet, {}))
        return false;
      ++stopped;
    }
    result_.answers_differ = result_.answers_differ || stopped == findings_.size();
    return stopped == findings_.size();
  }
  /// A network that loses its addresses is no longer the segment that it was: what passes there is called otherwise.
  [[nodiscard]] bool only_called_otherwise(const PacketSet& packets) const {
    const auto packet = packets.example();
    if (!packet) return false;
    const auto was = arrivals(*before_.world, *packet, {.most = true});
    return !was.empty() && was == arrivals(*after_.world, *packet, {.most = true});
  }
  [[nodiscard]] std::set<std::string> arrivals(const verify::World& world, const Packet& packet,
                                               const verify::TravelOptions& options) const {
    std::set<std::string> all;
    const verify::PlaceIndex index(world, network_.input.places);
    for (const auto& source : verify::sources(world, index)) {
      const auto sent = source.packets.intersected(verify::box_of(packet));
      if (sent.empty()) continue;
      for (const auto& leap : verify::travel_from(world, source, sent, options))
        if (leap.kind == verify::Leap::Kind::arrives || leap.kind == verify::Leap::Kind::leaves)
          all.insert(name_of_sender(world, source) + " to " + name_of_arrival(world, leap));
    }
    return all;
  }

  static std::string text_of(const Reach& reach) {
    const auto& [ends, reached] = *reach.begin();
    return fmt::format("{} -> {}: {}", ends.first.name, ends.second.name, verify::packets_text(reached.packets));
  }

  void matters() {
    const WitnessStand stand(network_, before_, after_, space_);
    for (const auto& witness : stand.witnesses()) {
      ++result_.witnesses;
      const auto& told = witness.opens ? opens_ : closes_;
      const auto heard = stand.hear(witness, told, addresses_);
      if (!heard.wrong.empty()) wrong(heard.wrong);
      result_.on_the_way = result_.on_the_way || heard.names_resource;
      result_.left_out += heard.left_out ? 1 : 0;
    }
    for (auto& one : unlike_what_opens(opens_, *after_.proof, network_.input)) wrong(std::move(one));
    for (auto& one : unlike_what_closes(closes_, *before_.proof, *after_.proof, network_.input)) wrong(std::move(one));
    if (!named_as_difference()) wrong("no plan names the resource");
  }

  /// Whether a plan, or what it says of drift, names each resource that was changed.
  [[nodiscard]] bool named_as_difference() const {
    if (mutated_.size() != network_.resources.size()) return true;  // one that is missing
    const plan::KindTable kinds(network_.providers);
    return std::all_of(mutation_.of.begin(), mutation_.of.end(), [&](std::size_t i) {
      const auto& was = network_.resources[i];
      const auto* kind = kinds.find(was.provider, was.resource.kind);
      const auto &a = was.resource.attributes, &b = mutated_[i].resource.attributes;
      return form_ == Form::compiled ? !plan::changes_between(*kind, b, a).empty()
                                     : !plan::drift_between(*kind, a, b).empty();
    });
  }

  const Network& network_;
  Form form_;
  const Mutation& mutation_;
  const Forwarding& was_;
  const Picture& before_;
  const verify::PacketSpace& space_;
  std::vector<Owned> mutated_;
  Forwarding is_;
  Picture after_;
  std::set<std::string> addresses_{};
  Reach opens_{}, closes_{};
  std::vector<std::string> findings_{};
  Judgement result_{};
};

}  // namespace

Judge::Judge(const Network& network, Form form) : network_(network), form_(form) {
  auto table = verify::BddTable::open({.variables = verify::PacketSpace::k_variables});
  if (!table) throw std::runtime_error(table.error().detail);
  table_ = *std::move(table);
  space_ = std::make_unique<const verify::PacketSpace>();
  was_ = network.forwarding(network.resources);
  before_ = picture_of(was_, network.input, *space_, nullptr);
}

Judge::~Judge() {
  before_ = {};
  space_.reset();
}

Judgement Judge::of(const Mutation& mutation, bool bears) const {
  auto judgement = Judging(network_, form_, mutation, was_, before_, *space_).run(bears);
  if (const auto failure = table_->failure(); !failure.empty()) throw std::runtime_error(failure);
  return judgement;
}

}  // namespace cloison::test
