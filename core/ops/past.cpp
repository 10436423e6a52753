#include "core/ops/past.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/base/numbers.h"
#include "core/base/strings.h"
#include "core/ops/files.h"
#include "core/state/log_body.h"
#include "core/state/stored_json.h"

namespace cloison::ops {

namespace {

namespace fs = std::filesystem;
namespace entry_kind = state::entry_kind;
using state::LogEntry;

constexpr std::size_t k_piece = 5000;

/// All texts in lists of a value: what a resource holds that is told by itself, such as the rules of a table.
void collect_texts(const Value& value, bool in_list, std::set<std::string, std::less<>>& into) {
  if (const auto* text = value.as_text(); text != nullptr && in_list) into.insert(*text);
  if (const auto* items = value.items())
    for (const auto& item : *items) collect_texts(item, in_list || value.as_list() != nullptr, into);
}

/// Walks each row back through what it was, for as long as something of today is in it.
class Standing {
 public:
  Standing(const Snapshot& snapshot, InPlaceSince& since) : since_(since) {
    for (const auto& [key, row] : snapshot.rows) {
      auto& one = open_[key];
      one.after = row.applied;
      collect_texts(row.applied, false, one.texts);
      one.texts.insert(std::string());
    }
  }
  /// The newest first.
  void go_back(const RowKey& key, std::size_t operation, const std::optional<ResourceState>& former) {
    const auto found = open_.find(key);
    if (found == open_.end()) return;
    std::set<std::string, std::less<>> before;
    if (former) collect_texts(former->applied, false, before);
    auto& one = found->second;
    if (former && former->applied == one.after) before.insert(std::string());
    for (auto text = one.texts.begin(); text != one.texts.end();) {
      if (before.contains(*text)) {
        ++text;
        continue;
      }
      since_[key.address].insert_or_assign(*text, operation);
      text = one.texts.erase(text);
    }
    if (former) one.after = former->applied;
    if (one.texts.empty()) open_.erase(found);
  }

 private:
  struct Open {
    Value after{};
    std::set<std::string, std::less<>> texts{};
  };
  std::map<RowKey, Open> open_{};
  InPlaceSince& since_;
};

/// Reads the log once, oldest first.
class Reading {
 public:
  Reading(state::StateStore& store, const Snapshot& snapshot) : store_(store), snapshot_(snapshot) {}

  Result<Past> run() {
    past_.serial = snapshot_.serial;
    if (auto read = read_log(); !read) return fail(read.error());
    if (auto found = find_since(); !found) return fail(found.error());
    return std::move(past_);
  }

 private:
  /// A row that was put, and the whole entry where another one was there before.
  struct Put {
    RowKey key{};
    std::size_t operation = 0;
    std::string entry{};
  };

  Result<void> read_log() {
    for (uint64_t from = 0;;) {
      const auto entries = store_.log(from, k_piece);
      if (!entries) return fail(entries.error());
      for (const auto& entry : *entries) {
        from = entry.number + 1;
        if (entry.serial > past_.serial) return {};
        if (auto taken = take(entry); !taken) return fail(taken.error());
      }
      if (entries->size() < k_piece) return {};
    }
  }

  [[nodiscard]] std::size_t operation_of(const std::string& id) const {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? SIZE_MAX : found->second;
  }

  Result<void> take(const LogEntry& entry) {
    if (entry.kind == entry_kind::k_operation_started) return begun(entry);
    if (entry.kind == entry_kind::k_operation_finished) return ended(entry);
    if (entry.kind == entry_kind::k_topology_recorded) return recorded(entry);
    if (entry.kind == entry_kind::k_flows_reviewed) return reviewed(entry);
    if (entry.kind == entry_kind::k_row_put) return put(entry);
    return {};
  }

  Result<void> reviewed(const LogEntry& entry) {
    auto read = state::review_record_from(entry.json);
    if (!read) return fail(read.error());
    for (auto& one : read->reviews) past_.reviews.insert_or_assign(one.flow, one);
    return {};
  }

  /// Of rows that are there now.
  Result<void> put(const LogEntry& entry) {
    auto change = state::row_change_head_from(entry.json);
    if (!change) return fail(change.error());
    if (!snapshot_.rows.contains(change->key)) return {};
    const bool first = entry.json.find(R"("former":null)") != std::string::npos;
    puts_.push_back({std::move(change->key), operation_of(entry.operation), first ? std::string() : entry.json});
    return {};
  }

