#include "core/ops/further.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/ops/closing.h"
#include "core/ops/session.h"

namespace cloison::ops {

namespace {

/// What a pool, a VPC or an environment says that has no block left.
constexpr std::string_view k_full = "CL1306";

bool is_valid(const Validated& validated) {
  return validated.ending == Ending::done && validated.resolved;
}

SpanId carried(SpanId span, const SourceMap& from, SourceMap& to) {
  if (span == 0) return 0;
  const auto& place = from.span(span);
  return to.add(from.file_name(span), place.line, place.column);
}

std::shared_ptr<const Validated> tried(const Context& context, const topology::FurtherChoice& choice) {
  auto further = context;
  further.topology.further = choice;
  return std::make_shared<const Validated>(validate(further));
}

class Asking {
 public:
  Asking(const Context& context, SourceMap& sources) : context_(context), sources_(sources) {}

  FurtherAsked run() {
    const auto all = tried(context_, {});
    list(*all);
    for (std::size_t i = 0; i < list_.size(); ++i) {
      if (!list_[i].none.empty()) none(i, NoFurther::Why::by_hand, list_[i].none);
      if (!list_[i].added.empty()) possible_.push_back(i);
      if (list_[i].left_out != 0)
        none(i, NoFurther::Why::not_known,
             fmt::format("{} other kinds of rows are too many to ask about", list_[i].left_out));
    }
    if (possible_.empty()) return std::move(asked_);
    if (is_valid(*all)) {
      world(possible_, {}, all);
    } else if (possible_.size() == 1) {
      failed(possible_.front(), *all);
    } else {
      apart();
    }
    return std::move(asked_);
  }

 private:
  /// All that `for_each` takes entries from, also where the topology is refused with one more of each.
  void list(const Validated& all) {
    if (all.topology) {
      keep_list(all.topology->further, all.sources);
      return;
    }
    auto as_written = context_;
    as_written.topology.further = topology::FurtherChoice{.all = false};
    const auto loaded = load_topology(as_written);
    if (!loaded.topology) return;
    keep_list(loaded.topology->further, loaded.sources);
    for (std::size_t i = 0; i < list_.size(); ++i)
      if (list_[i].none.empty() && list_[i].count != 0) possible_.push_back(i);
  }
  void keep_list(const std::vector<topology::Further>& further, const SourceMap& from) {
    list_ = further;
    for (auto& one : list_) one.span = carried(one.span, from, sources_);
  }

  /// Each by itself, then those together that go.
  void apart() {
    std::vector<std::pair<std::size_t, std::shared_ptr<const Validated>>> good;
    for (const auto number : possible_) {
      auto one = tried(context_, {.all = false, .only = {number}});
      if (is_valid(*one))
        good.emplace_back(number, std::move(one));
      else
        failed(number, *one);
    }
    topology::FurtherChoice together{.all = false};
    std::vector<std::size_t> numbers;
    for (const auto& [number, one] : good) together.only.insert(number), numbers.push_back(number);
    if (good.size() > 1)
      if (auto both = tried(context_, together); is_valid(*both)) return world(numbers, together, std::move(both));
    for (auto& [number, one] : good) world({number}, {.all = false, .only = {number}}, std::move(one));
  }

  void world(const std::vector<std::size_t>& numbers, topology::FurtherChoice choice,
             std::shared_ptr<const Validated> validated) {
    FurtherAsked::World made{.choice = std::move(choice)};
    for (const auto number : numbers) {
      made.added.push_back(validated->topology->further[number]);
      made.added.back().span = list_[number].span;
    }
    made.validated = std::move(validated);
    asked_.worlds.push_back(std::move(made));
  }

