#include "cli/view/verify_view.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "cli/view/explain_view.h"
#include "cli/view/further_view.h"
#include "cli/view/not_applied_view.h"
#include "cli/view/text.h"
#include "core/base/clock.h"
#include "core/base/strings.h"
#include "core/ops/closing.h"
#include "core/verify/guarantee_text.h"
#include "core/verify/packet_text.h"

namespace cloison::cli {

namespace {

using ops::Proved;
using ops::Verified;
using verify::Finding;
using verify::PassageEnd;
using verify::WantedResult;

constexpr std::size_t k_services_shown = 3;

/// What is alike at many sites is told once.
std::string kind_text(const Proved& proved, const PassageEnd& end) {
  return end.kind == PassageEnd::Kind::place ? proved.input.places[end.place].alike()
                                             : verify::name_of(end, proved.input.places);
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
    for (const auto& one : verified_.further) further(one);
    text_ += no_further_text(verified_.no_further);
    agreement();
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

  /// Of what is not there yet only what does not hold with it.
  void further(const ops::FurtherProved& further) {
    const auto& proved = further.proved;
    if (further.beside != 0 && further.holds()) return;
    sources_ = &further.sources;
    text_ += further_head(further);
    for (const auto i : further.news.guarantees) broken(proved, i);
    if (!further.news.closed.empty()) text_ += '\n';
    for (const auto i : further.news.closed) closed(proved, i);
    const auto& news = further.news;
    if (news.beyond_count != 0 || !news.inside.empty())
      text_ += fmt::format("\n{}\n", painted(style_.color, Color::red, "Beyond the flows"));
    inside(proved, news.inside);
    grouped(proved, news.beyond, news.beyond_count, true);
    sources_ = &verified_.sources;
  }

  void turn(const Proved& proved) {
    std::vector<std::string> what;
    if (!proved.begins.empty()) what.push_back(join(proved.begins, ", ") + " opened");
    if (!proved.ends.empty()) what.push_back(join(proved.ends, ", ") + " closed");
    text_ += fmt::format("\nFrom {} on, with {}: {}\n", rfc3339(proved.at), join(what, " and "),
                         ops::holds(proved) ? "all of it holds" : "not all of it holds");
  }

  std::string marked(GuaranteeVerdict verdict) const {
    const bool good = verdict == GuaranteeVerdict::proved;
    return painted(style_.color, good ? Color::green : Color::red, padded(word(verdict), 7));
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
    for (std::size_t i = 0; i < proved.input.guarantees.size(); ++i) broken(proved, i);
  }

  void broken(const Proved& proved, std::size_t number) {
    const auto& result = proved.proof.guarantees[number];
    if (result.verdict != GuaranteeVerdict::broken) return;
    text_ += fmt::format("\n{} is broken, {}  {}\n", printable(proved.input.guarantees[number].id),
                         counted(result.broken, "time"), sources_->location(proved.input.guarantees[number].span));
    grouped(proved, result.findings, result.broken, true);
  }

  void flows(const Proved& proved) {
    std::map<WantedResult::Verdict, std::size_t> count;
    for (const auto& result : proved.proof.wanted) ++count[result.verdict];
    using Verdict = WantedResult::Verdict;
    const auto asked = count[Verdict::open] + count[Verdict::closed];
    text_ += fmt::format("\nFlows  pairs that pass and are answered: {} of {}\n", count[Verdict::open], asked);
    for (const auto& [verdict, why] : {std::pair(Verdict::conditional, "open only in a failure ('when:')"),
                                       {Verdict::not_applied, "on links that are not applied"},
                                       {Verdict::nobody, "with an end at which nobody is yet"},
                                       {Verdict::too_complex, "that are too complex to tell"}})
      if (count[verdict] != 0) text_ += fmt::format("       {} {}\n", count[verdict], why);
    std::size_t shown = 0;
    for (std::size_t i = 0; i < proved.proof.wanted.size(); ++i) {
      const auto& result = proved.proof.wanted[i];
      if (result.verdict != Verdict::closed) continue;
      constexpr std::size_t k_shown = 20;
      if (++shown > k_shown && !verbose_) continue;
      closed(proved, i);
    }
  }

  void closed(const Proved& proved, std::size_t number) {
    const auto& result = proved.proof.wanted[number];
    text_ += fmt::format("  {}  {}: {}  {}\n", painted(style_.color, Color::red, "closed"),
                         printable(proved.input.wanted[number].id), result.why, verify::packets_text(result.missing));
  }

  void beyond(const Proved& proved) {
    const auto& proof = proved.proof;
    for (const auto& one : proof.given_up)
      text_ += fmt::format("\n{}: {}\n", painted(style_.color, Color::red, "Not known"), ops::too_complex_text(one));
    if (proof.beyond_count == 0 && proof.inside.empty()) {
      if (proof.given_up.empty()) text_ += "\nBeyond the flows  nothing passes\n";
      return;
    }
    text_ += fmt::format("\n{}\n", painted(style_.color, Color::red, "Beyond the flows"));
    inside(proved, proof.inside);
    grouped(proved, proof.beyond, proof.beyond_count, true);
  }

  void inside(const Proved& proved, const std::vector<std::size_t>& places) {
    std::map<std::string, std::size_t> segments;
    for (const auto place : places) ++segments[kind_text(proved, {PassageEnd::Kind::place, place, {}})];
    for (const auto& [name, count] : segments)
      text_ += fmt::format("  inside {}{}: its machines reach each other, not all at ports that a node keeps apart\n",
                           name, count > 1 ? fmt::format(", {} times", count) : "");
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
      const auto key =
          finding.place != verify::k_nothing
              ? fmt::format("{}  {}", proved.input.places[finding.place].path, finding.why)
              : fmt::format("{} -> {}  {}{}", kind_text(proved, finding.from), kind_text(proved, finding.to),
                            few(verify::service_texts(finding.packets.boxes()), k_services_shown),
                            finding.why.empty() ? "" : fmt::format(": {}", finding.why));
      const auto same = std::find_if(groups.begin(), groups.end(), [&](const auto& one) { return one.first == key; });
      (same == groups.end() ? groups.emplace_back(key, std::vector<const Finding*>{}) : *same)
          .second.push_back(&finding);
    }
    for (const auto& [key, members] : groups) {
      text_ +=
          fmt::format("  {}{}\n", printable(key), members.size() > 1 ? fmt::format("  {} times", members.size()) : "");
      if (members.front()->place == verify::k_nothing && with_way) example(proved, *members.front(), members.size());
    }
    if (findings.size() < count) text_ += fmt::format("  and {} more\n", count - findings.size());
  }