  Result<void> find_since() {
    Standing standing(snapshot_, past_.since);
    std::reverse(puts_.begin(), puts_.end());
    for (const auto& put : puts_) {
      std::optional<ResourceState> former;
      if (!put.entry.empty()) {
        auto change = state::row_change_from(put.entry);
        if (!change) return fail(change.error());
        former = std::move(change->former);
      }
      standing.go_back(put.key, put.operation, former);
    }
    return {};
  }

  Result<void> begun(const LogEntry& entry) {
    auto read = state::operation_started_from(entry.json);
    if (!read) return fail(read.error());
    by_id_.emplace(read->id, past_.operations.size());
    past_.operations.push_back({.number = past_.operations.size() + 1,
                                .command = read->command,
                                .user = read->user,
                                .ticket = read->ticket,
                                .approved_by = read->approved_by,
                                .override_reason = read->override_reason,
                                .git_commit = read->git_commit,
                                .status = {},
                                .when = read->when});
    return {};
  }

  Result<void> ended(const LogEntry& entry) {
    const auto read = state::operation_finished_from(entry.json);
    if (!read) return fail(read.error());
    if (const auto at = operation_of(read->id); at != SIZE_MAX) past_.operations[at].status = read->status;
    return {};
  }

  Result<void> recorded(const LogEntry& entry) {
    auto read = state::topology_record_from(entry.json);
    if (!read) return fail(read.error());
    const auto operation = operation_of(read->operation);
    if (operation == SIZE_MAX) return {};
    for (const auto& file : read->topology.files) {
      if (file.role != role_name(WrittenFile::Role::flows) || !file.text) continue;
      compare_flows(statements_from(*file.text), operation);
    }
    // Texts are fetched when somebody wants them.
    for (auto& file : read->topology.files)
      if (file.text) file.text.reset(), file.entry = entry.number;
    past_.topology = std::move(read->topology);
    return {};
  }

  void compare_flows(const std::map<std::string, Said>& statements, std::size_t operation) {
    for (const auto& [id, said] : statements) {
      auto& versions = past_.flows[id];
      if (versions.empty() || versions.back().said != said) versions.push_back({operation, said});
    }
    for (auto& [id, versions] : past_.flows)
      if (!statements.contains(id) && !versions.back().said.empty()) versions.push_back({operation, {}});
  }

