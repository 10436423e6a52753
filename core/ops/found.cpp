#include "core/ops/found.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/ops/closing.h"
#include "core/ops/lint_parts.h"
#include "core/verify/packet_text.h"

namespace cloison::ops {

namespace {

using report::Found;

Found::Level level_of(Diagnostic::Severity severity) {
  switch (severity) {
    case Diagnostic::Severity::note:
      return Found::Level::note;
    case Diagnostic::Severity::warning:
      return Found::Level::warning;
    case Diagnostic::Severity::error:
      break;
  }
  return Found::Level::error;
}

/// "declared at a.yaml:3:7 too" without ":3:7", which moves with the lines.
std::string without_places(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    auto end = at + 1;
    while (text[at] == ':' && end < text.size() && is_digit(text[end])) ++end;
    const bool number = end > at + 1;
    if (!number) out += text[at];
    at = number ? end : at + 1;
  }
  return out;
}

/// The text that a place covers in its line.
std::string_view covered(const SourceMap& sources, SpanId where) {
  const auto line = sources.source_line(where);
  const auto& span = sources.span(where);
  if (!line || span.column == 0 || span.column > line->size()) return {};
  const bool ends_here = span.end_line == span.line && span.end_column > span.column;
  return trimmed(line->substr(span.column - 1, ends_here ? span.end_column - span.column : std::string_view::npos));
}

Found found_of(const Diagnostic& note, const SourceMap& sources) {
  Found found{.code = note.code,
              .level = level_of(note.severity),
              .summary = note.summary,
              .detail = note.detail,
              .hint = note.hint,
              .context = note.context,
              .about = note.address,
              .where = note.where,
              .related = note.related};
  const auto about = note.address.empty() ? std::string(covered(sources, note.where)) : note.address;
  found.same = fmt::format("{}\n{}", about, without_places(note.summary));
  return found;
}

std::string lint_told(const LintFinding& one) {
  const auto what = one.what.empty() ? std::string() : " (" + one.what + ")";
  switch (one.kind) {
    case LintFinding::Kind::insecure:
      return "an insecure service" + what;
    case LintFinding::Kind::broad:
      return "more is permitted than is needed" + what;
    case LintFinding::Kind::shadowed:
      return "others decide all packets of this rule before";
    case LintFinding::Kind::control:
      return "a control is missing" + what;
    case LintFinding::Kind::redundant:
      return "without this rule all is decided the same";
    case LintFinding::Kind::never:
      return "no packet can meet this rule";
    case LintFinding::Kind::too_complex:
      return "a rule is too complex to be judged";
  }
  return {};
}

Found found_of(const LintFinding& one) {
  Found found{.code = std::string(lint_code(one.kind)),
              .level = one.severity == LintFinding::Severity::warning ? Found::Level::warning : Found::Level::note,
              .summary = fmt::format("{}: {}", one.address, lint_told(one)),
              .detail = one.why,
              .hint = one.hint,
              .about = one.address,
              .same = one.alike,
              .count = one.count,
              .where = one.declared};
  if (!one.rule.empty() && one.rule != one.address) found.context.push_back("rule: " + one.rule);
  if (!one.witness.empty()) found.context.push_back("for example " + one.witness);
  for (const auto& by : one.by) {
    found.context.push_back("decided by " + by.rule);
    if (by.declared != 0) found.related.emplace_back(by.declared, "what decides: " + by.reason);
  }
  for (const auto& other : one.others)
    if (other != one.address && std::find(found.others.begin(), found.others.end(), other) == found.others.end())
      found.others.push_back(other);
  return found;
}

/// What verify found at one instant, but for guarantees, which have a diagnostic each.
class Proving {
 public:
  Proving(const Verified& verified, const Proved& proved)
      : verified_(verified),
        proved_(proved),
        on_(&proved == &verified.proved.front() ? "" : " from " + rfc3339(proved.at) + " on") {}

  std::vector<Found> run() {
    flows();
    inside();
    beyond();
    return std::move(found_);
  }

 private:
  void add(Found found) {
    found.same = fmt::format("{}{}", found.same, on_);
    found.summary += on_;
    found_.push_back(std::move(found));
  }

  void flows() {
    std::map<std::string_view, std::vector<std::size_t>> closed;
    for (std::size_t i = 0; i < proved_.proof.wanted.size(); ++i)
      if (proved_.proof.wanted[i].verdict == verify::WantedResult::Verdict::closed)
        closed[proved_.input.wanted[i].flow].push_back(i);
    for (const auto& [flow, pairs] : closed) {
      const auto& wanted = proved_.input.wanted[pairs.front()];
      const auto& result = proved_.proof.wanted[pairs.front()];
      Found found{.code = "CL6112",
                  .summary = fmt::format("flow {} has no way", flow),
                  .detail = fmt::format("{}: {}, {}", wanted.id, result.why, verify::packets_text(result.missing)),
                  .hint = asking_text(result.missing.example().value_or(Packet{}), verified_.live),
                  .about = std::string(flow),
                  .same = std::string(flow),
                  .count = pairs.size(),
                  .where = wanted.span};
      for (std::size_t i = 1; i < std::min(pairs.size(), k_most_others); ++i)
        found.others.push_back(proved_.input.wanted[pairs[i]].id);
      add(std::move(found));
    }
  }

