#include "core/ops/evidence_log.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/net/json.h"
#include "core/state/log_chain.h"

namespace cloison::ops {

namespace {

namespace entry_kind = state::entry_kind;
using net::Json;
using state::LogEntry;

constexpr std::size_t k_piece = 5000;

/// Calls `take` with each entry from `from` on, oldest first, until it answers false.
template <class Take>
Result<void> for_each_entry(state::StateStore& store, uint64_t from, Take take) {
  for (;;) {
    const auto entries = store.log(from, k_piece);
    if (!entries) return fail(entries.error());
    for (const auto& entry : *entries) {
      from = entry.number + 1;
      auto more = take(entry);
      if (!more) return fail(more.error());
      if (!*more) return {};
    }
    if (entries->size() < k_piece) return {};
  }
}

/// Where an entry stands, without what it says.
struct Stand {
  uint64_t number = 0, serial = 0;
  Instant when{};
  std::string operation{}, seal{};
};

class Parting {
 public:
  Parting(state::StateStore& store, const std::string& lineage, const LogRequest& request)
      : store_(store), lineage_(lineage), request_(request) {}

  Result<LogPart> run() {
    if (auto looked = look(); !looked) return fail(looked.error());
    if (auto ended = find_end(); !ended) return fail(ended.error());
    if (auto begun = find_begin(); !begun) return fail(begun.error());
    if (auto taken = take(); !taken) return fail(taken.error());
    return std::move(part_);
  }

 private:
  /// Which packs there are, and how the log ends.
  Result<void> look() {
    return for_each_entry(store_, 1, [this](const LogEntry& entry) -> Result<bool> {
      if (entry.kind == entry_kind::k_pack_made) {
        auto pack = state::pack_record_from(entry.json);
        if (!pack) return fail(pack.error());
        if (pack->number == request_.number) own_.insert(entry.operation);
        part_.packs.push_back(*std::move(pack));
      }
      stands_.push_back({entry.number, entry.serial, entry.when, entry.operation, entry.seal});
      return true;
    });
  }

  [[nodiscard]] bool is_wanted(const Stand& stand) const {
    const auto& until = request_.until;
    return !until || (until->serial ? stand.serial <= *until->serial : stand.when <= until->instant);
  }

  Result<void> find_end() {
    auto end = std::find_if(stands_.rbegin(), stands_.rend(), [this](const Stand& one) { return is_wanted(one); });
    const auto& until = request_.until;
    if (until && (end == stands_.rend() || (until->serial && *until->serial > stands_.back().serial)))
      return fail({.kind = ErrorKind::state,
                   .code = "CL7201",
                   .summary = fmt::format("nothing is known of {}", printable(until->written)),
                   .detail = "The log begins later, or ends earlier.",
                   .hint = "`cloison log` lists what it tells of"});
    // A pack cannot tell of its own making; made again, it tells of the same.
    while (end != stands_.rend() && own_.contains(end->operation)) ++end;
    part_.end = {.lineage = lineage_, .seal = hex(state::first_seal(lineage_))};
    if (end == stands_.rend()) return {};
    part_.end.last = end->number, part_.end.serial = end->serial, part_.end.seal = end->seal;
    part_.when = end->when;
    return {};
  }

  Result<void> find_begin() {
    part_.before = hex(state::first_seal(lineage_));
    if (!request_.before) return {};
    const auto& before = *request_.before;
    const auto seal = seal_of(before.last);
    part_.continues = before.lineage == lineage_ && seal == before.seal;
    if (!part_.continues) return {};
    if (before.last > part_.end.last)
      return fail({.kind = ErrorKind::usage,
                   .code = "CL7120",
                   .summary = "the pack before tells of more than this one would",
                   .detail = fmt::format("It tells of the log up to entry {}; at the time that is asked for it had {}.",
                                         before.last, part_.end.last),
                   .hint = "name the pack before this one by --previous, or ask for a later time"});
    part_.first = before.last + 1, part_.before = seal;
    return {};
  }

  /// Of an entry; "": there is none of that number.
  [[nodiscard]] std::string seal_of(uint64_t number) const {
    if (number == 0) return hex(state::first_seal(lineage_));
    const auto found =
        std::find_if(stands_.begin(), stands_.end(), [&](const Stand& one) { return one.number == number; });
    return found == stands_.end() ? std::string() : found->seal;
  }

  Result<void> take() {
    return for_each_entry(store_, 1, [this](const LogEntry& entry) -> Result<bool> {
      if (entry.number > part_.end.last) return false;
      if (entry.number >= part_.first) part_.entries.push_back(entry);
      if (entry.kind != entry_kind::k_topology_recorded) return true;
      auto record = state::topology_record_from(entry.json);
      if (!record) return fail(record.error());
      for (auto& file : record->topology.files)
        if (file.text) file.text.reset(), file.entry = entry.number;
      part_.topologies.push_back(*std::move(record));
      return true;
    });
  }

  state::StateStore& store_;
  const std::string& lineage_;
  const LogRequest& request_;
  LogPart part_{};
  std::vector<Stand> stands_{};
  std::set<std::string> own_{};  // operations that made this very pack
};

}  // namespace

Result<LogPart> log_part(state::StateStore& store, const std::string& lineage, const LogRequest& request) {
  return Parting(store, lineage, request).run();
}

std::string log_lines(const LogPart& part, const Pseudonyms& pseudonyms) {
  std::string lines;
  for (const auto& entry : part.entries) {
    auto body = pseudonyms.in_json(entry.json);
    const bool changed = body != entry.json;
    auto line = Json::object();
    line.set("number", Json::integer(static_cast<int64_t>(entry.number)))
        .set("serial", Json::integer(static_cast<int64_t>(entry.serial)))
        .set("kind", Json::text(entry.kind))
        .set("operation", Json::text(entry.operation))
        .set("when", Json::integer(entry.when.time_since_epoch().count()))
        .set("body", Json::text(std::move(body)))
        .set("pseudonyms", Json::boolean(changed))
        .set("seal", Json::text(entry.seal));
    lines += net::to_text(line) + '\n';
  }
  return lines;
}

std::string chain_json(const LogPart& part) {
  auto chain = Json::object();
  chain.set("lineage", Json::text(part.end.lineage))
      .set("first", Json::integer(static_cast<int64_t>(part.first)))
      .set("last", Json::integer(static_cast<int64_t>(part.end.last)))
      .set("serial", Json::integer(static_cast<int64_t>(part.end.serial)))
      .set("seal_before", Json::text(part.before))
      .set("seal", Json::text(part.end.seal))
      .set("continues", Json::boolean(part.continues));
  return net::to_text(chain) + '\n';
}

std::optional<LogMark> mark_from(std::string_view chain) {
  const auto read = net::parse_json(chain);
  const auto number = [&](std::string_view name) -> std::optional<uint64_t> {
    const auto* member = read->find(name);
    const auto* value = member == nullptr ? nullptr : member->as_integer();
    return value == nullptr || *value < 0 ? std::nullopt : std::optional(static_cast<uint64_t>(*value));
  };
  if (!read || read->as_object() == nullptr) return std::nullopt;
  const auto last = number("last"), serial = number("serial");
  if (!last || !serial) return std::nullopt;
  return LogMark{.lineage = std::string(read->text_at("lineage")),
                 .last = *last,
                 .serial = *serial,
                 .seal = std::string(read->text_at("seal"))};
}

}  // namespace cloison::ops