  state::StateStore& store_;
  const Snapshot& snapshot_;
  Past past_{};
  std::vector<Put> puts_{};
  std::map<std::string, std::size_t, std::less<>> by_id_{};
};

Diagnostic nothing_yet(const PointInTime& point) {
  return {.kind = ErrorKind::state,
          .code = "CL7201",
          .summary = fmt::format("nothing is known of {}", printable(point.written)),
          .detail = "The log begins later, or ends earlier.",
          .hint = "`cloison log` lists what it tells of"};
}

}  // namespace

Result<std::map<std::string, state::FlowReview, std::less<>>> last_reviews(state::StateStore& store) {
  std::map<std::string, state::FlowReview, std::less<>> last;
  for (auto before = UINT64_MAX;;) {
    const auto entry = store.newest_before(entry_kind::k_flows_reviewed, before);
    if (!entry) return fail(entry.error());
    if (!*entry) return last;
    auto read = state::review_record_from((*entry)->json);
    if (!read) return fail(read.error());
    for (auto& one : read->reviews) last.emplace(one.flow, one);
    before = (*entry)->number;
  }
}

namespace {

/// The last commit until then.
Result<uint64_t> serial_of(state::StateStore& store, const PointInTime& point) {
  uint64_t found = 0, newest = 0;
  for (uint64_t from = 0;;) {
    const auto entries = store.log(from, k_piece);
    if (!entries) return fail(entries.error());
    for (const auto& entry : *entries) {
      from = entry.number + 1;
      newest = entry.serial;
      if (point.serial ? entry.serial <= *point.serial : entry.when <= point.instant) found = entry.serial;
    }
    if (entries->size() < k_piece) break;
  }
  if (found == 0 || (point.serial && *point.serial > newest)) return fail(nothing_yet(point));
  return found;
}

/// How many folders a path leads up before it leads down.
std::size_t steps_up(const std::string& path) {
  std::size_t count = 0;
  for (const auto& part : fs::path(path)) {
    if (part != "..") break;
    ++count;
  }
  return count;
}

std::optional<WrittenFile::Role> role_named(std::string_view name) {
  for (uint8_t number = 0; number <= static_cast<uint8_t>(WrittenFile::Role::flows); ++number)
    if (role_name(static_cast<WrittenFile::Role>(number)) == name) return static_cast<WrittenFile::Role>(number);
  return std::nullopt;
}

Diagnostic not_held(const std::string& path, uint64_t entry) {
  return {.kind = ErrorKind::state,
          .code = "CL7203",
          .summary = fmt::format("the log does not hold {} as it was", printable(path)),
          .detail = entry == 0 ? "Its place is not one of a topology." : fmt::format("Its entry {} should.", entry),
          .hint = "`cloison log --verify` says whether the log is whole"};
}

Result<std::string> text_of(state::StateStore& store, const state::RecordedFile& file) {
  const auto entry = store.log(file.entry, 1);
  if (!entry) return fail(entry.error());
  if (!entry->empty() && entry->front().number == file.entry &&
      entry->front().kind == entry_kind::k_topology_recorded) {
    auto read = state::topology_record_from(entry->front().json);
    if (!read) return fail(read.error());
    for (auto& one : read->topology.files)
      if (one.digest == file.digest && one.text && sha256_hex(*one.text) == file.digest) return *std::move(one.text);
  }
  return fail(not_held(file.path, file.entry));
}

}  // namespace

std::optional<PointInTime> point_in_time(std::string_view text) {
  constexpr std::size_t k_date = 10;
  PointInTime point{.written = std::string(text)};
  if (const auto number = number_in<uint64_t>(text)) {
    point.serial = number;
    return point;
  }
  const auto instant = parse_rfc3339(text);
  if (!instant) return std::nullopt;
  point.instant = *instant;
  if (text.size() == k_date) point.instant += std::chrono::days(1) - std::chrono::seconds(1);
  return point;
}

Result<PastView> read_past(state::StateStore& store, const std::optional<PointInTime>& until) {
  uint64_t serial = UINT64_MAX;
  if (until) {
    const auto found = serial_of(store, *until);
    if (!found) return fail(found.error());
    serial = *found;
  }
  auto snapshot = until ? store.at(serial) : store.load();
  if (!snapshot) return fail(snapshot.error());
  auto past = Reading(store, *snapshot).run();
  if (!past) return fail(past.error());
  past->until = until && !until->serial    ? until->instant
                : past->operations.empty() ? Instant{}
                                           : past->operations.back().when;
  return PastView{*std::move(past), *std::move(snapshot)};
}

Result<PastTopologyFolder> lay_out(const Context& context, const std::vector<WrittenFile>& files, Instant instant) {
  auto folder = report::TemporaryFolder::make();
  if (!folder)
    return fail({.kind = ErrorKind::internal,
                 .code = "CL6190",
                 .summary = "no folder for temporary files can be made",
                 .detail = printable(folder.error()),
                 .hint = "is there room, and may you write to TMPDIR?"});
  std::size_t up = 0;
  for (const auto& file : files) up = std::max(up, steps_up(file.path));
  auto home = folder->path();
  for (std::size_t i = 0; i <= up; ++i) home /= "t";
  auto then = context;
  then.state = state_path(context);
  then.clock = Clock(instant);
  then.topology.shown_from = home, then.topology.overlays.clear(), then.topology.path = home;
  std::vector<fs::path> written;
  for (const auto& file : files) {
    if (file.path.empty()) continue;
    const auto place = (home / file.path).lexically_normal();
    if (*place.lexically_relative(folder->path()).begin() == "..") return fail(not_held(file.path, 0));
    std::error_code error;
    fs::create_directories(place.parent_path(), error);
    if (auto saved = write_file(place, file.text, Access::private_file); !saved) return fail(saved.error());
    if (file.role == WrittenFile::Role::topology) written.push_back(place);
    if (file.role == WrittenFile::Role::overlay) then.topology.overlays.push_back(place);
  }
  if (written.size() == 1) then.topology.path = written.front();
  return PastTopologyFolder{*std::move(folder), std::move(then)};
}

Result<std::vector<WrittenFile>> recorded_files(state::StateStore& store, const state::RecordedTopology& topology) {
  std::vector<WrittenFile> files;
  for (const auto& file : topology.files) {
    const auto role = role_named(file.role);
    if (!role) return fail(not_held(file.path, file.entry));
    auto text = text_of(store, file);
    if (!text) return fail(text.error());
    files.push_back({*role, file.path, *std::move(text)});
  }
  return files;
}

Result<PastTopologyFolder> restore_topology(const Context& context, state::StateStore& store, const Past& past) {
  if (!past.topology)
    return fail({.kind = ErrorKind::state,
                 .code = "CL7202",
                 .summary = "the log holds no topology of that time",
                 .detail = "Nothing was applied yet, or by a version that kept its digest alone.",
                 .hint = "`cloison log` lists what it tells of"});
  const auto files = recorded_files(store, *past.topology);
  if (!files) return fail(files.error());
  return lay_out(context, *files, past.until);
}

}  // namespace cloison::ops
