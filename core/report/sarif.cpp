// SARIF 2.1.0 (OASIS). Places are lines of the user's files, columns count code points, and messages say {{ for { as
// the standard asks (3.11.5).

#include <algorithm>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/base/strings.h"
#include "core/net/json.h"
#include "core/net/url.h"
#include "core/report/found.h"
#include "core/report/json_text.h"
#include "core/report/text.h"

namespace cloison::report {

namespace {

using net::Json;

constexpr std::string_view k_root = "%SRCROOT%";

Json text_of(std::string_view text) {
  return Json::object({{"text", Json::text(std::string(text))}});
}

/// What a message must not hold as it is: placeholders, and links into wherever a name leads.
std::string message_text(std::string_view text) {
  std::string safe;
  for (const char c : shown(text)) {
    if (c == '{' || c == '}') safe += c;
    if (c == '(' && safe.ends_with(']')) safe += ' ';
    safe += c;
  }
  return safe;
}

Json message(std::string_view text) {
  return text_of(message_text(text));
}

std::string_view level_word(Found::Level level) {
  switch (level) {
    case Found::Level::note:
      return "note";
    case Found::Level::warning:
      return "warning";
    case Found::Level::error:
      return "error";
  }
  return "error";
}

std::size_t letters_in(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<uint8_t>(c) & 0xC0U) != 0x80U; }));
}

std::string uri_of(const std::string& file) {
  std::string uri;
  for (const auto part : split(file, '/')) {
    if (!uri.empty() || file.starts_with('/')) uri += '/';
    if (uri == "/" && part.empty()) uri.clear();
    uri += net::percent_encoded(part);
  }
  return file.starts_with('/') ? "file://" + uri : uri;
}

/// The parts of a page in docs/errors.
struct Page {
  std::string title{}, meaning{};
};

Page page_parts(std::string_view text) {
  Page page;
  const auto line = text.substr(0, text.find('\n'));
  const auto colon = line.find(": ");
  if (colon != std::string_view::npos) page.title = line.substr(colon + 2);
  constexpr std::string_view k_meaning = "What it means";
  auto at = text.find(k_meaning);
  if (at == std::string_view::npos) return page;
  at = text.find_first_not_of(".*\n ", at + k_meaning.size());
  if (at == std::string_view::npos) return page;
  page.meaning = text.substr(at, text.find("\n\n", at) - at);
  std::replace(page.meaning.begin(), page.meaning.end(), '\n', ' ');
  page.meaning = std::string(trimmed(page.meaning));
  return page;
}

std::string sentence(std::string text) {
  if (!text.empty() && std::string_view(".!?:").find(text.back()) == std::string_view::npos) text += '.';
  return text;
}

class Sarif {
 public:
  Sarif(const FoundRun& run, const SourceMap& sources, const PageOf& page_of)
      : run_(run), sources_(sources), page_of_(page_of) {
    for (const auto& one : run.found) ordered_.push_back(&one);
    std::stable_sort(ordered_.begin(), ordered_.end(),
                     [this](const Found* a, const Found* b) { return key(*a) < key(*b); });
    for (const auto* one : ordered_) {
      const auto [known, fresh] = levels_.try_emplace(one->code, one->level);
      if (!fresh) known->second = std::max(known->second, one->level);
    }
  }

  std::string write() {
    Json::Array results;
    for (const auto* one : ordered_) results.push_back(result(*one));
    auto run = Json::object({{"tool", Json::object({{"driver", driver()}})},
                             {"automationDetails", Json::object({{"id", Json::text(automation_id())}})},
                             {"invocations", Json::array({invocation()})},
                             {"originalUriBaseIds", Json::object({{std::string(k_root), root()}})},
                             {"columnKind", Json::text("unicodeCodePoints")},
                             {"results", Json::array(std::move(results))},
                             {"properties", properties()}});
    constexpr std::size_t k_levels = 4;
    return json_lines(Json::object({{"$schema", Json::text("https://json.schemastore.org/sarif-2.1.0.json")},
                                    {"version", Json::text("2.1.0")},
                                    {"runs", Json::array({std::move(run)})}}),
                      k_levels);
  }

