#include "core/ops/evidence_pack.h"

#include <system_error>

#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/base/environment.h"
#include "core/base/strings.h"
#include "core/ops/evidence.h"
#include "core/ops/evidence_chain.h"
#include "core/ops/evidence_texts.h"
#include "core/ops/files.h"
#include "core/ops/report_words.h"
#include "core/ops/session.h"
#include "core/report/check_pack.h"

namespace cloison::ops {

namespace {

namespace fs = std::filesystem;
using report::Language;

constexpr std::chrono::minutes k_stamping_time{1};

Diagnostic usage(std::string summary, std::string hint) {
  return {.kind = ErrorKind::usage, .code = "CL6001", .summary = std::move(summary), .hint = std::move(hint)};
}

Result<report::Signer> signer_of(const EvidenceRequest& request, const std::stop_token& stop) {
  if (request.sign_with.empty()) return report::signer_of_file(request.key);
  auto words = report::words_of_command(request.sign_with);
  if (!words)
    return fail(usage("--sign-with names no program, or leaves a quote open", "--sign-with 'hsm-sign --label audit'"));
  auto key = public_key_in(request.key);
  if (!key) return fail(key.error());
  return report::signer_of_command(*std::move(words), *key, {.time = report::k_signing_time, .stop = stop},
                                   request.scrubber);
}

report::Timestamper stamper_of(const EvidenceRequest& request, const std::stop_token& stop) {
  if (request.tsa.empty()) return {};
  return [url = request.tsa, stop](std::string_view signature) {
    const auto http = net::make_http({.ca_file = environment_variable("SSL_CERT_FILE").value_or("")});
    return report::request_timestamp(*http, url, signature,
                                     {.stop = stop, .deadline = std::chrono::steady_clock::now() + k_stamping_time});
  };
}

bool is_same_file(const fs::path& a, const fs::path& b) {
  std::error_code ignored;
  return !a.empty() && !b.empty() && fs::equivalent(a, b, ignored);
}

class Making {
 public:
  Making(const Context& context, const EvidenceRequest& request) : context_(context), request_(request) {}

  EvidenceMade run() {
    if (auto done = make(); !done) made_.notes.push_back(done.error());
    made_.ending = ending_of(made_.notes);
    return std::move(made_);
  }

 private:
  Result<void> make() {
    if (auto right = allowed(); !right) return right;
    auto signer = signer_of(request_, context_.stop_waiting);
    if (!signer) return fail(signer.error());
    signer_ = *std::move(signer);
    made_.key = signer_->key.fingerprint();
    if (auto done = read_topology(); !done || has_errors(made_.notes)) return done;
    if (auto done = open(); !done) return done;
    if (auto done = follow(); !done || has_errors(made_.notes)) return done;
    if (auto done = go_back(); !done) return done;
    if (auto done = find_people(); !done) return done;
    return pack();
  }

  [[nodiscard]] Result<void> allowed() const {
    std::error_code ignored;
    if (fs::is_directory(request_.out, ignored))
      return fail(usage(fmt::format("{} is a folder", printable(request_.out.string())),
                        "-o names the archive: -o 0001.tar.gz"));
    if (is_same_file(request_.out, request_.previous))
      return fail(usage("-o names the pack before, which would be lost", "give the new pack a name of its own"));
    if (context_.clock.is_fixed() && !context_.sandbox.whole())
      return fail({.kind = ErrorKind::usage,
                   .code = "CL3120",
                   .summary = "CLOISON_NOW is set: evidence of a real network takes the system's date",
                   .detail = "The variable is for tests and for the sandbox.",
                   .hint = "unset CLOISON_NOW"});
    return {};
  }

  /// As it is written now; what is wrong with it is said with its places.
  Result<void> read_topology() {
    then_ = context_;
    if (request_.at) return {};
    auto loaded = load_topology(context_);
    made_.sources = std::move(loaded.sources);
    Diagnostics notes = std::move(loaded.notes);
    auto lock = read_lock_file(context_, made_.sources, notes);
    if (loaded.topology && lock) {
      const auto brought =
          bring(context_, loaded.topology, *lock,
                {.now = context_.clock.now(), .sources = &made_.sources, .pins_may_be_missing = true}, notes);
      if (brought) written_ = written_of(context_, *brought, made_.sources);
    }
    if (has_errors(notes)) {
      made_.notes = std::move(notes);
      return {};
    }
    // One at whichever place it is made: names of files in plan and proof begin at the topology's folder.
    std::error_code ignored;
    then_.topology.shown_from = fs::absolute(topology::home_of(context_.topology), ignored);
    // All of it speaks of one instant.
    then_.clock = Clock(context_.clock.now());
    return take(*loaded.topology);
  }

  Result<void> take(const topology::Topology& topology) {
    made_.network = topology.name;
    people_.merge(people_of(topology));
    return {};
  }

