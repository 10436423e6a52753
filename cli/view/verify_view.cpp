#include "cli/view/verify_view.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "cli/view/explain_view.h"
#include "cli/view/text.h"
#include "core/base/clock.h"
#include "core/base/strings.h"
#include "core/verify/guarantee_text.h"
#include "core/verify/packet_text.h"

namespace cloison::cli {

namespace {

using ops::Proved;
using ops::Verified;
using verify::Finding;
using verify::GuaranteeResult;
using verify::PassageEnd;
using verify::WantedResult;

std::string end_text(const Proved& proved, const PassageEnd& end) {
  if (end.kind == PassageEnd::Kind::place) return proved.input.places[end.place].path;
  return end.kind == PassageEnd::Kind::outside ? "internet" : std::string(end.where);
}

/// The same without the site's key: what is alike at many sites is told once.
std::string kind_text(const Proved& proved, const PassageEnd& end) {
  if (end.kind != PassageEnd::Kind::place) return end_text(proved, end);
  const auto& place = proved.input.places[end.place];
  if (place.kind == verify::Place::Kind::node) return place.family + ".nodes";
  auto text = place.family;
  for (const auto* part : {&place.vpc, &place.segment, &place.host})
    if (!part->empty()) text += '.' + *part;
  return text;
}

std::string services_text(const verify::PacketSet& packets) {
  std::vector<std::string> all;
  for (const auto& box : packets.boxes())
    if (auto text = verify::service_text(box); std::find(all.begin(), all.end(), text) == all.end())
      all.push_back(std::move(text));
  constexpr std::size_t k_shown = 3;
  const auto more = all.size() > k_shown ? all.size() - k_shown : 0;
  if (more != 0) all.resize(k_shown);
  return join(all, ", ") + (more != 0 ? fmt::format(" and {} more", more) : "");
}

std::string_view verdict_word(GuaranteeResult::Verdict verdict) {
  switch (verdict) {
    case GuaranteeResult::Verdict::proved:
      return "proved";
    case GuaranteeResult::Verdict::broken:
      return "broken";
    case GuaranteeResult::Verdict::unknown:
      return "unknown";
  }
  return "";
}

class Text {
 public:
  Text(const Verified& verified, const Style& style, bool verbose)
      : verified_(verified), style_(style), verbose_(verbose) {}

  std::string run() {
    for (const auto& proved : verified_.proved) {
      if (&proved != &verified_.proved.front()) turn(proved);
      if (&proved == &verified_.proved.front() || !ops::holds(proved)) of(proved);
    }
    not_part();
    return std::move(text_);
  }

 private:
  void of(const Proved& proved) {
    guarantees(proved);
    flows(proved);
    beyond(proved);
    platform(proved);
  }

  void turn(const Proved& proved) {
    std::vector<std::string> what;
    if (!proved.begins.empty()) what.push_back(join(proved.begins, ", ") + " opened");
    if (!proved.ends.empty()) what.push_back(join(proved.ends, ", ") + " closed");
    text_ += fmt::format("\nFrom {} on, with {}: {}\n", rfc3339(proved.at), join(what, " and "),
                         ops::holds(proved) ? "all of it holds" : "not all of it holds");
  }

  std::string marked(GuaranteeResult::Verdict verdict) const {
    const bool good = verdict == GuaranteeResult::Verdict::proved;
    return painted(style_.color, good ? Color::green : Color::red, padded(verdict_word(verdict), 7));
  }

  void guarantees(const Proved& proved) {
    if (proved.input.guarantees.empty()) {
      text_ += "Guarantees  none are declared: 'guarantees:' says what must hold whatever flows say\n";
      return;
    }
    text_ += "Guarantees\n";
    for (std::size_t i = 0; i < proved.input.guarantees.size(); ++i) {
      const auto& guarantee = proved.input.guarantees[i];
      const auto& result = proved.proof.guarantees[i];
      text_ += fmt::format("  {} {:<6} {}{}\n", marked(result.verdict), printable(guarantee.id),
                           printable(verify::guarantee_text(guarantee)),
                           result.why.empty() ? "" : fmt::format(": {}", result.why));
      for (const auto& exemption : guarantee.except)
        text_ += fmt::format("{:17}except {}: {}\n", "", printable(verify::exemption_text(exemption)),
                             printable(exemption.reason));
    }
    for (std::size_t i = 0; i < proved.input.guarantees.size(); ++i) {
      const auto& result = proved.proof.guarantees[i];
      if (result.verdict != GuaranteeResult::Verdict::broken) continue;
      text_ += fmt::format("\n{} is broken, {}  {}\n", printable(proved.input.guarantees[i].id),
                           counted(result.broken, "time"), verified_.sources.location(proved.input.guarantees[i].span));
      grouped(proved, result.findings, result.broken, true);
    }
  }

