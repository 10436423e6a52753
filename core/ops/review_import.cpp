// Filled sheets come back: read, checked against the topology at hand, recorded as an operation of the log.

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/base/numbers.h"
#include "core/base/strings.h"
#include "core/ops/files.h"
#include "core/ops/review.h"
#include "core/ops/session.h"
#include "core/report/read_sheet.h"
#include "core/report/review.h"

namespace cloison::ops {

namespace {

using report::SheetRows;

constexpr std::size_t k_most_bytes = std::size_t{64} << 20U, k_most_text = 4000;

/// "2026-04-05", or a day as workbooks count them (ECMA-376 part 1, 18.17.4: 1 is 1900-01-01, 60 never was). Not
/// "05/04/2026", which is another day elsewhere.
std::optional<std::string> date_of(std::string_view text) {
  using namespace std::chrono;
  constexpr std::size_t k_date = 10;
  if (const auto days_since = number_in<int>(text); days_since && *days_since > 20'000 && *days_since < 80'000)
    return rfc3339(sys_days(year(1899) / 12 / 30) + days(*days_since)).substr(0, k_date);
  std::string date(text.substr(0, k_date));
  if (date.size() != k_date || (text.size() > k_date && text[k_date] != 'T' && text[k_date] != ' '))
    return std::nullopt;
  return parse_rfc3339(date) ? std::optional(date) : std::nullopt;
}

/// One line of a sheet by the columns that count.
using Line = std::map<std::string, std::string>;

class Importing {
 public:
  explicit Importing(const Context& context) : context_(context) {}

  ReviewImport run(const std::vector<std::filesystem::path>& files) {
    auto validated = validate(context_);
    imported_.sources = std::move(validated.sources);
    if (!validated.resolved) {
      imported_.notes = std::move(validated.notes);
    } else {
      statements_ = flow_statements(*validated.resolved);
      for (const auto& flow : validated.resolved->flows)
        if (flow.flow != nullptr) written_.insert(flow.id);
      for (const auto& file : files) read(file);
      if (!has_errors(imported_.notes) && !reviews_.empty()) record(*validated.topology);
    }
    imported_.ending = ending_of(imported_.notes);
    return std::move(imported_);
  }

 private:
  void note(std::string code, std::string summary, std::string detail, std::string hint, const std::string& file,
            std::size_t row) {
    imported_.notes.push_back({.kind = ErrorKind::usage,
                               .code = std::move(code),
                               .summary = std::move(summary),
                               .detail = std::move(detail),
                               .hint = std::move(hint),
                               .where = place(file, row)});
  }

  [[nodiscard]] SpanId place(const std::string& file, std::size_t row) {
    return imported_.sources.add(file, static_cast<uint32_t>(row), 1);
  }

  void unreadable(const std::string& file, std::string why) {
    note("CL7301", fmt::format("{} is no review sheet", printable(file)), std::move(why),
         "`cloison review export -o reviews` writes sheets; save them as .xlsx or .csv", file, 1);
  }

  void read(const std::filesystem::path& path) {
    const auto file = path.string();
    const auto bytes = read_file(path, k_most_bytes);
    if (!bytes) return unreadable(file, bytes.error().summary + ".");
    std::vector<SheetRows> sheets;
    if (bytes->starts_with("PK")) {
      auto all = report::read_xlsx(*bytes);
      if (!all) return unreadable(file, all.error());
      sheets = *std::move(all);
    } else {
      auto rows = report::read_csv(*bytes);
      if (!rows) return unreadable(file, rows.error());
      sheets.push_back(*std::move(rows));
    }
    for (const auto& rows : sheets)
      if (take(file, rows)) return;
    unreadable(file, "No line of it names the columns Flow, State reviewed and Decision.");
  }

  /// The sheet whose header has the columns; a workbook has others before it.
  bool take(const std::string& file, const SheetRows& rows) {
    for (std::size_t at = 0; at < rows.size(); ++at) {
      std::map<std::size_t, std::string> columns;
      std::set<std::string> found;
      for (std::size_t column = 0; column < rows[at].size(); ++column)
        if (auto name = report::review_column_of(trimmed(rows[at][column])); !name.empty() && found.insert(name).second)
          columns.emplace(column, std::move(name));
      if (!found.contains("flow") || !found.contains("said") || !found.contains("decision")) continue;
      for (std::size_t row = at + 1; row < rows.size(); ++row) {
        Line line;
        for (const auto& [column, name] : columns)
          line[name] = column < rows[row].size() ? plain(rows[row][column]) : std::string();
        review(file, row + 1, line);
      }
      return true;
    }
    return false;
  }

  /// As it was before it was written so that no spreadsheet takes it for a formula.
  static std::string plain(const std::string& cell) {
    auto text = std::string(trimmed(cell));
    constexpr std::string_view k_formula = "=+-@";
    if (text.size() > 1 && text.front() == '\'' && k_formula.find(text[1]) != std::string_view::npos) text.erase(0, 1);
    return text;
  }

