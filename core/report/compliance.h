#pragma once
// The report `compliance`: evidence for the controls of a framework, or against them. It never says that anybody
// complies: that is for people to judge, who see more than rules.

#include <cstdint>
#include <string>
#include <vector>

#include "core/report/document.h"

namespace cloison::report {

/// What is known for or against something; the weightiest last.
enum class Evidence : uint8_t { not_applicable, found, not_checked, contradicted };
/// "not_applicable", "found", …
[[nodiscard]] std::string_view evidence_id(Evidence evidence);

/// Something that was looked at, and how it turned out.
struct Looked {
  Evidence status = Evidence::not_checked;
  Phrase says{};                        // "12 of 12 flows have an owner"
  std::vector<std::string> examples{};  // of what speaks against it, or of what is not known
  std::string report{};                 // where to read on: "rules"; "": nowhere
};

struct LookedAt {
  std::string id{};  // "reviewed, months: 6"
  Phrase means{};    // what is looked at
  Looked looked{};
};

struct ControlEvidence {
  std::string id{};                   // "8.22"
  Phrase title{}, asks{}, by_hand{};  // in our words; `by_hand`: what nobody can tell from a network's rules
  Evidence status = Evidence::not_checked;
  std::vector<std::size_t> looked_at{};  // in ComplianceData::looked_at
};

struct FrameworkEvidence {
  std::string id{}, version{};
  Phrase title{}, about{};
  std::vector<ControlEvidence> controls{};
};

/// Something that holds a class of data, copies and logs included.
struct DataPlace {
  std::string path{}, data{}, site{}, country{}, region{};
  const Term* holds = nullptr;                // itself, a copy, logs
  std::vector<std::string> certifications{};  // "HDS (2030-05-01)": with their ends
  std::vector<std::string> over{};            // that have ended, the same way
};

/// A flow that carries data between countries, or to where nobody knows.
struct DataCrossing {
  std::string flow{}, from{}, to{}, from_country{}, to_country{}, data{}, encryption{};
  const Term* leaves = nullptr;  // whether it leaves the European Economic Area
};

struct ComplianceData {
  Heading heading{};
  std::vector<FrameworkEvidence> frameworks{};
  std::vector<LookedAt> looked_at{};
  std::vector<DataPlace> places{};
  std::vector<DataCrossing> crossings{};
  std::vector<Phrase> not_known{};
};

/// Words that the rows' terms are taken from.
namespace words {
extern const Term k_holds_itself, k_holds_copies, k_holds_logs;
extern const Term k_stays, k_leaves, k_country_not_known;
}  // namespace words

/// The weightiest of what was looked at; of nothing at all: not checked.
[[nodiscard]] Evidence status_of(const ControlEvidence& control, const std::vector<LookedAt>& looked_at);

[[nodiscard]] Report compliance_report(ComplianceData data);
/// The same as OSCAL assessment-results (version 1.1.3), in JSON, under a heading that may say more than the data's.
[[nodiscard]] std::string compliance_oscal(const ComplianceData& data, const Heading& heading);

}  // namespace cloison::report