  void flows(const Proved& proved) {
    std::map<WantedResult::Verdict, std::size_t> count;
    for (const auto& result : proved.proof.wanted) ++count[result.verdict];
    using Verdict = WantedResult::Verdict;
    const auto asked = count[Verdict::open] + count[Verdict::closed];
    text_ += fmt::format("\nFlows  pairs that pass and are answered: {} of {}\n", count[Verdict::open], asked);
    for (const auto& [verdict, why] : {std::pair(Verdict::conditional, "open only in a failure ('when:')"),
                                       {Verdict::not_applied, "on links that are not applied"},
                                       {Verdict::nobody, "with an end at which nobody is yet"}})
      if (count[verdict] != 0) text_ += fmt::format("       {} {}\n", count[verdict], why);
    std::size_t shown = 0;
    for (std::size_t i = 0; i < proved.proof.wanted.size(); ++i) {
      const auto& result = proved.proof.wanted[i];
      if (result.verdict != Verdict::closed) continue;
      constexpr std::size_t k_shown = 20;
      if (++shown > k_shown && !verbose_) continue;
      text_ += fmt::format("  {}  {}: {}  {}\n", painted(style_.color, Color::red, "closed"),
                           printable(proved.input.wanted[i].id), result.why, verify::packets_text(result.missing));
    }
  }

  void beyond(const Proved& proved) {
    const auto& proof = proved.proof;
    if (proof.beyond_count == 0 && proof.inside.empty()) {
      text_ += "\nBeyond the flows  nothing passes\n";
      return;
    }
    text_ += fmt::format("\n{}\n", painted(style_.color, Color::red, "Beyond the flows"));
    std::map<std::string, std::size_t> segments;
    for (const auto place : proof.inside) ++segments[kind_text(proved, {PassageEnd::Kind::place, place, {}})];
    for (const auto& [name, count] : segments)
      text_ += fmt::format("  inside {}{}: its machines reach each other, by a switch that filters nothing\n", name,
                           count > 1 ? fmt::format(", {} times", count) : "");
    grouped(proved, proof.beyond, proof.beyond_count, true);
  }

  void platform(const Proved& proved) {
    const auto& proof = proved.proof;
    if (proof.implicit_count == 0) return;
    std::set<std::string> services;
    for (const auto& one : proof.implicit)
      for (const auto& box : one.packets.boxes()) services.insert(verify::service_text(box));
    text_ += fmt::format("\nWhat a platform lets pass, whatever it is told: {}{}\n",
                         join({services.begin(), services.end()}, ", "),
                         verbose_ ? "" : fmt::format(", {} (-v)", counted(proof.implicit_count, "passage")));
    if (verbose_) grouped(proved, proof.implicit, proof.implicit_count, false);
  }

  /// What is alike at many sites once, with the first of them as the example.
  void grouped(const Proved& proved, const std::vector<Finding>& findings, std::size_t count, bool with_way) {
    std::vector<std::pair<std::string, std::vector<const Finding*>>> groups;
    for (const auto& finding : findings) {
      const auto key = finding.place != verify::k_nothing
                           ? fmt::format("{}  {}", proved.input.places[finding.place].path, finding.why)
                           : fmt::format("{} -> {}  {}", kind_text(proved, finding.from), kind_text(proved, finding.to),
                                         services_text(finding.packets));
      const auto same = std::find_if(groups.begin(), groups.end(), [&](const auto& one) { return one.first == key; });
      (same == groups.end() ? groups.emplace_back(key, std::vector<const Finding*>{}) : *same)
          .second.push_back(&finding);
    }
    for (const auto& [key, members] : groups) {
      text_ +=
          fmt::format("  {}{}\n", printable(key), members.size() > 1 ? fmt::format("  {} times", members.size()) : "");
      if (members.front()->place == verify::k_nothing && with_way) example(proved, *members.front(), members.size());
    }
    if (findings.size() < count) text_ += fmt::format("  and {} more; all of them: --json\n", count - findings.size());
  }

  void example(const Proved& proved, const Finding& finding, std::size_t of) {
    const auto ends = of == 1 ? std::string()
                              : fmt::format(" from {} to {}", printable(end_text(proved, finding.from)),
                                            printable(end_text(proved, finding.to)));
    text_ += fmt::format("    for example {}{}\n", verify::packet_text(finding.witness), ends);
    std::vector<ops::ExplainedLeap> way;
    for (const auto& leap : finding.way) way.push_back(proved.reasons.of(leap));
    constexpr std::size_t k_indent = 6;
    text_ += way_table(way, verified_.sources, k_indent, style_.width);
  }

  void not_part() {
    std::vector<std::string> all;
    for (const auto& one : verified_.not_applied)
      if (one.block == "links" || one.block == "sites") all.push_back(fmt::format("{} {}", one.block, one.entry));
    std::size_t unknown = 0;
    if (!verified_.proved.empty()) unknown = verified_.proved.front().proof.world->unknown().size();
    if (all.empty() && unknown == 0) return;
    text_ += "\nNot part of it\n";
    for (const auto& one : verified_.not_applied)
      if (one.block == "links" || one.block == "sites")
        text_ += fmt::format("  {} {}: {}\n", one.block, printable(one.entry), printable(one.text));
    if (unknown == 0) return;
    for (const auto& one : verified_.proved.front().proof.world->unknown())
      text_ += fmt::format("  {}: {}\n", printable(one.address), printable(one.what));
  }