  void inside() {
    std::map<std::string, std::vector<std::size_t>> alike;
    for (const auto place : proved_.proof.inside) alike[proved_.input.places[place].alike()].push_back(place);
    for (const auto& [name, places] : alike) {
      const auto& first = proved_.input.places[places.front()];
      Found found{.code = "CL6113",
                  .summary = fmt::format("in {} machines reach each other, and no flow says so", first.path),
                  .detail = "not all are at ports that a node keeps apart",
                  .hint = "have nodes run its machines, or give each a segment of its own",
                  .about = first.path,
                  .same = "inside " + name,
                  .count = places.size(),
                  .where = first.span};
      for (std::size_t i = 1; i < std::min(places.size(), k_most_others); ++i)
        found.others.push_back(proved_.input.places[places[i]].path);
      add(std::move(found));
    }
  }

  [[nodiscard]] std::string alike(const verify::PassageEnd& end) const {
    return end.kind == verify::PassageEnd::Kind::place ? proved_.input.places[end.place].alike()
                                                       : verify::name_of(end, proved_.input.places);
  }
  [[nodiscard]] std::string ends(const verify::Finding& one) const {
    return fmt::format("{} -> {}", verify::name_of(one.from, proved_.input.places),
                       verify::name_of(one.to, proved_.input.places));
  }

  void beyond() {
    std::map<std::string, std::vector<const verify::Finding*>> groups;
    for (const auto& one : proved_.proof.beyond)
      groups[fmt::format("beyond {} -> {} {}", alike(one.from), alike(one.to),
                         join(verify::service_texts(one.packets.boxes()), ","))]
          .push_back(&one);
    for (const auto& [name, all] : groups) add(passing(name, all));
    const auto more = proved_.proof.beyond_count - proved_.proof.beyond.size();
    if (more == 0) return;
    add({.code = "CL6113",
         .summary =
             fmt::format("packets pass that no flow asks for, by {} that are not told", counted(more, "more way")),
         .hint = "mend those that are told, and ask again",
         .same = "beyond, and more"});
  }

  [[nodiscard]] Found passing(const std::string& name, const std::vector<const verify::Finding*>& all) const {
    const auto& first = *all.front();
    const auto* closed = closing_of(proved_, first);
    Found found{.code = "CL6113",
                .summary = "packets pass that no flow asks for",
                .detail = told(first, proved_.input.places),
                .hint = asking_text(first.witness, verified_.live),
                .about = ends(first),
                .same = name,
                .count = all.size()};
    if (closed != nullptr) found.hint = closing_text(*closed, verified_.sources, verified_.live) + "; " + found.hint;
    for (const auto& leap : first.way) {
      const auto reason = proved_.reasons.of(leap);
      if (reason.rule.empty()) continue;
      found.context.push_back(fmt::format("passes {} by {}", reason.where, reason.rule));
      if (reason.declared != 0) found.where = reason.declared;
    }
    if (closed != nullptr && closed->known && closed->rule.declared != 0) found.where = closed->rule.declared;
    for (std::size_t i = 1; i < std::min(all.size(), k_most_others); ++i) found.others.push_back(ends(*all[i]));
    return found;
  }

  static constexpr std::size_t k_most_others = 6;
  const Verified& verified_;
  const Proved& proved_;
  std::string on_;  // of a later instant
  std::vector<Found> found_{};
};

}  // namespace

std::vector<Found> found_in(const Diagnostics& notes, const SourceMap& sources) {
  std::vector<Found> all;
  all.reserve(notes.size());
  for (const auto& note : notes) all.push_back(found_of(note, sources));
  return all;
}

std::vector<Found> found_in(const Linted& linted) {
  std::set<std::string_view> one_by_one;
  for (const auto& one : linted.findings) one_by_one.insert(lint_code(one.kind));
  std::vector<Found> all;
  for (const auto& note : linted.notes)
    if (!one_by_one.contains(note.code)) all.push_back(found_of(note, linted.sources));
  for (const auto& one : linted.findings) all.push_back(found_of(one));
  return all;
}

std::vector<Found> found_in(const Verified& verified) {
  std::map<SpanId, std::string> guarantees;
  for (const auto& proved : verified.proved)
    for (const auto& one : proved.input.guarantees) guarantees.emplace(one.span, one.id);
  std::vector<Found> all;
  for (const auto& note : verified.notes) {
    if (note.code == "CL6112" || note.code == "CL6113") continue;
    auto found = found_of(note, verified.sources);
    const auto guarantee = guarantees.find(note.where);
    if ((note.code == "CL6110" || note.code == "CL6111") && guarantee != guarantees.end())
      found.about = guarantee->second, found.same = note.summary;
    all.push_back(std::move(found));
  }
  for (const auto& proved : verified.proved) {
    auto found = Proving(verified, proved).run();
    std::move(found.begin(), found.end(), std::back_inserter(all));
  }
  return all;
}

std::vector<std::string> not_part_of(const std::vector<NotApplied>& not_applied) {
  std::vector<std::string> all;
  for (const auto& one : not_applied)
    if (one.block == "links" || one.block == "sites")
      all.push_back(fmt::format("{} {}: {}", one.block, one.entry, one.text));
  return all;
}

}  // namespace cloison::ops