  Result<void> open() {
    auto store = open_known_state(context_);
    if (!store) return fail(store.error());
    store_ = *std::move(store);
    auto held = store_->lock(lock_info(context_), {}, context_.lock_timeout);
    if (!held) return fail(held.error());
    held_ = *std::move(held);
    auto snapshot = store_->load();
    if (!snapshot) return fail(snapshot.error());
    lineage_ = snapshot->lineage;
    if (request_.previous.empty()) return {};
    auto before = read_pack_before(request_.previous, signer_->key);
    if (!before) return fail(before.error());
    before_ = *std::move(before);
    return {};
  }

  /// Which part of the log it is about.
  Result<void> follow() {
    numbering_ = {
        .number = before_ ? before_->link.number + 1 : 1, .has_previous = before_.has_value(), .again = request_.again};
    auto part = log_part(*store_, lineage_,
                         {.number = numbering_.number,
                          .before = before_ ? before_->mark.value_or(LogMark{}) : std::optional<LogMark>(),
                          .until = request_.at});
    if (!part) return fail(part.error());
    log_ = *std::move(part);
    if (log_.continues) return {};
    made_.notes.push_back(
        {.severity = Diagnostic::Severity::warning,
         .kind = ErrorKind::state,
         .code = "CL7122",
         .summary = "the log does not continue the one of the pack before",
         .detail = "The state was made anew in between: the pack has all of its log, and no difference.",
         .hint = "keep the former state too, if there is one: its log ends where the pack before ended"});
    return {};
  }

  /// To the topology of then, with what the log knew by then.
  Result<void> go_back() {
    if (!request_.at) return check_order();
    Past past;
    if (!log_.topologies.empty()) past.topology = log_.topologies.back().topology;
    past.until = request_.at->serial ? log_.when : request_.at->instant;
    auto folder = restore_topology(context_, *store_, past);
    if (!folder) return fail(folder.error());
    folder_ = *std::move(folder);
    then_ = folder_->context;
    auto loaded = load_topology(then_);
    if (!loaded.topology) return fail(loaded.notes.front());
    auto files = recorded_files(*store_, *past.topology);
    if (!files) return fail(files.error());
    written_ = {.digest = past.topology->digest, .files = *std::move(files)};
    if (auto taken = take(*loaded.topology); !taken) return taken;
    return check_order();
  }

  [[nodiscard]] Result<void> check_order() {
    made_.as_of = then_.clock.now();
    if (!before_) return {};
    auto wrong = against_following(*before_, made_.network, log_.packs);
    if (!has_errors(wrong)) return {};
    for (std::size_t i = 1; i < wrong.size(); ++i) made_.notes.push_back(wrong[i]);
    return fail(wrong.front());
  }

  /// Also those that were there once: rows and records of the log name them still.
  Result<void> find_people() {
    if (request_.names) return {};
    std::set<std::string> seen;
    for (const auto& record : log_.topologies) {
      std::string files;
      for (const auto& file : record.topology.files) files += file.digest;
      if (!seen.insert(std::move(files)).second) continue;
      Past past;
      past.topology = record.topology, past.until = record.when;
      const auto folder = restore_topology(context_, *store_, past);
      if (!folder) return fail(folder.error());
      const auto loaded = load_topology(folder->context);
      if (!loaded.topology)
        return fail({.kind = ErrorKind::state,
                     .code = "CL7203",
                     .summary = fmt::format("the topology of {} cannot be read any more", rfc3339(record.when)),
                     .detail = "Who was named in it is not known, and so nobody of then can be made unknown.",
                     .hint = "`cloison log --verify` says whether the log is whole; --names packs names as they are"});
      people_.merge(people_of(*loaded.topology));
    }
    auto pseudonyms = Pseudonyms::keyed(*store_, people_);
    if (!pseudonyms) return fail(pseudonyms.error());
    pseudonyms_ = *std::move(pseudonyms);
    made_.pseudonyms = people_.size();
    return {};
  }

  Result<void> pack() {
    EvidenceFiles files(pseudonyms_, request_.scrubber);
    add_lock_file();
    const EvidenceMatter matter{.context = then_,
                                .store = *store_,
                                .log = log_,
                                .before = before_ && log_.continues ? before_->mark : std::nullopt,
                                .past = request_.at.has_value(),
                                .live = request_.live,
                                .views = request_.views};
    made_.found = add_evidence(matter, written_, files);
    append(made_.notes, made_.found.notes);
    if (has_errors(made_.notes)) return {};
    if (!made_.found.whole)
      return fail({.kind = ErrorKind::internal,
                   .code = "CL7104",
                   .summary = "what goes into the pack could not be worked out",
                   .hint = "`cloison plan` and `cloison verify` say what is wrong"});
    for (const auto language : {Language::english, Language::french})
      files.text(language == Language::french ? "ABOUT.fr.txt" : "ABOUT.en.txt", about_text(about(), language),
                 "what this pack speaks of, and what it leaves out");
    report::PackRequest request{.network = made_.network,
                                .made_by = "cloison " + context_.version,
                                .as_of = made_.as_of,
                                .entries = files.take()};
    if (before_) request.previous = before_->link;
    auto archive = report::make_pack(request, careful_signer(), stamper_of(request_, context_.stop_waiting));
    if (!archive) return fail(archive.error());
    return keep(*archive);
  }

