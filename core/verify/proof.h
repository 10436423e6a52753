#pragma once
// What has to hold of a network, and whether it does: guarantees over the most that can pass, flows over what passes
// while everything works, and what passes beyond the flows.

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/model/guarantee.h"
#include "core/verify/working.h"

namespace cloison::verify {

/// What `except:` leaves out of a guarantee.
struct Exemption {
  std::vector<std::string> flows{};  ///< ids of wanted flows
  PlaceSelector places{};            ///< either end in one of them
  std::string reason{};
};

struct Guarantee {
  enum class Kind : uint8_t { isolated, unreachable, reachable, only, through, encrypted, located };
  std::string id{};
  Kind kind = Kind::isolated;
  PlaceSelector among{}, from{}, to{}, via{};
  std::vector<PacketBox> services{};  ///< of `reachable`: protocols and services in both families
  std::vector<std::string> data{}, countries{}, certifications{}, tiers{};  ///< of `located`
  std::vector<Exemption> except{};
  SpanId span = 0;
};

/// Packets that are meant to pass: one pair of a flow, or what a node needs of its own.
struct Wanted {
  std::string id{};                    ///< "F-010/lyon-03"
  std::string flow{};                  ///< "F-010"
  std::string environment{};           ///< "" for all
  std::vector<PacketBox> packets{};    ///< between addresses that machines may have
  std::vector<PacketBox> permitted{};  ///< those and what cannot well be told apart: a prefix with its router's address
  bool must = true;                    ///< in force now; else it may only be there, as one that a failure opens
  bool applied = true;                 ///< false: a link on its way is not applied
  bool system = false;                 ///< of the network's own working
  SpanId span = 0;
};

/// One thing that ought not to be, with a packet that shows it.
struct Finding {
  PassageEnd from{}, to{};
  PacketSet packets{};
  Packet witness{};               ///< as it is sent
  std::vector<Leap> way{};        ///< of the set it is in
  std::size_t place = k_nothing;  ///< of `located`: the place
  std::string_view why{};         ///< "its answers do not come back", "not in France"
};

struct GuaranteeResult {
  using Verdict = GuaranteeVerdict;
  Verdict verdict = Verdict::proved;
  std::size_t members = 0;          ///< places that it is about; 0: it says nothing
  std::size_t broken = 0;           ///< passages, or places, that break it
  std::vector<Finding> findings{};  ///< the first of them
  std::string_view why{};           ///< of unknown
};

struct WantedResult {
  /// nobody: at one of its ends nobody is there yet.
  /// too_complex: no way was found, and not all could be looked at.
  enum class Verdict : uint8_t { open, closed, nobody, not_applied, conditional, too_complex };
  Verdict verdict = Verdict::open;
  PacketSet missing{};
  std::string_view why{};  ///< of closed: "they do not arrive", "the answers do not return"
};

struct ProofInput {
  std::vector<Place> places{};
  std::map<std::string, PlaceGroup, std::less<>> groups{};
  AddressIntervals outside{};  ///< addresses of those outside whom nobody knows
  std::vector<Guarantee> guarantees{};
  std::vector<Wanted> wanted{};
  WorkingInput working{};
  std::size_t most_findings = 200;  ///< kept of each guarantee, and beyond the flows
};

struct Proof {
  std::unique_ptr<const World> world{};
  std::vector<GuaranteeResult> guarantees{};  ///< beside the input's
  std::vector<WantedResult> wanted{};         ///< beside the input's
  std::vector<Finding> beyond{};              ///< the flows and the network's own working
  std::size_t beyond_count = 0;
  /// Segments in which machines reach each other by the switch between them, where neither flows nor `intra: allow` say
  /// so.
  std::vector<std::size_t> inside{};
  std::vector<Finding> implicit{};  ///< of that, what a platform lets pass whatever it is told
  std::size_t implicit_count = 0;
  /// Where something was too complex to tell: then nothing counts as proved, and more may pass than is told.
  std::set<GivenUp> given_up{};
  std::size_t sources = 0, passages = 0;  ///< asked, found
  std::size_t rules = 0;                  ///< of all filters, those of a group once for each card that has it
};

/// Why a guarantee is not known, where something was given up.
inline constexpr std::string_view k_too_complex = "it is too complex to tell";

class ReachGathering;
class WantedIndex;
struct ProofOptions {
  const WantedIndex* wanted = nullptr;  ///< of the input's, where there is one already
  ReachGathering* gathering = nullptr;  ///< is told of all passages too
  const PacketSet* only = nullptr;      ///< of no others anything is asked, and of what they do nothing is known then
  bool flows = true;                    ///< whether what is meant to pass is asked for
  /// Whether the most that can pass is asked for: guarantees and what passes beyond the flows.
  bool most = true;
  bool beyond = true;                     ///< the latter of these
  std::size_t most_boxes = k_most_boxes;  ///< beyond which one who sends is too complex
};
[[nodiscard]] Proof prove(std::unique_ptr<const World> world, const ProofInput& input,
                          const ProofOptions& options = {});

}  // namespace cloison::verify
