#pragma once
// The report `rules`: a row for each rule as it is enforced, with who asked for it and what is known of it.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/report/document.h"

namespace cloison::report {

/// Of a flow: what the topology says of it, and its history. Dates are "2026-11-22" and instants RFC 3339; "": none.
struct FlowFacts {
  std::string id{}, flow_class{};
  std::string source{}, destination{};              // as written
  std::string source_title{}, destination_title{};  // as people call them: the zone's or segment's title
  std::vector<std::string> services{};              // "tcp/443"
  std::string protocol{};                           // as people call it: "MLLP/TLS"
  std::string application{}, purpose{}, owner{}, requester{}, approver{}, ticket{}, data{}, encryption{};
  std::vector<std::string> environments{};
  std::string declared{};  // "flows.yaml:17"
  std::string starts{}, expires{}, next_review{};
  std::string not_in_force{};           // why; "": it is
  std::string created{}, created_by{};  // when it was applied first, by whom; out of the log, like:
  std::string changed{}, changed_by{},
      changed_for{};  // when what is said of it changed last, by whom, for which ticket
  // The last review, out of the log; `review_until`: an exception's end.
  std::string decision{}, reviewer{}, reviewed{}, review_until{}, review_comment{};
  std::string insecure{}, control{};  // an insecure service, and what compensates for it
  std::size_t pairs = 0;
};

/// A rule as it is written, beside what was applied.
enum class Standing : uint8_t { not_known, applied, not_yet, no_longer_asked };

/// What is known of a rule on the platform, beside what was asked.
enum class LiveCheck : uint8_t { not_checked, as_intended, missing, unauthorised };

/// Why somebody has to look at a rule; the gravest first.
enum class Due : uint8_t { nothing, expired, nobodys, to_remove, overdue, exception_over, soon, approved_by_author };

/// Words that the rows' terms are taken from.
namespace words {
extern const Term k_inbound, k_outbound, k_forwarded, k_sent, k_received;
extern const Term k_new, k_established, k_any_state;
extern const Term k_accept, k_drop, k_translate;
extern const Term k_shadowed, k_redundant, k_never, k_no_finding, k_not_analysed;
extern const Term k_all_of_it, k_nothing, k_too_complex, k_no_flow, k_no_failure;
extern const Term k_used, k_never_used, k_not_yet_used, k_not_counted, k_use_not_known;
}  // namespace words

/// What was found, or a word of ours that stands for it: "nothing", "not analysed".
struct Told {
  const Term* word = &words::k_not_analysed;  // nullptr: `items` say it
  std::vector<std::string> items{};
};

/// How often a rule was met, as its platform counts it.
struct RuleUse {
  uint64_t packets = 0, bytes = 0;
  std::string since{};                      // from which instant on it counts; "": nobody knows
  std::string last_after{}, last_before{};  // between which instants the last packet came, as far as that is known
};

struct RuleRow {
  std::string id{};                             // stable: of what it is, never of where it stands
  std::string device{}, provider{}, account{};  // "central.node/central-1", "nodes", "cloison@192.0.2.10"
  std::string policy{};                         // chain or group
  std::size_t order = 0;                        // within its policy, from 1; 0: order does not matter there
  std::string native{};                         // as the platform has it
  std::string native_id{};                      // by which the platform knows it; "": by its text alone
  std::string reason{};                         // "F-010/lyon-03"
  std::shared_ptr<const FlowFacts> flow{};      // nullptr: no flow asks for it
  std::string declared{};                       // file and line of what declares it
  std::string environment{};
  std::vector<std::string> source_zones{}, sources{}, source_prefixes{};
  std::vector<std::string> destination_zones{}, destinations{}, destination_prefixes{};
  const Term* direction = nullptr;
  std::vector<std::string> protocols{}, ports{}, icmp_types{}, families{};
  const Term* state = nullptr;
  const Term* action = nullptr;
  std::string translation{};
  bool logged = false;
  std::size_t applies_to = 1;  // cards that have it, of a group
  bool any_source = false, internet = false;
  bool wide_source = false, wide_destination = false;
  const Term* analysis = nullptr;  // shadowed, redundant, never met, no finding
  std::vector<std::string> decided_by{};
  Told alone{};                // what no other rule decides the same way
  Told needed_by{};            // flows that would not pass without it
  Told failures{};             // in which it lets pass what does not pass by it while everything works
  const Term* used = nullptr;  // whether it was met: one of the words below
  std::optional<RuleUse> use{};
  std::string resource{};  // address of the resource that holds it
  Standing standing = Standing::not_known;
  Due due = Due::nothing;
  std::string since{}, since_by{}, since_for{};  // when it was put in place, by whom, for which ticket; out of the log
  LiveCheck live = LiveCheck::not_checked;
  std::string checked{}, checked_by{};
};

struct RulesData {
  Heading heading{};
  std::vector<RuleRow> rows{};
  std::vector<Phrase> not_known{};  // what could not be read or understood
  std::optional<Drawing> drawing{};
};

[[nodiscard]] Report rules_report(const std::shared_ptr<const RulesData>& data);

}  // namespace cloison::report