  void review(const std::string& file, std::size_t row, Line& line) {
    const auto& flow = line["flow"];
    if (flow.empty()) return;
    if (!written_.contains(flow))
      return note("CL7302", fmt::format("there is no flow {}", printable(flow)),
                  "The topology at hand writes none of that id.", "take its line out, or export again", file, row);
    auto decision = lowered(line["decision"]);
    if (decision.empty()) {
      ++imported_.not_decided;
      return;
    }
    if (line["said"] != reviewed_state(statements_.at(flow)))
      return note("CL7304", fmt::format("flow {} says something else by now", printable(flow)),
                  "What was decided is about what it said when the sheet was made.",
                  "export again and have it looked at once more", file, row);
    checked(file, row, flow, std::move(decision), line);
  }

  void checked(const std::string& file, std::size_t row, const std::string& flow, std::string decision, Line& line) {
    const auto today = rfc3339(context_.clock.now()).substr(0, 10);
    const auto wrong = [&](const std::string& what, const std::string& hint) {
      note("CL7303", fmt::format("the review of {} is not filled in as it should be", printable(flow)), what, hint,
           file, row);
    };
    if (decision != "keep" && decision != "change" && decision != "remove")
      return wrong(fmt::format("'{}' is no decision.", printable(decision)), "keep, change or remove");
    if (line["reviewer"].empty())
      return wrong("Nobody is named who decided.", "write who did into the column Reviewer");
    const auto date = line["date"].empty() ? std::optional(today) : date_of(line["date"]);
    if (!date) return wrong(fmt::format("'{}' is no date.", printable(line["date"])), "as 2026-04-05");
    if (*date > today) return wrong(fmt::format("{} has not come yet.", *date), "the day on which it was decided");
    auto until = line["until"].empty() ? std::optional(std::string()) : date_of(line["until"]);
    if (!until) return wrong(fmt::format("'{}' is no date.", printable(line["until"])), "as 2026-12-31, or nothing");
    if (!until->empty() && *until < *date)
      return wrong(fmt::format("It ends {}, before it was decided.", *until), "a later day");
    if (line["comment"].size() > k_most_text || line["reviewer"].size() > k_most_text)
      return wrong("A text has more than 4 000 bytes.", "say it in fewer words");
    if (is_second(file, row, flow)) return;
    ++(decision == "keep" ? imported_.keep : decision == "change" ? imported_.change : imported_.remove);
    reviews_.push_back(
        {flow, std::move(decision), line["reviewer"], *date, *std::move(until), line["comment"], line["said"]});
  }

  /// Of two decisions about one flow none is taken for the one that counts.
  bool is_second(const std::string& file, std::size_t row, const std::string& flow) {
    const auto [first, fresh] = decided_.try_emplace(flow, place(file, row));
    if (fresh) return false;
    note("CL7303", fmt::format("the review of {} is not filled in as it should be", printable(flow)),
         "It is decided twice.", "leave the one that is not meant empty, or take its line out", file, row);
    imported_.notes.back().related.emplace_back(first->second, "it is decided here too");
    return true;
  }

  void record(const topology::Topology& topology) {
    auto store = open_known_state(context_);
    if (!store) return imported_.notes.push_back(store.error());
    auto held = (*store)->lock(lock_info(context_), {}, context_.lock_timeout);
    if (!held) return imported_.notes.push_back(held.error());
    state::Batch batch;
    const auto id = random_hex(16);
    const auto now = context_.clock.now();
    batch.entries.emplace_back(state::OperationStarted{.id = id,
                                                       .command = "review import",
                                                       .user = user_name(),
                                                       .host = host_name(),
                                                       .when = now,
                                                       .topology_name = topology.name,
                                                       .topology_digest = topology.digest,
                                                       .git_commit = git_commit(topology::home_of(context_.topology)),
                                                       .ticket = context_.ticket,
                                                       .approved_by = context_.approved_by,
                                                       .cloison_version = context_.version,
                                                       .reviews = std::move(reviews_)});
    batch.entries.emplace_back(state::OperationFinished{.id = id, .status = "done", .when = now});
    if (auto done = (*store)->commit(**held, batch); !done) return imported_.notes.push_back(done.error());
    if (const auto operations = (*store)->count_operations()) imported_.log_entry = *operations;
  }

  const Context& context_;
  ReviewImport imported_{};
  std::map<std::string, Said> statements_{};
  std::set<std::string> written_{};
  std::map<std::string, SpanId> decided_{};  // of each flow, where
  std::vector<state::FlowReview> reviews_{};
};

}  // namespace

ReviewImport import_reviews(const Context& context, const std::vector<std::filesystem::path>& files) {
  return Importing(context).run(files);
}

}  // namespace cloison::ops