  void example(const Proved& proved, const Finding& finding, std::size_t of) {
    const auto ends = of == 1
                          ? std::string()
                          : fmt::format(" from {} to {}", printable(verify::name_of(finding.from, proved.input.places)),
                                        printable(verify::name_of(finding.to, proved.input.places)));
    text_ += fmt::format("    for example {}{}\n", verify::packet_text(finding.witness), ends);
    std::vector<ops::ExplainedLeap> way;
    for (const auto& leap : finding.way) way.push_back(proved.reasons.of(leap));
    constexpr std::size_t k_indent = 6;
    text_ += way_table(way, *sources_, k_indent, style_.width);
    if (const auto* closed = ops::closing_of(proved, finding))
      text_ += fmt::format("    to close it: {}\n", printable(ops::closing_text(*closed, *sources_, verified_.live)));
  }

  /// What they do not agree on is an error of its own.
  void agreement() {
    if (verified_.proved.empty()) return;
    const auto& first = verified_.proved.front().agreement;
    const bool all = std::all_of(verified_.proved.begin(), verified_.proved.end(),
                                 [](const Proved& proved) { return proved.agreement && proved.agreement->holds(); });
    if (!all) return;
    const auto times = verified_.proved.size();
    text_ += fmt::format("\nBoth engines agree: {}, {}{}\n", counted(first->sources, "source"),
                         counted(first->passages, "passage"),
                         times == 1 ? "" : fmt::format(" now, and all of them at {}", counted(times - 1, "date")));
  }

