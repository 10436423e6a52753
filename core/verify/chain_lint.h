#pragma once
// Which rules of a chain nobody would miss: exactly, over all packets, in each state of a connection, by each pair of
// interfaces.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/model/forwarding.h"
#include "core/verify/packet_set.h"
#include "core/verify/place.h"

namespace cloison::verify {

/// What a rule of a chain is found to be.
struct RuleFault {
  enum class Kind : uint8_t {
    shadowed,     ///< earlier rules decide all its packets, at least some of them the other way
    redundant,    ///< without it everything is decided the same
    never,        ///< no packet can meet it
    too_complex,  ///< it would take more boxes to tell than are looked at
  };
  Kind kind = Kind::redundant;
  uint32_t rule = 0;
  std::vector<uint32_t> by{};         ///< the rules that decide its packets, in their order
  bool by_rest = false;               ///< for some of them no other rule is needed: what none names is decided the same
  std::optional<Packet> witness{};    ///< one of its packets
  std::optional<uint32_t> decider{};  ///< of the witness: among `by`
};

/// Where a chain stands.
struct ChainScope {
  /// Names of interfaces; "" alone where packets have none on that side.
  std::vector<std::string> in{""}, out{""};
  /// The only sources that come by an interface, and the only destinations that leave by it; of others: any.
  std::map<std::string, AddressIntervals, std::less<>> arrives{}, leaves{};
};

/// How much is worked out before it is called too complex. A step looks at one box.
struct ChainLintBounds {
  std::size_t boxes = 4'000;             ///< into which one rule's packets may fall apart
  std::size_t steps = 400'000;           ///< for one rule
  std::size_t chain_steps = 20'000'000;  ///< for all of them
};

/// Of what is found any part may be taken away, all of it too, and each packet is decided as before; without any other
/// rule some packet would not be. The platform's own rules decide along and are not judged; nor are those that look at
/// neither state of a connection that is known here. What a rule may do beside deciding (it logs, it answers) counts as
/// a difference.
[[nodiscard]] std::vector<RuleFault> lint_chain(const FilterChain& chain, const ChainScope& scope,
                                                const ChainLintBounds& bounds = {});

/// What would be decided otherwise if one rule, and no other, were taken away.
struct DecidedAlone {
  enum class Kind : uint8_t {
    not_judged,   ///< the platform's own, or one that looks at neither state of a connection
    nothing,      ///< other rules, or what holds where none matches, decide all its packets the same
    part,         ///< some of its packets
    all,          ///< each of them
    too_complex,  ///< it would take more boxes to tell than are looked at
  };
  Kind kind = Kind::not_judged;
  PacketSet packets{};  ///< of a part: by some interfaces, in some state of a connection
};
/// Both of a chain; `alone`: beside its rules. Of two rules that say the same neither decides anything alone.
struct JudgedChain {
  std::vector<RuleFault> faults{};
  std::vector<DecidedAlone> alone{};
};
[[nodiscard]] JudgedChain judge_chain(const FilterChain& chain, const ChainScope& scope,
                                      const ChainLintBounds& bounds = {});

}  // namespace cloison::verify