  void failed(std::size_t number, const Validated& validated) {
    const auto error = std::find_if(validated.notes.begin(), validated.notes.end(),
                                    [](const Diagnostic& one) { return one.severity == Diagnostic::Severity::error; });
    if (error == validated.notes.end())
      return none(number, NoFurther::Why::not_known, "the topology is refused with it");
    none(number, error->code == k_full ? NoFurther::Why::full : NoFurther::Why::not_known,
         fmt::format("{} ({})", error->summary, error->code));
  }

  void none(std::size_t number, NoFurther::Why why, std::string text) {
    asked_.none.push_back({.of = list_[number], .why = why, .text = std::move(text)});
  }

  const Context& context_;
  SourceMap& sources_;
  std::vector<topology::Further> list_{};
  std::vector<std::size_t> possible_{};
  FurtherAsked asked_{};
};

/// How bad it is.
int worse(verify::GuaranteeResult::Verdict verdict) {
  using Verdict = verify::GuaranteeResult::Verdict;
  return verdict == Verdict::proved ? 0 : verdict == Verdict::unknown ? 1 : 2;
}

class FurtherFindings {
 public:
  FurtherFindings(const FurtherProved& further, const Proved& now, bool later)
      : further_(further), now_(now), later_(later) {}

  Diagnostics all() {
    const auto& then = further_.proved;
    for (const auto number : further_.news.guarantees) {
      const auto& result = then.proof.guarantees[number];
      const auto& id = then.input.guarantees[number].id;
      const bool broken = result.verdict == GuaranteeVerdict::broken;
      add(now_.input.guarantees[number].span,
          fmt::format("guarantee {} holds now, and {} with one more of {}", printable(id),
                      broken ? "not" : "nobody knows whether", with()),
          broken ? told(result.findings.front(), result.broken) : std::string(result.why),
          broken ? &result.findings.front() : nullptr);
    }
    if (further_.news.beyond_count != 0)
      add(place(),
          fmt::format("with one more of {} packets pass that no flow asks for, {}", with(),
                      counted(further_.news.beyond_count, "way")),
          told(further_.news.beyond.front(), further_.news.beyond_count), &further_.news.beyond.front());
    if (!further_.news.inside.empty())
      add(place(), fmt::format("with one more of {} machines of a segment reach each other", with()),
          then.input.places[further_.news.inside.front()].path);
    if (!further_.news.closed.empty()) {
      const auto first = further_.news.closed.front();
      add(place(),
          fmt::format("with one more of {}, {} of flows without a way", with(),
                      counted(further_.news.closed.size(), "pair")),
          fmt::format("{}: {}", then.input.wanted[first].id, then.proof.wanted[first].why));
    }
    return std::move(notes_);
  }

 private:
  [[nodiscard]] std::string with() const { return further_text(further_.added); }
  [[nodiscard]] SpanId place() const { return further_.added.front().span; }

  [[nodiscard]] std::string told(const verify::Finding& finding, std::size_t count) const {
    auto text = ops::told(finding, further_.proved.input.places);
    std::vector<std::string> reasons;
    for (const auto& leap : finding.way) {
      const auto line = further_.proved.reasons.of(leap);
      if (line.reason.empty()) continue;
      const auto where = further_.sources.location(line.declared);
      auto reason = where.empty() ? line.reason : fmt::format("{} ({})", line.reason, where);
      if (std::find(reasons.begin(), reasons.end(), reason) == reasons.end()) reasons.push_back(std::move(reason));
    }
    if (!reasons.empty()) text += ", by " + join(reasons, ", ");
    if (count > 1) text += fmt::format(", and {} more", counted(count - 1, "way"));
    return text;
  }

  [[nodiscard]] std::string mending(const verify::Finding* finding) const {
    const auto* closed = finding == nullptr ? nullptr : closing_of(further_.proved, *finding);
    return (closed == nullptr || !closed->known ? "" : closing_text(*closed, further_.sources, false) + "; or ") +
           "name who is meant by a selector, such as the one of what is made, not by addresses that the next one may "
           "be given";
  }