  /// As it is, not as the next plan would have it. Of the past the log has it.
  void add_lock_file() {
    if (request_.at) return;
    constexpr std::size_t k_most = std::size_t{256} << 20U;
    if (auto text = read_file(lock_path(context_), k_most))
      written_.files.push_back({WrittenFile::Role::lock, "cloison.lock", *std::move(text)});
  }

  [[nodiscard]] AboutPack about() const {
    return {.network = made_.network,
            .as_of = rfc3339(made_.as_of),
            .number = numbering_.number,
            .simulated = simulated_phrase(context_.sandbox),
            .past = request_.at.has_value(),
            .live = request_.live,
            .first = log_.first,
            .last = log_.end.last,
            .serial = log_.end.serial,
            .continues = log_.continues,
            .no_difference = made_.found.no_difference,
            .in_clear = request_.names,
            .pseudonyms = made_.pseudonyms,
            .not_read = made_.found.not_read};
  }

  /// Signs nothing that must not be there: what is signed is the manifest, by which the log knows a pack.
  [[nodiscard]] report::Signer careful_signer() {
    return {.key = signer_->key, .sign = [this](std::string_view manifest) -> Result<std::string> {
              const auto digest = sha256_hex(manifest);
              if (auto why = against_making(numbering_, digest, log_.packs)) return fail(*std::move(why));
              return signer_->sign(manifest);
            }};
  }

  /// Written whole before it is in the log, and under its name only then.
  Result<void> keep(const std::string& archive) {
    report::CheckWith with;
    if (before_) with.previous = before_->archive;
    const auto check = report::check_pack(archive, signer_->key, with);
    if (!check.is_good()) return fail(check.findings.front());
    const auto part = request_.out.parent_path() / fmt::format(".{}.part", request_.out.filename().string());
    if (auto written = write_file(part, archive, Access::private_file); !written) return written;
    std::error_code error;
    if (auto recorded = record(*check.link); !recorded) {
      fs::remove(part, error);
      return recorded;
    }
    fs::rename(part, request_.out, error);
    if (error) {
      fs::remove(part, error);
      return write_file(request_.out, archive, Access::private_file);
    }
    made_.made = true, made_.link = *check.link, made_.files = check.files, made_.bytes = archive.size();
    made_.stamped = check.timestamp.has_value();
    made_.first_entry = log_.first, made_.last_entry = log_.end.last;
    if (before_) made_.previous_digest = before_->link.manifest_sha256;
    return {};
  }

  Result<void> record(const report::PackLink& link) {
    if (is_known(log_.packs, link.number, link.manifest_sha256)) return {};
    state::Batch batch;
    const auto id = random_hex(16);
    const auto now = context_.clock.now();
    batch.entries.emplace_back(
        state::OperationStarted{.id = id,
                                .command = "report evidence",
                                .user = user_name(),
                                .host = host_name(),
                                .when = now,
                                .topology_name = made_.network,
                                .topology_digest = written_.digest,
                                .git_commit = git_commit(topology::home_of(context_.topology)),
                                .ticket = context_.ticket,
                                .approved_by = context_.approved_by,
                                .cloison_version = context_.version,
                                .pack = state::RecordedPack{.number = link.number,
                                                            .manifest_sha256 = link.manifest_sha256,
                                                            .as_of = rfc3339(made_.as_of),
                                                            .signed_by = made_.key.base64,
                                                            .last_entry = log_.end.last}});
    batch.entries.emplace_back(state::OperationFinished{.id = id, .status = "done", .when = now});
    const auto done = store_->commit(*held_, batch);
    if (!done) return fail(done.error());
    made_.recorded = true;
    return {};
  }

  const Context& context_;
  const EvidenceRequest& request_;
  EvidenceMade made_{};
  std::optional<report::Signer> signer_{};
  std::unique_ptr<state::StateStore> store_{};
  std::unique_ptr<state::StateLock> held_{};  // given back before the store
  std::string lineage_{};
  std::optional<PackBefore> before_{};
  Numbering numbering_{};
  LogPart log_{};
  std::optional<PastTopologyFolder> folder_{};
  Context then_{};  // of the time that the pack speaks of
  Written written_{};
  std::set<std::string> people_{};
  Pseudonyms pseudonyms_{};
};

}  // namespace

EvidenceMade make_evidence(const Context& context, const EvidenceRequest& request) {
  return Making(context, request).run();
}

}  // namespace cloison::ops
