#include "core/ops/lint.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/ops/lint_parts.h"
#include "core/ops/planning.h"
#include "core/ops/verify.h"

namespace cloison::ops {

namespace {

using Kind = LintFinding::Kind;

/// A rule's breadth is told by examples; more of them say no more.
constexpr std::size_t k_most_passages = 2'000;

std::string lint_summary(Kind kind, std::size_t count) {
  switch (kind) {
    case Kind::shadowed:
      return fmt::format("{} of which others decide all packets before", counted(count, "rule"));
    case Kind::redundant:
      return fmt::format("{} without which all is decided the same", counted(count, "rule"));
    case Kind::never:
      return fmt::format("{} that no packet can meet", counted(count, "rule"));
    case Kind::broad:
      return fmt::format("{} than is needed", counted(count, "thing permits more", "things permit more"));
    case Kind::insecure:
      return counted(count, "insecure service");
    case Kind::control:
      return counted(count, "control is missing", "controls are missing");
    case Kind::too_complex:
      return fmt::format("{} too complex to be judged", counted(count, "rule"));
  }
  return {};
}

/// All that lint looks at, in one network.
void lint_into(Linted& linted, std::vector<Forwarding> parts, verify::ProofInput input,
               const topology::Resolved& resolved, const Reasons& reasons) {
  input.most_findings = k_most_passages;
  auto proof = verify::prove(std::make_unique<const verify::World>(std::move(parts)), input, {.flows = false});
  const LintInput looked_at{*proof.world, input, resolved, reasons, linted.live};
  auto rules = lint_rules(looked_at);
  auto all = std::move(rules.found);
  for (auto more :
       {lint_breadth(looked_at, proof.beyond), lint_services(looked_at, proof.beyond), lint_controls(looked_at)})
    std::move(more.begin(), more.end(), std::back_inserter(all));
  linted.rules = rules.rules, linted.filters = rules.filters;
  linted.not_judged = std::move(rules.not_judged);
  for (const auto& one : proof.given_up) linted.not_judged.push_back(too_complex_text(one));
  linted.findings = lint_grouped(std::move(all));
  linted.done = true;
}

void lint_end(Linted& linted, LintFailOn fail_on, std::chrono::steady_clock::time_point begin) {
  linted.milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin).count();
  append(linted.notes, lint_notes(linted.findings));
  const bool fails = std::any_of(linted.findings.begin(), linted.findings.end(), [&](const LintFinding& one) {
    return one.severity == LintFinding::Severity::warning || fail_on == LintFailOn::notice;
  });
  if (fails && fail_on != LintFailOn::none) linted.ending = Ending::policy;
}

}  // namespace

std::string_view lint_code(Kind kind) {
  switch (kind) {
    case Kind::shadowed:
      return "CL6140";
    case Kind::redundant:
      return "CL6141";
    case Kind::never:
      return "CL6142";
    case Kind::broad:
      return "CL6143";
    case Kind::insecure:
      return "CL6144";
    case Kind::control:
      return "CL6145";
    case Kind::too_complex:
      return "CL6146";
  }
  return "CL6146";
}

std::string_view lint_word(Kind kind) {
  switch (kind) {
    case Kind::shadowed:
      return "shadowed";
    case Kind::redundant:
      return "redundant";
    case Kind::never:
      return "never";
    case Kind::broad:
      return "broad";
    case Kind::insecure:
      return "insecure";
    case Kind::control:
      return "control";
    case Kind::too_complex:
      return "too_complex";
  }
  return "";
}

std::string_view lint_word(LintFinding::Severity severity) {
  return severity == LintFinding::Severity::warning ? "warning" : "notice";
}

std::string flow_of_reason(std::string_view reason) {
  constexpr std::string_view k_flow = "flow ";
  if (reason.starts_with(k_flow)) reason.remove_prefix(k_flow.size());
  return std::string(reason.substr(0, reason.find_first_of("/ ")));
}

