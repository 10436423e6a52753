#include "core/topology/resolve_findings.h"

#include <algorithm>

#include <fmt/format.h>

namespace cloison::topology {

namespace {

/// One mistake in a template may show up in ten thousand instances; what is past this number is only counted.
constexpr std::size_t k_shown_per_code = 100;

}  // namespace

void Findings::add(Diagnostic::Severity severity, Text text) {
  if (severity == Diagnostic::Severity::error) {
    ++errors_;
  }
  if (!seen_.emplace(text.code, text.where, text.summary).second) {
    return;
  }
  learn_instances();
  if (sources_ != nullptr && text.where != 0 && !keys_.empty()) {
    const auto [at, added] =
        groups_.try_emplace(Place{severity, text.code, sources_->span(text.where), without_instances(text.summary)},
                            Group{notes_.size(), {}});
    at->second.members.emplace_back(text.where, instance_in(fmt::format("{} {}", text.summary, text.detail)));
    if (!added) {
      return;
    }
    at->second.index = count_[text.code] < k_shown_per_code ? notes_.size() : SIZE_MAX;
  }
  if (++count_[text.code] > k_shown_per_code) {
    return;
  }
  notes_.push_back(Diagnostic{.severity = severity,
                              .kind = ErrorKind::topology,
                              .code = std::move(text.code),
                              .summary = std::move(text.summary),
                              .detail = std::move(text.detail),
                              .hint = std::move(text.hint),
                              .where = text.where,
                              .related = std::move(text.related)});
}

Diagnostics Findings::take() {
  tell_instances();
  for (const auto& entry : count_) {
    if (entry.second > k_shown_per_code) {
      const auto last =
          std::find_if(notes_.rbegin(), notes_.rend(), [&](const Diagnostic& d) { return d.code == entry.first; });
      last->context.push_back(fmt::format("and {} more of this kind", entry.second - k_shown_per_code));
    }
  }
  std::stable_sort(notes_.begin(), notes_.end(),
                   [](const Diagnostic& a, const Diagnostic& b) { return a.severity > b.severity; });
  return std::move(notes_);
}

}  // namespace cloison::topology
