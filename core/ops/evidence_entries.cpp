#include "core/ops/evidence_entries.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/base/strings.h"
#include "core/ops/evidence_texts.h"
#include "core/ops/planning.h"
#include "core/ops/report.h"
#include "core/ops/report_diff.h"
#include "core/report/rewritten.h"
#include "core/report/writers.h"

namespace cloison::ops {

namespace {

using report::Language;

/// The reports of each pack: a row a kind.
struct PackedKind {
  ReportKind kind{};
  std::string_view name{}, what{};
};
constexpr std::array k_packed{
    PackedKind{ReportKind::rules, "rules", "rules as the state knows them, and as they are written"},
    PackedKind{ReportKind::flows, "flows", "permitted flows"},
    PackedKind{ReportKind::matrix, "matrix", "what reaches what, by the proof"},
    PackedKind{ReportKind::compliance, "compliance", "what speaks for and against each control"},
    PackedKind{ReportKind::continuity, "continuity", "what scenarios ask, and what was proved of it"},
    PackedKind{ReportKind::inventory, "inventory", "everything that the topology says is there"},
};

std::string_view suffix_of(Language language) {
  return language == Language::french ? "fr" : "en";
}

/// A path that no other one has, where capital letters do not count: "Rules_1f2e3d4c.csv" beside "rules.csv".
std::string told_apart(const std::string& path, std::string_view of) {
  constexpr std::size_t k_digits = 8;
  const std::filesystem::path whole(path);
  const auto name =
      fmt::format("{}_{}{}", whole.stem().string(), sha256_hex(of).substr(0, k_digits), whole.extension().string());
  return (whole.parent_path() / name).string();
}

std::string_view what_of(WrittenFile::Role role) {
  using Role = WrittenFile::Role;
  switch (role) {
    case Role::topology:
      return "topology";
    case Role::overlay:
      return "laid over the topology";
    case Role::table:
      return "table of the topology";
    case Role::service_file:
      return "file that a service fills in";
    case Role::lock:
      return "allocated addresses, names and numbers";
    case Role::flows:
      break;
  }
  return "what is said of each flow";
}

/// The network as the proof finds it takes no time that anybody would find again.
void forget_times(Verified& verified) {
  for (auto& proved : verified.proved) proved.milliseconds = 0;
  for (auto& further : verified.further) further.proved.milliseconds = 0;
}

class Gathering {
 public:
  Gathering(const EvidenceMatter& matter, EvidenceFiles& files) : matter_(matter), files_(files) {}

  EvidenceFound run(const Written& written) {
    topology(written);
    log();
    if (plan() && proof() && reports() && difference()) method(), found_.whole = true;
    return std::move(found_);
  }

 private:
  /// By its errors, without the places of files: these are others where the past is looked at.
  bool refuse(const Diagnostics& notes) {
    std::copy_if(notes.begin(), notes.end(), std::back_inserter(found_.notes),
                 [](const Diagnostic& one) { return one.severity == Diagnostic::Severity::error; });
    for (auto& note : found_.notes) note.where = 0;
    return false;
  }

  void topology(const Written& written) {
    for (const auto& file : written.files) {
      if (file.role == WrittenFile::Role::lock) {
        files_.text("cloison.lock", file.text, what_of(file.role));
      } else if (file.role == WrittenFile::Role::flows) {
        files_.json("topology/flows.said.json", file.text, what_of(file.role));
      } else {
        files_.text("topology/" + file.path, file.text,
                    fmt::format("{}, as '{}'", what_of(file.role), printable(file.path)));
      }
    }
  }

  void log() {
    files_.done("log/entries.jsonl", log_lines(matter_.log, files_.pseudonyms()),
                "the state's log since the pack before, an entry a line");
    files_.done("log/chain.json", chain_json(matter_.log), "where this part of the log begins and ends");
  }

  /// What would change now. Of the past there is none.
  bool plan() {
    if (matter_.past) return true;
    auto context = matter_.context;
    context.refresh = matter_.live;
    const PlanOptions options{.looks_only = true};
    Planning planning(context, options);
    auto planned = planning.run(&matter_.store);
    if (!planned.plan) return refuse(planned.notes);
    planned.plan_digest.clear(), planned.proof_took = {};
    files_.text("plan/plan.txt", matter_.views.plan_text(planned), "what an apply would change");
    files_.json_lines("plan/plan.jsonl", matter_.views.plan_lines(planned), "the same for programs");
    return !matter_.live || live(context, planning.providers(), *planned.plan);
  }

  bool live(const Context& context, const Providers& providers, const Plan& plan) {
    Deferred deferred;
    for (const auto& one : plan.deferred) deferred.emplace(one.provider, Diagnostic{});
    Diagnostics notes;
    const auto raw = raw_all(context, providers, matter_.log.end.lineage, deferred, notes);
    for (const auto& [name, answers] : raw)
      for (const auto& answer : answers)
        files_.text(fmt::format("live/{}/{}", folder_of(name), answer.name), answer.bytes,
                    fmt::format("as the platform of '{}' answered", printable(name)));
    for (const auto& [name, why] : deferred) found_.not_read.push_back(name);
    return !has_errors(notes) || refuse(notes);
  }

