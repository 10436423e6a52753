#pragma once
// How a platform's resources forward packets, as the proof sees them: what providers' semantics.cpp makes of resources,
// planned or read back live, and what core/verify asks questions of. It knows nothing of the topology.

#include <string>
#include <vector>

#include "core/model/packet.h"

namespace cloison {

/// Whether an element is there for certain: a session that may be down, a rule that holds only at times, a step that
/// may have been made already. Safety is proved with all that may be there, continuity with what must be.
enum class Presence : uint8_t { always, maybe };

/// Interfaces of a device by their names; `names` empty: any, whatever `inverted` says.
struct InterfaceMatch {
  std::vector<std::string> names{};
  bool inverted = false;
  [[nodiscard]] bool matches(const std::string& interface) const;
  bool operator==(const InterfaceMatch&) const = default;
};

/// What a rule looks at: packets of any of its boxes, by its interfaces, in its states of connection tracking.
struct RuleMatch {
  InterfaceMatch in{}, out{};
  std::vector<PacketBox> packets{};
  bool fresh = true;        ///< a packet that begins a connection
  bool established = true;  ///< one that belongs to a connection, in either direction
  Presence presence = Presence::always;
  std::string text{};   ///< as the platform has it
  std::string label{};  ///< what it says of its reason: the flow's id
};

struct FilterRule : RuleMatch {
  enum class Action : uint8_t { accept, drop, jump };
  Action action = Action::accept;
  std::string target{};  ///< of a jump: a chain
};

/// Rules in order, first match decides.
struct FilterChain {
  std::string name{};
  std::vector<FilterRule> rules{};
  bool accepts_rest = false;
};

/// Address translation: the first rule that matches the first packet of a connection decides for all of it.
struct TranslationRule : RuleMatch {
  enum class Action : uint8_t { keep, source, destination, masquerade };
  Action action = Action::keep;
  /// Of source and destination: the packet's address in `to` at the offset that it has in the rule's boxes; one address
  /// stands for them all.
  IpPrefix to{};
  bool by_offset = false;
};

struct TranslationChain {
  std::string name{};
  std::vector<TranslationRule> rules{};
};

/// Something that this version does not model: what it affects is unknown, never permitted, refused or proved.
struct Unmodelled {
  std::string address{};  ///< of the resource
  std::string what{};     ///< "rule 12 of forward: 'quota over 10 mbytes'"
};

}  // namespace cloison
