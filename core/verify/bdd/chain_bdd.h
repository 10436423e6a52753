#pragma once
// What a chain of rules lets pass, as one function: folded from its last rule to its first.

#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "core/model/forwarding.h"
#include "core/verify/bdd/packet_space.h"

namespace cloison::verify {

/// In which situation a chain is asked.
struct ChainQuestion {
  std::string_view in{}, out{};  ///< interfaces; "" for none
  bool begins = true;            ///< a packet that begins a connection; else one of a connection that stands
  /// The most that may pass: rules that may be there permit and never refuse. Else the least that will: the other way
  /// round, and what a jump leads to lets nothing pass.
  bool most = true;
};

/// Remembers what it worked out: chains are referred to and have to live as long.
class Chains {
 public:
  explicit Chains(const PacketSpace& space) : space_(space) {}

  [[nodiscard]] Bdd passes(const FilterChain& chain, const ChainQuestion& question);

  /// What a chain of translations makes of packets of connections that begin, `question` being about the most that may
  /// pass. `outer`: addresses of the interface by which they leave, of which a masquerade takes the first.
  [[nodiscard]] Bdd translated(const TranslationChain& chain, const ChainQuestion& question,
                               const std::vector<IpAddress>& outer, const Bdd& packets);

 private:
  /// Of a chain by itself, whatever may stand in its place.
  [[nodiscard]] Bdd folded(const FilterChain& chain, const ChainQuestion& question);
  /// Whether a rule is about this situation at all, whatever its packets are.
  [[nodiscard]] static bool about(const RuleMatch& match, const ChainQuestion& question);
  [[nodiscard]] const Bdd& packets_of(const RuleMatch& match);
  [[nodiscard]] Bdd made(const TranslationRule& rule, const std::vector<IpAddress>& outer, const Bdd& packets) const;

  const PacketSpace& space_;
  std::map<const RuleMatch*, Bdd> matches_{};
  /// By the rules that are asked: many pairs of interfaces have the same ones.
  std::map<std::pair<const FilterChain*, std::vector<uint32_t>>, Bdd> folded_{};
};

}  // namespace cloison::verify