  /// "nodes:lab/lyon-03.node/lyon-03-1" -> "nodes/lab/lyon-03.node/lyon-03-1".
  static std::string folder_of(std::string name) {
    std::replace(name.begin(), name.end(), ':', '/');
    return name;
  }

  bool proof() {
    auto verified = verify(matter_.context);
    if (!add_proof(verified, "verify", "the proof, by what the topology comes to")) return false;
    const auto& first = verified.proved.front();
    found_.guarantees = first.proof.guarantees.size();
    found_.broken = static_cast<std::size_t>(
        std::count_if(first.proof.guarantees.begin(), first.proof.guarantees.end(),
                      [](const auto& one) { return one.verdict != verify::GuaranteeResult::Verdict::proved; }));
    found_.holds = verified.ending == Ending::done;
    if (!matter_.live) return true;
    auto there = verify_live(matter_.context);
    found_.holds = found_.holds && there.ending == Ending::done;
    return add_proof(there, "live", "the proof, by what is there");
  }

  bool add_proof(Verified& verified, std::string_view name, const std::string& what) {
    if (verified.ending != Ending::done && verified.ending != Ending::policy) return refuse(verified.notes);
    forget_times(verified);
    files_.text(fmt::format("proof/{}.txt", name), matter_.views.proof_text(verified), what);
    files_.json_lines(fmt::format("proof/{}.jsonl", name), matter_.views.proof_lines(verified),
                      what + ", for programs");
    return true;
  }

  bool reports() {
    ReportRequest request{.known_until = matter_.log.end.serial};
    for (const auto& one : k_packed) request.kinds.push_back(one.kind);
    const auto made = make_reports(matter_.context, request);
    if (made.reports.size() < k_packed.size()) return refuse(made.notes);
    for (std::size_t i = 0; i < k_packed.size(); ++i)
      files_.add_report(fmt::format("reports/{}", k_packed[i].name), made.reports[i], std::string(k_packed[i].what));
    if (!matter_.live) return true;
    request.kinds = {ReportKind::rules}, request.live = true;
    const auto live = make_reports(matter_.context, request);
    if (live.reports.empty()) return refuse(live.notes);
    files_.add_report("reports/rules-live", live.reports.front(), "rules against what is there");
    return true;
  }

  bool difference() {
    if (!matter_.before) {
      found_.no_difference = {"no pack before this one has the same log",
                              "aucun dossier précédent n'a le même journal"};
      return true;
    }
    found_.no_difference = {"the log holds no topology of the time of the pack before",
                            "le journal n'a pas de topologie de l'époque du dossier précédent"};
    const auto from = matter_.before->serial, to = matter_.log.end.serial;
    if (from == 0 || to == 0) return true;
    const auto made = make_difference(matter_.context, {.from = std::to_string(from), .to = std::to_string(to)});
    if (made.reports.empty())  // CL7202: of a version that kept no topologies, or nothing was applied yet
      return made.notes.back().code == "CL7202" || refuse(made.notes);
    found_.no_difference = {};
    files_.add_report("diff/diff", made.reports.front(), "what became possible or stopped since the pack before");
    return true;
  }

  void method() {
    for (const auto language : {Language::english, Language::french}) {
      const auto suffix = suffix_of(language);
      files_.done(fmt::format("proof/METHOD.{}.txt", suffix), method_text(language),
                  "method, assumptions, and what is not modelled");
      files_.done(fmt::format("live/HOW.{}.txt", suffix), collecting_text(language),
                  "how to collect by hand what is there");
    }
  }

  const EvidenceMatter& matter_;
  EvidenceFiles& files_;
  EvidenceFound found_{};
};

}  // namespace

void EvidenceFiles::text(const std::string& path, std::string_view text, std::string_view what) {
  done(path, pseudonyms_.in_text(text), what);
}

void EvidenceFiles::json(const std::string& path, std::string_view json, std::string_view what) {
  done(path, pseudonyms_.in_json(json) + '\n', what);
}

void EvidenceFiles::json_lines(const std::string& path, std::string_view lines, std::string_view what) {
  done(path, pseudonyms_.in_json_lines(lines), what);
}

void EvidenceFiles::done(const std::string& path, std::string bytes, std::string_view what) {
  const auto named = pseudonyms_.in_text(path);
  auto packed = report::packable(named);
  if (known_.contains(lowered(packed))) packed = told_apart(packed, path);
  known_.insert(lowered(packed));
  if (scrubber_) bytes = scrubber_->clean(bytes);
  entries_.push_back({std::move(packed), std::move(bytes), pseudonyms_.in_text(what)});
}

void EvidenceFiles::add_report(const std::string& stem, const report::Report& made, const std::string& what) {
  const auto shown = pseudonyms_.size() == 0
                         ? made
                         : report::rewritten(made, [this](std::string_view text) { return pseudonyms_.in_text(text); });
  for (const auto language : {Language::english, Language::french}) {
    const auto name = fmt::format("{}.{}", stem, suffix_of(language));
    done(name + ".csv", report::write_csv(shown, language), what);
    done(name + ".html", report::write_html(shown, language), what);
    done(name + ".md", report::write_markdown(shown, language), what);
  }
  done(stem + ".json", report::write_json(shown), what);
}

EvidenceFound add_evidence(const EvidenceMatter& matter, const Written& written, EvidenceFiles& files) {
  return Gathering(matter, files).run(written);
}

}  // namespace cloison::ops