 private:
  using Key = std::tuple<bool, std::string_view, uint32_t, uint32_t, std::string_view, std::string_view,
                         std::string_view, std::string_view>;
  [[nodiscard]] Key key(const Found& one) const {
    const auto& span = sources_.span(one.where);
    return {span.line == 0, sources_.file_name(one.where), span.line, span.column, one.code, one.same, one.summary,
            one.detail};
  }

  /// By it services tell runs that are about different things from runs of the same.
  [[nodiscard]] std::string automation_id() const {
    return fmt::format("cloison/{}{}{}/", run_.command, run_.live ? "-live" : "", run_.simulated ? "-sandbox" : "");
  }

  [[nodiscard]] Json driver() const {
    Json::Array rules;
    for (const auto& [code, level] : levels_) rules.push_back(rule(code, level));
    return Json::object({{"name", Json::text("cloison")},
                         {"version", Json::text(run_.version)},
                         {"language", Json::text("en")},
                         {"rules", Json::array(std::move(rules))}});
  }

  [[nodiscard]] Json rule(const std::string& code, Found::Level level) const {
    const auto text = page_of_(code);
    const auto page = page_parts(text);
    auto rule = Json::object({{"id", Json::text(code)}});
    if (!page.title.empty()) rule.set("shortDescription", text_of(page.title));
    if (!page.meaning.empty()) rule.set("fullDescription", text_of(page.meaning));
    if (!text.empty())
      rule.set("help",
               Json::object({{"text", Json::text(std::string(text))}, {"markdown", Json::text(std::string(text))}}));
    rule.set("defaultConfiguration", Json::object({{"level", Json::text(std::string(level_word(level)))}}));
    return rule;
  }

  [[nodiscard]] Json invocation() const {
    return Json::object(
        {{"executionSuccessful", Json::boolean(run_.looked)}, {"exitCode", Json::integer(run_.exit_status)}});
  }

  static Json root() { return Json::object({{"description", text_of("the folder in which cloison was started")}}); }

  [[nodiscard]] Json properties() const {
    Json::Array not_part;
    for (const auto& one : run_.not_part) not_part.push_back(Json::text(shown(one)));
    return Json::object({{"command", Json::text(run_.command)},
                         {"network", Json::text(shown(run_.network))},
                         {"live", Json::boolean(run_.live)},
                         {"sandbox", Json::boolean(run_.simulated)},
                         {"notPartOfIt", Json::array(std::move(not_part))}});
  }

  Json result(const Found& one) {
    auto result = Json::object({{"ruleId", Json::text(one.code)},
                                {"ruleIndex", Json::integer(std::distance(levels_.begin(), levels_.find(one.code)))},
                                {"level", Json::text(std::string(level_word(one.level)))},
                                {"message", message(told(one))},
                                {"locations", Json::array({location(one)})}});
    if (auto related = related_to(one); !related.empty())
      result.set("relatedLocations", Json::array(std::move(related)));
    const auto fingerprint = fingerprint_of(one);
    // GitHub looks at the latter name alone.
    result.set("partialFingerprints", Json::object({{"cloisonFinding/v1", Json::text(fingerprint)},
                                                    {"primaryLocationLineHash", Json::text(fingerprint)}}));
    if (one.count > 1) result.set("occurrenceCount", Json::integer(static_cast<int64_t>(one.count)));
    return result;
  }

  static std::string told(const Found& one) {
    auto text = sentence(one.summary);
    if (one.count > 1) {
      text += fmt::format(" {} are alike", one.count);
      if (!one.others.empty()) text += ", such as " + join(one.others, ", ");
      text += '.';
    }
    if (!one.detail.empty()) text += '\n' + sentence(one.detail);
    for (const auto& line : one.context) text += '\n' + sentence(line);
    if (!one.hint.empty()) text += "\nHint: " + one.hint;
    return text;
  }