  void not_part() {
    auto text = not_part_text(verified_.not_applied);
    if (!verified_.proved.empty())
      for (const auto& one : verified_.proved.front().proof.world->unknown()) {
        if (text.empty()) text += k_not_part;
        text += fmt::format("  {}: {}\n", printable(one.address), printable(one.what));
      }
    text_ += text;
  }

  const Verified& verified_;
  const Style& style_;
  bool verbose_;
  const SourceMap* sources_ = &verified_.sources;  // of what is being told
  std::string text_{};
};

/// The lines of one instant, or of one with more entries than are written.
class Lines {
 public:
  Lines(const Proved& proved, const SourceMap& sources, const ops::FurtherProved* further)
      : proved_(proved), sources_(sources), further_(further), at_(rfc3339(proved.at)) {
    if (further == nullptr) return;
    for (const auto& one : further->added) with_.insert(with_.end(), one.makes.begin(), one.makes.end());
  }

  std::vector<JsonLine> run() {
    guarantees();
    flows();
    const auto& proof = proved_.proof;
    for (const auto& one : further_ == nullptr ? proof.beyond : further_->news.beyond) finding(one, "beyond", "");
    for (const auto place : further_ == nullptr ? proof.inside : further_->news.inside)
      finding({.place = place}, "inside", "");
    if (further_ == nullptr)
      for (const auto& one : proof.implicit) finding(one, "platform", "");
    if (proved_.agreement) agreement(*proved_.agreement);
    sum();
    return std::move(lines_);
  }

 private:
  void finding(const Finding& one, std::string_view what, std::string_view of) {
    const auto& places = proved_.input.places;
    const bool of_place = one.place != verify::k_nothing;
    std::vector<std::string> packets;
    for (const auto& box : one.packets.boxes()) packets.push_back(verify::packets_text(verify::PacketSet(box)));
    std::vector<ops::ExplainedLeap> way;
    for (const auto& leap : one.way) way.push_back(proved_.reasons.of(leap));
    const auto* closed = ops::closing_of(proved_, one);
    lines_.push_back(
        {"finding", JsonObject()
                        .text("at", at_)
                        .text("what", what)
                        .text("of", of)
                        .text("from", of_place ? places[one.place].path : name_of(one.from, places))
                        .text("to", of_place ? std::string() : name_of(one.to, places))
                        .text("why", one.why)
                        .texts("packets", packets)
                        .text("witness", of_place ? std::string() : verify::packet_text(one.witness))
                        .objects("way", way_json(way, sources_))
                        .texts("further", with_)
                        .text("edit", edit_of(closed))
                        .objects("edited", edited_of(closed))
                        .texts("breaks", closed == nullptr ? std::vector<std::string>{} : closed->breaks)});
  }

  static std::string_view edit_of(const ops::ClosedBy* closed) {
    if (closed == nullptr) return "";
    return !closed->known ? "none" : closed->taken.empty() ? "remove" : "narrow";
  }
  [[nodiscard]] std::vector<JsonObject> edited_of(const ops::ClosedBy* closed) const {
    if (closed == nullptr || !closed->known) return {};
    const auto& rule = closed->rule;
    return {JsonObject()
                .text("where", rule.where)
                .text("rule", rule.rule)
                .text("reason", rule.reason)
                .text("resource", rule.resource)
                .text("declared", sources_.location(rule.declared))
                .text("packets", closed->taken)};
  }

  static bool has(const std::vector<std::size_t>& numbers, std::size_t number) {
    return std::find(numbers.begin(), numbers.end(), number) != numbers.end();
  }

  void guarantees() {
    for (std::size_t i = 0; i < proved_.input.guarantees.size(); ++i) {
      const auto& guarantee = proved_.input.guarantees[i];
      const auto& result = proved_.proof.guarantees[i];
      ++verdicts_[result.verdict];
      lines_.push_back({"guarantee", JsonObject()
                                         .text("at", at_)
                                         .text("id", guarantee.id)
                                         .text("text", verify::guarantee_text(guarantee))
                                         .text("verdict", word(result.verdict))
                                         .text("why", result.why)
                                         .number("members", result.members)
                                         .number("broken", result.broken)
                                         .text("declared", sources_.location(guarantee.span))
                                         .texts("further", with_)});
      if (further_ == nullptr || has(further_->news.guarantees, i))
        for (const auto& one : result.findings) finding(one, "broken", guarantee.id);
    }
  }