  const Verified& verified_;
  const Style& style_;
  bool verbose_;
  std::string text_{};
};

// --- JSON
// --------------------------------------------------------------------------------------------------------------

std::vector<JsonLine> lines_of(const Verified& verified, const Proved& proved) {
  std::vector<JsonLine> lines;
  const auto at = rfc3339(proved.at);
  const auto finding = [&](const Finding& one, std::string_view what, std::string_view of) {
    if (one.place != verify::k_nothing) {
      lines.push_back({"finding", JsonObject()
                                      .text("at", at)
                                      .text("what", what)
                                      .text("of", of)
                                      .text("from", proved.input.places[one.place].path)
                                      .text("to", "")
                                      .text("why", one.why)
                                      .texts("packets", {})
                                      .text("witness", "")
                                      .objects("way", {})});
      return;
    }
    std::vector<std::string> packets;
    for (const auto& box : one.packets.boxes()) packets.push_back(verify::packets_text(verify::PacketSet(box)));
    std::vector<ops::ExplainedLeap> way;
    for (const auto& leap : one.way) way.push_back(proved.reasons.of(leap));
    lines.push_back({"finding", JsonObject()
                                    .text("at", at)
                                    .text("what", what)
                                    .text("of", of)
                                    .text("from", end_text(proved, one.from))
                                    .text("to", end_text(proved, one.to))
                                    .text("why", one.why)
                                    .texts("packets", packets)
                                    .text("witness", verify::packet_text(one.witness))
                                    .objects("way", way_json(way, verified.sources))});
  };
  std::map<GuaranteeResult::Verdict, std::size_t> verdicts;
  for (std::size_t i = 0; i < proved.input.guarantees.size(); ++i) {
    const auto& guarantee = proved.input.guarantees[i];
    const auto& result = proved.proof.guarantees[i];
    ++verdicts[result.verdict];
    lines.push_back({"guarantee", JsonObject()
                                      .text("at", at)
                                      .text("id", guarantee.id)
                                      .text("text", verify::guarantee_text(guarantee))
                                      .text("verdict", verdict_word(result.verdict))
                                      .text("why", result.why)
                                      .number("members", result.members)
                                      .number("broken", result.broken)
                                      .text("declared", verified.sources.location(guarantee.span))});
    for (const auto& one : result.findings) finding(one, "broken", guarantee.id);
  }
  std::map<WantedResult::Verdict, std::size_t> pairs;
  for (std::size_t i = 0; i < proved.input.wanted.size(); ++i) {
    const auto& result = proved.proof.wanted[i];
    ++pairs[result.verdict];
    if (result.verdict == WantedResult::Verdict::closed)
      finding({.packets = result.missing, .witness = result.missing.sample().value_or(Packet{}), .why = result.why},
              "closed", proved.input.wanted[i].id);
  }
  for (const auto& one : proved.proof.beyond) finding(one, "beyond", "");
  for (const auto place : proved.proof.inside) finding({.place = place}, "inside", "");
  for (const auto& one : proved.proof.implicit) finding(one, "platform", "");
  using Verdict = WantedResult::Verdict;
  lines.push_back({"proved", JsonObject()
                                 .text("at", at)
                                 .texts("begins", proved.begins)
                                 .texts("ends", proved.ends)
                                 .flag("holds", ops::holds(proved))
                                 .number("resources", proved.resources)
                                 .number("milliseconds", proved.milliseconds)
                                 .number("rules", proved.proof.rules)
                                 .number("sources", proved.proof.sources)
                                 .number("passages", proved.proof.passages)
                                 .number("proved", verdicts[GuaranteeResult::Verdict::proved])
                                 .number("broken", verdicts[GuaranteeResult::Verdict::broken])
                                 .number("unknown", verdicts[GuaranteeResult::Verdict::unknown])
                                 .number("open", pairs[Verdict::open])
                                 .number("closed", pairs[Verdict::closed])
                                 .number("conditional", pairs[Verdict::conditional])
                                 .number("not_applied", pairs[Verdict::not_applied])
                                 .number("nobody", pairs[Verdict::nobody])
                                 .number("beyond", proved.proof.beyond_count)
                                 .number("inside", proved.proof.inside.size())
                                 .number("platform", proved.proof.implicit_count)});
  return lines;
}

}  // namespace

std::string verify_text(const Verified& verified, const Style& style, bool verbose) {
  return Text(verified, style, verbose).run();
}

std::vector<JsonLine> verify_json(const Verified& verified) {
  std::vector<JsonLine> all;
  for (const auto& proved : verified.proved)
    for (auto& line : lines_of(verified, proved)) all.push_back(std::move(line));
  return all;
}

}  // namespace cloison::cli