  /// Of two that cannot be told apart, the second one is the second one.
  std::string fingerprint_of(const Found& one) {
    constexpr std::size_t k_digits = 16;
    const auto hash = sha256_hex(fmt::format("{}\n{}\n{}", run_.live, one.code, one.same)).substr(0, k_digits);
    return fmt::format("{}:{}", hash, ++seen_[hash]);
  }

  [[nodiscard]] Json location(const Found& one) const {
    Json location = Json::object();
    if (sources_.span(one.where).line != 0) {
      location.set("physicalLocation", physical(one.where));
    } else if (const auto main = first_file(); !main.empty()) {
      // Services show nothing that is in no file.
      location.set("physicalLocation", Json::object({{"artifactLocation", artifact(main)}}));
    }
    if (!one.about.empty() || sources_.span(one.where).line == 0) {
      const auto& name = one.about.empty() ? run_.network : one.about;
      location.set("logicalLocations",
                   Json::array({Json::object(
                       {{"fullyQualifiedName", Json::text(shown_in_line(name.empty() ? "network" : name))}})}));
    }
    return location;
  }

  /// The one that was read first: the topology's own.
  [[nodiscard]] std::string first_file() const {
    for (SpanId id = 1; id < sources_.size(); ++id)
      if (sources_.span(id).file == 1) return sources_.file_name(id);
    return {};
  }

  static Json artifact(const std::string& file) {
    auto location = Json::object({{"uri", Json::text(uri_of(file))}});
    if (!file.starts_with('/')) location.set("uriBaseId", Json::text(std::string(k_root)));
    return location;
  }

  [[nodiscard]] Json physical(SpanId where) const {
    const auto& span = sources_.span(where);
    auto region = Json::object({{"startLine", Json::integer(span.line)}});
    auto physical = Json::object({{"artifactLocation", artifact(sources_.file_name(where))}});
    const auto line = sources_.source_line(where);
    if (line && !line->empty()) {
      const auto [begin, end] = ends_in(*line, span);
      region.set("startColumn", Json::integer(static_cast<int64_t>(letters_in(line->substr(0, begin)) + 1)));
      region.set("endColumn", Json::integer(static_cast<int64_t>(letters_in(line->substr(0, end)) + 1)));
      region.set("snippet", text_of(line->substr(begin, end - begin)));
    }
    physical.set("region", std::move(region));
    if (line && !line->empty())
      physical.set("contextRegion",
                   Json::object({{"startLine", Json::integer(span.line)}, {"snippet", text_of(*line)}}));
    return physical;
  }

  /// What it is about in its first line, by bytes; a mere point stands for the rest of the line.
  static std::pair<std::size_t, std::size_t> ends_in(std::string_view line, const SourceSpan& span) {
    auto begin = std::min<std::size_t>(span.column > 0 ? span.column - 1 : 0, line.size());
    auto end = span.end_line == span.line && span.end_column > span.column ? span.end_column - 1 : line.size();
    end = std::min<std::size_t>(end, line.size());
    if (begin >= end) begin = 0, end = line.size();
    return {begin, end};
  }

  [[nodiscard]] Json::Array related_to(const Found& one) const {
    Json::Array all;
    for (const auto& [where, what] : one.related) {
      if (sources_.span(where).line == 0) continue;
      all.push_back(Json::object({{"id", Json::integer(static_cast<int64_t>(all.size() + 1))},
                                  {"message", message(what)},
                                  {"physicalLocation", physical(where)}}));
    }
    return all;
  }

  const FoundRun& run_;
  const SourceMap& sources_;
  const PageOf& page_of_;
  std::vector<const Found*> ordered_{};
  std::map<std::string, Found::Level, std::less<>> levels_{};  // of each code that was found, the gravest
  std::map<std::string, std::size_t> seen_{};                  // fingerprints
};

}  // namespace

std::string write_sarif(const FoundRun& run, const SourceMap& sources, const PageOf& page_of) {
  return Sarif(run, sources, page_of).write();
}

}  // namespace cloison::report