  void flows() {
    for (std::size_t i = 0; i < proved_.input.wanted.size(); ++i) {
      const auto& result = proved_.proof.wanted[i];
      ++pairs_[result.verdict];
      if (result.verdict == WantedResult::Verdict::closed && (further_ == nullptr || has(further_->news.closed, i)))
        finding({.packets = result.missing, .witness = result.missing.sample().value_or(Packet{}), .why = result.why},
                "closed", proved_.input.wanted[i].id);
    }
  }

  void agreement(const verify::Agreement& both) {
    for (const auto& one : both.examples)
      lines_.push_back({"difference", JsonObject()
                                          .text("at", at_)
                                          .text("from", one.from)
                                          .text("to", one.to)
                                          .text("only", one.only_intervals ? "intervals" : "bdd")
                                          .text("arrives", verify::packet_text(one.arrives))
                                          .text("sent", verify::packet_text(one.sent))});
    lines_.push_back({"engines", JsonObject()
                                     .text("at", at_)
                                     .flag("agree", both.holds())
                                     .number("sources", both.sources)
                                     .number("passages", both.passages)
                                     .number("differences", both.differences)
                                     .text("gave_up", both.too_complex ? both.too_complex->detail : "")
                                     .number("nodes", both.nodes)
                                     .number("milliseconds", both.milliseconds)});
  }

  void sum() {
    using Verdict = WantedResult::Verdict;
    std::vector<std::string> given_up;
    for (const auto& one : proved_.proof.given_up) given_up.push_back(ops::too_complex_text(one));
    lines_.push_back({"proved", JsonObject()
                                    .text("at", at_)
                                    .texts("begins", proved_.begins)
                                    .texts("ends", proved_.ends)
                                    .flag("holds", further_ == nullptr ? ops::holds(proved_) : further_->holds())
                                    .number("resources", proved_.resources)
                                    .number("milliseconds", proved_.milliseconds)
                                    .number("rules", proved_.proof.rules)
                                    .number("sources", proved_.proof.sources)
                                    .number("passages", proved_.proof.passages)
                                    .number("proved", verdicts_[GuaranteeVerdict::proved])
                                    .number("broken", verdicts_[GuaranteeVerdict::broken])
                                    .number("unknown", verdicts_[GuaranteeVerdict::unknown])
                                    .number("open", pairs_[Verdict::open])
                                    .number("closed", pairs_[Verdict::closed])
                                    .number("conditional", pairs_[Verdict::conditional])
                                    .number("not_applied", pairs_[Verdict::not_applied])
                                    .number("nobody", pairs_[Verdict::nobody])
                                    .number("too_complex", pairs_[Verdict::too_complex])
                                    .number("beyond", proved_.proof.beyond_count)
                                    .number("inside", proved_.proof.inside.size())
                                    .number("platform", proved_.proof.implicit_count)
                                    .texts("given_up", given_up)
                                    .texts("further", with_)});
  }

  const Proved& proved_;
  const SourceMap& sources_;
  const ops::FurtherProved* further_;
  std::vector<std::string> with_{};  // what there is once more
  std::string at_;
  std::map<GuaranteeVerdict, std::size_t> verdicts_{};
  std::map<WantedResult::Verdict, std::size_t> pairs_{};
  std::vector<JsonLine> lines_{};
};

}  // namespace

std::string verify_text(const Verified& verified, const Style& style, bool verbose) {
  return Text(verified, style, verbose).run();
}

std::vector<JsonLine> verify_json(const Verified& verified) {
  std::vector<JsonLine> all;
  const auto add = [&all](std::vector<JsonLine> lines) {
    std::move(lines.begin(), lines.end(), std::back_inserter(all));
  };
  for (const auto& proved : verified.proved) add(Lines(proved, verified.sources, nullptr).run());
  add(further_json(verified));
  for (const auto& further : verified.further) add(Lines(further.proved, further.sources, &further).run());
  return all;
}

}  // namespace cloison::cli