std::vector<LintFinding> lint_grouped(LintFounds found) {
  constexpr std::size_t k_most_others = 5;
  std::map<std::string, std::size_t> places;
  std::vector<LintFinding> grouped;
  for (auto& [alike, one] : found) {
    const auto key = fmt::format("{}|{}|{}", lint_word(one.kind), one.what, alike);
    const auto [place, fresh] = places.try_emplace(key, grouped.size());
    if (fresh) {
      one.alike = key;
      grouped.push_back(std::move(one));
      continue;
    }
    auto& first = grouped[place->second];
    first.count += one.count;
    if (first.others.size() < k_most_others) first.others.push_back(std::move(one.address));
  }
  std::stable_sort(grouped.begin(), grouped.end(), [](const LintFinding& a, const LintFinding& b) {
    return std::tuple(b.severity, a.kind, b.count, std::string_view(a.address), std::string_view(a.rule)) <
           std::tuple(a.severity, b.kind, a.count, std::string_view(b.address), std::string_view(b.rule));
  });
  return grouped;
}

Diagnostics lint_notes(const std::vector<LintFinding>& findings) {
  std::map<Kind, std::vector<const LintFinding*>> kinds;
  for (const auto& one : findings) kinds[one.kind].push_back(&one);
  Diagnostics notes;
  for (const auto& [kind, all] : kinds) {
    const auto& first = *all.front();
    std::size_t count = 0;
    for (const auto* one : all) count += one->count;
    const bool warning = first.severity == LintFinding::Severity::warning;
    notes.push_back({.severity = warning ? Diagnostic::Severity::warning : Diagnostic::Severity::note,
                     .kind = ErrorKind::policy,
                     .code = std::string(lint_code(kind)),
                     .summary = lint_summary(kind, count),
                     .detail = fmt::format("{}{}: {}", printable(first.address),
                                           first.reason.empty() || first.address.ends_with(first.reason)
                                               ? ""
                                               : fmt::format(", {}", printable(first.reason)),
                                           first.why),
                     .hint = first.hint,
                     .where = first.declared});
  }
  return notes;
}

Linted lint_network(std::vector<Forwarding> parts, verify::ProofInput input, const topology::Resolved& resolved,
                    const Reasons& reasons) {
  Linted linted;
  lint_into(linted, std::move(parts), std::move(input), resolved, reasons);
  return linted;
}

Linted lint(const Context& context, LintFailOn fail_on) {
  auto validated = validate(context);
  Linted linted{.ending = validated.ending,
                .notes = std::move(validated.notes),
                .sources = std::move(validated.sources),
                .not_applied = std::move(validated.not_applied)};
  if (validated.ending != Ending::done || !validated.resolved) return linted;
  linted.network = validated.topology->name;
  const auto begin = std::chrono::steady_clock::now();
  const auto& resolved = *validated.resolved;
  lint_into(linted, forwarding_of(validated.resources, validated.providers, outer_addresses(resolved)),
            proof_input(resolved, linted.not_applied, context.clock.now()), resolved,
            Reasons(validated.resources, resolved));
  lint_end(linted, fail_on, begin);
  return linted;
}

Linted lint_live(const Context& context, LintFailOn fail_on) {
  const PlanOptions options{};
  Planning planning(context, options);
  auto read = planning.read();
  Linted linted{.ending = planning.planned().ending,
                .notes = std::move(planning.planned().notes),
                .sources = std::move(planning.planned().sources),
                .live = true};
  if (!read) return linted;
  const auto begin = std::chrono::steady_clock::now();
  linted.network = read->resolved.topology->name;
  linted.not_applied = std::move(read->not_applied);
  const Reasons reasons(read->network.reasons, read->resolved);
  lint_into(linted, std::move(read->network.parts), std::move(read->network.input), read->resolved, reasons);
  lint_end(linted, fail_on, begin);
  return linted;
}

}  // namespace cloison::ops
