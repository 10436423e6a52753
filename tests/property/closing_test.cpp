// The edit that closes a passage, against a network made anew with that edit: the passage is gone, and exactly those
// pairs stop of which it says so.

#include "core/verify/closing.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "tests/support/generators_plan.h"
#include "tests/support/laws.h"
#include "tests/support/small_network.h"

namespace cloison::test {

namespace {

/// LANs with ways between them, rules of flows, and rules that nobody asked for.
struct Meddled {
  std::vector<Thing> things{};
  std::vector<bool> wide{};  // beside them: rules that let whatever pass
  verify::ProofInput input{};

  Meddled() {
    input.places = lan_places();
    for (int64_t from = 0; from < k_lans; ++from)
      for (int64_t to = 0; to < k_lans; ++to)
        if (from != to) things.push_back({.kind = "route", .node = from, .from = 0, .to = to});
    for (int left = *rc::gen::inRange(2, 9); left > 0; --left) permit();
    input.guarantees.push_back({.id = "G-1",
                                .kind = verify::Guarantee::Kind::unreachable,
                                .from = {.terms = {{.path = "site-0"}}},
                                .to = {.terms = {{.path = "site-1"}}}});
  }

  void permit() {
    const auto lan = [] { return *rc::gen::inRange<int64_t>(0, k_lans); };
    const auto from = lan(), to = lan(), service = *rc::gen::inRange<int64_t>(1, 3);
    if (from == to) return;
    const bool broad = *rc::gen::inRange(0, 2) == 0;
    for (const auto node : {from, to}) {
      things.push_back({.kind = "rule", .node = node, .from = from, .to = to, .service = service});
      wide.resize(things.size());
      wide.back() = broad;
    }
    if (*rc::gen::inRange(0, 2) == 0) return;
    auto box = rule_from(from, to, service, false).match.packets[0];
    const auto permitted = box;
    box.source.first += 2, box.destination.first += 2;  // the network's own address and its node's are no machine's
    const auto id = fmt::format("F-{}", input.wanted.size());
    input.wanted.push_back({.id = id, .flow = id, .packets = {box}, .permitted = {permitted}});
  }

  [[nodiscard]] std::vector<Forwarding> parts() const {
    std::vector<Forwarding> all;
    auto& network = all.emplace_back(small_network(things));
    for (int64_t node = 0; node < k_lans; ++node) {
      // Behind the one for connections that stand, in the order of the things.
      auto rule = network.devices[static_cast<std::size_t>(node)].forward.own().rules.begin();
      for (std::size_t i = 0; i < things.size(); ++i) {
        if (things[i].kind != "rule" || things[i].node != node) continue;
        ++rule;
        rule->match.text = fmt::format("rule {}", i);
        if (wide[i])
          for (auto& box : rule->match.packets) box.service = PacketBox::all(box.family).service;
      }
    }
    return all;
  }
  [[nodiscard]] verify::Proof proved(std::vector<Forwarding> parts) const {
    return verify::prove(std::make_unique<const verify::World>(std::move(parts)), input);
  }
};

/// The same edit in the resources, by a reckoning of its own.
void edit(Forwarding& network, const verify::Leap& leap, const verify::ClosingEdit& edit) {
  for (auto& device : network.devices) {
    if (device.name != leap.where) continue;
    for (auto* chain : {&device.input, &device.forward, &device.output}) {
      if (!*chain) continue;
      for (auto& rule : chain->own().rules) {
        if (rule.match.text != leap.rule || rule.match.label != leap.label) continue;
        verify::PacketSet left(rule.match.packets);
        left.subtract(edit.whole ? verify::PacketSet(rule.match.packets) : edit.taken);
        rule.match.packets = left.boxes();
      }
      std::erase_if(chain->own().rules, [](const FilterRule& rule) { return rule.match.packets.empty(); });
    }
  }
}

bool still_passes(const verify::Proof& proof, const verify::Finding& finding) {
  const auto same = [&](const verify::Finding& one) {
    return one.from == finding.from && one.to == finding.to && !one.packets.intersected(finding.packets).empty();
  };
  return std::any_of(proof.beyond.begin(), proof.beyond.end(), same) ||
         std::any_of(proof.guarantees[0].findings.begin(), proof.guarantees[0].findings.end(), same);
}

/// No rule on the way closes it by being taken away.
bool none_closes(const Meddled& drawn, const verify::Finding& finding) {
  return std::all_of(finding.way.begin(), finding.way.end(), [&](const verify::Leap& leap) {
    if (leap.rule.empty()) return true;
    auto parts = drawn.parts();
    edit(parts.front(), leap, {.whole = true});
    return still_passes(drawn.proved(std::move(parts)), finding);
  });
}

struct Found {
  std::size_t whole = 0, narrowed = 0, breaking = 0, none = 0;
};

void edits_close_and_break_what_they_say(Found& found) {
  using Verdict = verify::WantedResult::Verdict;
  const Meddled drawn;
  const auto now = drawn.proved(drawn.parts());
  std::vector<const verify::Finding*> findings;
  for (const auto& one : now.beyond) findings.push_back(&one);
  for (const auto& one : now.guarantees[0].findings) findings.push_back(&one);
  const verify::Closing closing(*now.world, drawn.input, findings);
  for (const auto* finding : findings) {
    const auto told = closing.of(*finding);
    ++(!told ? found.none : told->whole ? found.whole : found.narrowed);
    if (!told) {
      RC_ASSERT(none_closes(drawn, *finding));
      continue;
    }
    if (!told->breaks.empty()) ++found.breaking;
    auto parts = drawn.parts();
    edit(parts.front(), finding->way[told->leap], *told);
    const auto then = drawn.proved(std::move(parts));
    RC_ASSERT(!still_passes(then, *finding));
    std::vector<std::string> stopped;
    for (std::size_t i = 0; i < drawn.input.wanted.size(); ++i)
      if (now.wanted[i].verdict == Verdict::open && then.wanted[i].verdict == Verdict::closed)
        stopped.push_back(drawn.input.wanted[i].id);
    RC_ASSERT(stopped == told->breaks);
  }
}

}  // namespace

TEST(Closing, AnEditClosesThePassageAndBreaksWhatItSays) {
  Found found;
  const int cases = property_cases(200);
  check_law("edits", cases, [&] { edits_close_and_break_what_they_say(found); });
  fmt::print("edits of rules: {} taken away, {} narrowed, {} that break something; no single one: {}\n", found.whole,
             found.narrowed, found.breaking, found.none);
  if (cases < 200) return;
  EXPECT_GT(found.whole, 0U);
  EXPECT_GT(found.narrowed, 0U);
  EXPECT_GT(found.breaking, 0U);
  EXPECT_GT(found.none, 0U) << "two rules that let the same pass are drawn, too";
}

}  // namespace cloison::test
