#include "core/verify/proof.h"

#include <algorithm>

#include "core/verify/continuity.h"
#include "core/verify/guarantees.h"
#include "core/verify/owed.h"
#include "core/verify/reach.h"

namespace cloison::verify {

namespace {

class Proving {
 public:
  Proving(std::unique_ptr<const World> world, const ProofInput& input, const ProofOptions& options)
      : input_(input),
        options_(options),
        world_(*world),
        index_(*world, input.places),
        made_(options.wanted == nullptr ? std::make_unique<const WantedIndex>(input.wanted) : nullptr),
        wanted_(made_ == nullptr ? *options.wanted : *made_),
        working_(input.working, input.places),
        guarantees_(input, *world, index_, wanted_, working_) {
    proof_.world = std::move(world);
  }

  Proof run() {
    auto all = sources(world_, index_);
    if (options_.only != nullptr) restrict_to(all, *options_.only);
    proof_.sources = all.size();
    proof_.rules = count_rules();
    if (options_.most)
      for_each_sent(all, world_, index_, options_.most_boxes, [this](const SentBy& sent) { return most(sent); });
    proof_.guarantees = std::move(guarantees_).results();
    if (!proof_.given_up.empty()) mark_too_complex();
    if (!options_.flows) return std::move(proof_);
    const auto promised = owed(input_);
    if (promised.empty()) {
      proof_.wanted = while_all_works(all, input_.wanted, wanted_);
    } else {
      const auto both = asked(input_, promised);
      proof_.wanted = while_all_works(all, both, WantedIndex(both));
    }
    judge(input_, promised, proof_.wanted, proof_.guarantees);
    proof_.wanted.resize(input_.wanted.size());
    return std::move(proof_);
  }

 private:
  [[nodiscard]] std::vector<WantedResult> while_all_works(const std::vector<Source>& all,
                                                          const std::vector<Wanted>& wanted, const WantedIndex& found) {
    Continuity continuity(wanted, world_, index_, found);
    continuity.bound(options_.most_boxes);
    continuity.take(all);
    if (continuity.given_up()) proof_.given_up.insert(*continuity.given_up());
    return std::move(continuity).results(index_.vacant(world_));
  }

  /// What was found is so all the same; that there is nothing else nobody knows. Each source that is given up costs as
  /// much as may be spent, so after a few of them no more are asked.
  bool most(const SentBy& sent) {
    constexpr std::size_t k_most_given_up = 4;
    for (const auto& passage : sent.passages) {
      ++proof_.passages;
      guarantees_.take(sent.leaps, passage);
      if (options_.beyond) beyond(sent.leaps, passage);
      if (options_.gathering != nullptr) options_.gathering->take(sent.leaps, passage);
    }
    if (!sent.given_up) return true;
    proof_.given_up.insert(*sent.given_up);
    return ++given_up_ < k_most_given_up;
  }

  void mark_too_complex() {
    for (std::size_t i = 0; i < proof_.guarantees.size(); ++i) {
      auto& result = proof_.guarantees[i];
      const auto kind = input_.guarantees[i].kind;
      if (kind == Guarantee::Kind::located || kind == Guarantee::Kind::reachable) continue;
      if (result.verdict == GuaranteeVerdict::proved)
        result.verdict = GuaranteeVerdict::unknown, result.why = k_too_complex;
    }
  }

  void beyond(const std::vector<Leap>& leaps, const Passage& passage) {
    // A cloud's router answers to whoever reaches it; nothing can be closed there.
    if (passage.to.kind == PassageEnd::Kind::device || allowed_inside(passage, input_.places)) return;
    auto packets = working_.beyond(passage, wanted_.beyond(passage.packets, environment_of(passage, input_.places)));
    if (packets.empty()) return;
    const auto way = way_to(leaps, passage.end);
    if (const auto segment = switched(leaps, way); segment != k_nothing) {
      if (std::find(proof_.inside.begin(), proof_.inside.end(), segment) == proof_.inside.end())
        proof_.inside.push_back(segment);
      return;
    }
    const bool implicit = only_implicit(leaps, way);
    ++(implicit ? proof_.implicit_count : proof_.beyond_count);
    auto& findings = implicit ? proof_.implicit : proof_.beyond;
    if (findings.size() >= input_.most_findings) return;
    packets.simplify();
    findings.push_back(finding_of(leaps, passage, std::move(packets), input_.places));
  }

  [[nodiscard]] std::size_t count_rules() const {
    std::size_t count = 0;
    const auto add = [&](const SharedChain& chain) { count += chain ? chain->rules.size() : 0; };
    for (const auto& device : world_.devices())
      add(device->filters->input_rules), add(device->filters->forward_rules), add(device->filters->output_rules);
    for (const auto& port : world_.ports()) add(port->filters->in_rules), add(port->filters->out_rules);
    return count;
  }

  /// The segment in which packets went from one machine to another with nothing in between.
  [[nodiscard]] std::size_t switched(const std::vector<Leap>& leaps, const std::vector<std::size_t>& way) const {
    const auto& last = leaps[way.back()];
    return way.size() == 2 && last.network != k_nothing ? index_.segment_on(last.network) : k_nothing;
  }

  const ProofInput& input_;
  const ProofOptions& options_;
  const World& world_;
  PlaceIndex index_;
  std::unique_ptr<const WantedIndex> made_;
  const WantedIndex& wanted_;
  Working working_;
  GuaranteeCheck guarantees_;
  Proof proof_{};
  std::size_t given_up_ = 0;
};

}  // namespace

Proof prove(std::unique_ptr<const World> world, const ProofInput& input, const ProofOptions& options) {
  return Proving(std::move(world), input, options).run();
}

}  // namespace cloison::verify
