#pragma once
// What goes into an evidence pack, as files of it.

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/base/scrubber.h"
#include "core/ops/evidence_log.h"
#include "core/ops/plan.h"
#include "core/ops/verify.h"
#include "core/report/document.h"
#include "core/report/pack.h"

namespace cloison::ops {

/// Plan and proof as the command line shows them: for people, and a JSON object a line.
struct EvidenceViews {
  std::function<std::string(const Planned&)> plan_text{}, plan_lines{};
  std::function<std::string(const Verified&)> proof_text{}, proof_lines{};
};

/// Files of a pack; what stands for names is put in here, and known secrets are taken out of everything.
class EvidenceFiles {
 public:
  EvidenceFiles(const Pseudonyms& pseudonyms, std::shared_ptr<const Scrubber> scrubber)
      : pseudonyms_(pseudonyms), scrubber_(std::move(scrubber)) {}

  void text(const std::string& path, std::string_view text, std::string_view what);
  void json(const std::string& path, std::string_view json, std::string_view what);
  void json_lines(const std::string& path, std::string_view lines, std::string_view what);
  /// In which names are no more.
  void done(const std::string& path, std::string bytes, std::string_view what);
  /// In all formats and languages: "reports/rules" -> reports/rules.en.csv, …, reports/rules.json.
  void add_report(const std::string& stem, const report::Report& made, const std::string& what);
  [[nodiscard]] std::vector<report::PackEntry> take() { return std::move(entries_); }
  [[nodiscard]] const Pseudonyms& pseudonyms() const { return pseudonyms_; }

 private:
  const Pseudonyms& pseudonyms_;
  std::shared_ptr<const Scrubber> scrubber_;
  std::vector<report::PackEntry> entries_{};
  std::set<std::string> known_{};  // paths, lowered
};

/// What a pack is made of. `context`: of the time of which it speaks, names in messages from the topology's folder on.
struct EvidenceMatter {
  const Context& context;
  state::StateStore& store;
  const LogPart& log;
  std::optional<LogMark> before{};  // where the pack before ended, and the log continues
  bool past = false, live = false;
  const EvidenceViews& views;
};

/// What came of it beside the files.
struct EvidenceFound {
  Diagnostics notes{};                     // with an error nothing is made
  report::Phrase no_difference{};             // why there is none
  std::vector<std::string> not_read{};     // providers
  std::size_t guarantees = 0, broken = 0;  // broken, or not known to hold
  bool holds = true;                       // all of the proof
  bool whole = false;                      // nothing is missing
};
[[nodiscard]] EvidenceFound add_evidence(const EvidenceMatter& matter, const Written& written, EvidenceFiles& files);

}  // namespace cloison::ops
