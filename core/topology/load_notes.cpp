#include "core/topology/load_notes.h"

#include <numeric>
#include <tuple>

#include <fmt/format.h>

#include "core/base/strings.h"

namespace cloison::topology {

void Notes::add(Note note, SpanId where) {
  if (note.severity == Diagnostic::Severity::error) {
    ++errors_;
  }
  const SourceSpan& span = sources_.span(where);
  std::string key = fmt::format("{}:{}:{}:{}:{}", note.code, span.file, span.line, span.column, note.summary);
  const auto [known, is_new] = known_.emplace(std::move(key), list_.size());
  if (!is_new) {
    ++repeats_[known->second];
    return;
  }
  repeats_.push_back(0);
  list_.push_back(Diagnostic{.severity = note.severity,
                             .kind = ErrorKind::topology,
                             .code = std::string(note.code),
                             .summary = printable(note.summary),
                             .detail = printable(note.detail),
                             .hint = printable(note.hint),
                             .where = where,
                             .related = std::move(note.related),
                             .context = context_});
}

void Notes::add(Note note, const YamlNode& node) {
  if (node.template_span != 0) {
    note.related.emplace_back(node.template_span, "filled in here");
  }
  add(std::move(note), span(node));
}

Diagnostics Notes::take() {
  std::vector<std::size_t> order(list_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto place = [&](std::size_t i) {
    const SourceSpan& span = sources_.span(list_[i].where);
    return std::tuple(std::string_view(sources_.file_name(list_[i].where)), span.line, span.column,
                      std::string_view(list_[i].code), std::string_view(list_[i].summary));
  };
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return place(a) < place(b); });
  Diagnostics sorted;
  sorted.reserve(list_.size());
  for (const std::size_t i : order) {
    Diagnostic one = list_[i];
    if (repeats_[i] != 0 && !one.context.empty()) {
      one.context.push_back(fmt::format("and in {}", counted(repeats_[i], "more instance")));
    }
    sorted.push_back(std::move(one));
  }
  list_.clear();
  return sorted;
}

}  // namespace cloison::topology