  void add(SpanId where, std::string summary, const std::string& detail, const verify::Finding* finding = nullptr) {
    if (later_) summary += " from " + rfc3339(further_.proved.at) + " on";
    Diagnostic note{.kind = ErrorKind::guarantee,
                    .code = "CL6116",
                    .summary = std::move(summary),
                    .detail = printable(detail),
                    .hint = printable(mending(finding)),
                    .where = where};
    if (where != place()) note.related.emplace_back(place(), "what is there once more");
    notes_.push_back(std::move(note));
  }

  const FurtherProved& further_;
  const Proved& now_;
  bool later_;
  Diagnostics notes_{};
};

}  // namespace

std::string further_text(const std::vector<topology::Further>& added) {
  std::vector<std::string> names;
  for (const auto& one : added) names.push_back(join(one.makes, " and "));
  return printable(join(names, ", "));
}

FurtherAsked ask_further(const Context& context, SourceMap& sources) {
  return Asking(context, sources).run();
}

std::shared_ptr<const Validated> with_further(const Context& context, const topology::FurtherChoice& choice) {
  auto validated = tried(context, choice);
  return is_valid(*validated) ? std::move(validated) : nullptr;
}

FurtherNews news_of(const Proved& now, const Proved& then) {
  FurtherNews news;
  for (std::size_t i = 0; i < then.proof.guarantees.size() && i < now.proof.guarantees.size(); ++i)
    if (worse(then.proof.guarantees[i].verdict) > worse(now.proof.guarantees[i].verdict)) news.guarantees.push_back(i);
  std::set<std::string_view> closed;
  for (std::size_t i = 0; i < now.proof.wanted.size(); ++i)
    if (now.proof.wanted[i].verdict == verify::WantedResult::Verdict::closed) closed.insert(now.input.wanted[i].id);
  for (std::size_t i = 0; i < then.proof.wanted.size(); ++i)
    if (then.proof.wanted[i].verdict == verify::WantedResult::Verdict::closed &&
        !closed.contains(then.input.wanted[i].id))
      news.closed.push_back(i);
  std::set<std::string_view> inside;
  for (const auto place : now.proof.inside) inside.insert(now.input.places[place].path);
  for (const auto place : then.proof.inside)
    if (!inside.contains(then.input.places[place].path)) news.inside.push_back(place);
  std::set<std::pair<std::string, std::string>> passed;
  for (const auto& one : now.proof.beyond)
    passed.emplace(verify::name_of(one.from, now.input.places), verify::name_of(one.to, now.input.places));
  for (const auto& one : then.proof.beyond)
    if (!passed.contains({verify::name_of(one.from, then.input.places), verify::name_of(one.to, then.input.places)}))
      news.beyond.push_back(one);
  // Of those that were not kept nobody knows which they are; each more than now is one.
  news.beyond_count = then.proof.beyond_count == then.proof.beyond.size()
                          ? news.beyond.size()
                          : std::max(news.beyond.size(), then.proof.beyond_count -
                                                             std::min(then.proof.beyond_count, now.proof.beyond_count));
  return news;
}

Diagnostics findings_of(const FurtherProved& further, const Proved& now, bool later) {
  return FurtherFindings(further, now, later).all();
}

Diagnostics findings_of(const std::vector<NoFurther>& none) {
  Diagnostics notes;
  for (const auto& one : none)
    if (one.why == NoFurther::Why::not_known)
      notes.push_back({.severity = Diagnostic::Severity::warning,
                       .kind = ErrorKind::guarantee,
                       .code = "CL6117",
                       .summary = fmt::format("nobody knows what holds with one more of {}", further_text({one.of})),
                       .detail = printable(one.text),
                       .hint = "whatever differs from entry to entry belongs into a column of the CSV file that "
                               "for_each names; what cannot be repeated is written without for_each",
                       .where = one.of.span});
  return notes;
}

}  // namespace cloison::ops
