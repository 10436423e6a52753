#pragma once
// What a chain of rules does with a set of packets.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/forwarding.h"
#include "core/verify/packet_set.h"

namespace cloison::verify {

/// Which of many boxes meet another one by both their ends: by their sources and then, among those of one source, by
/// their destinations, or the other way round, whichever meets fewer to begin with.
class BoxIndex {
 public:
  /// `boxes`: with the number by which each is called; several may share one.
  explicit BoxIndex(const std::vector<std::pair<PacketBox, uint32_t>>& boxes);
  /// One that is asked `by_destination` alone.
  [[nodiscard]] static BoxIndex of_destinations(const std::vector<std::pair<PacketBox, uint32_t>>& boxes);

  /// Numbers of those of which both ends meet those of one of `boxes`, ascending, each once.
  [[nodiscard]] std::vector<uint32_t> candidates(const std::vector<PacketBox>& boxes) const;
  /// The same for one box: appended, in no order.
  void candidates(const PacketBox& box, std::vector<uint32_t>& into) const;

  /// Numbers of those of which the destinations meet those of `boxes`; as above.
  [[nodiscard]] std::vector<uint32_t> by_destination(const std::vector<PacketBox>& boxes) const;

 private:
  struct Entry {
    Interval<uint128> range{};
    uint128 furthest = 0;  // highest end in the half of the tree below it
    uint32_t number = 0;
  };
  using Tree =
      std::vector<Entry>;  // sorted by their beginnings; a half is searched only if something in it reaches far enough

  /// One end first: each of its ranges once, and of each one a tree of the boxes' other ends, one behind the other.
  struct Side {
    Tree ranges{};  // numbers: of `begins`
    std::vector<std::size_t> begins{};
    Tree others{};
  };
  using End = Interval<uint128> PacketBox::*;
  using Numbered = std::vector<std::pair<PacketBox, uint32_t>>;
  BoxIndex() = default;
  static Side side_of(const Numbered& boxes, Family family, End first, End second);
  static uint128 set_furthest(Tree& tree, std::size_t begin, std::size_t end);
  static bool search(const Tree& tree, std::size_t begin, std::size_t end, const Interval<uint128>& range,
                     std::size_t most, std::vector<uint32_t>& into);
  static void search_others(const Side& side, const std::vector<uint32_t>& ranges, const Interval<uint128>& range,
                            std::vector<uint32_t>& into);

  std::array<Side, 2> by_source_{}, by_destination_{};  // for each family
};

/// A packet of a connection that begins, or of one that was let begin.
enum class ConnectionState : uint8_t { fresh, established };

struct Decided {
  static constexpr uint32_t k_no_rule = UINT32_MAX;
  uint32_t rule = k_no_rule;  ///< which decided: of its chain, or k_no_rule where none matches
  std::size_t chain = 0;      ///< 0: the filter's own; else the one behind that number of those that may stand instead
  FilterRule::Action action = FilterRule::Action::drop;
  PacketSet packets{};
};

/// What one question may cost before it is called too complex. Rules that overlap in many ways cut packets into so many
/// parts that no memory holds them.
struct FilterBounds {
  std::size_t parts = 50'000;       ///< into which one rule's packets, or what no rule decides, may fall apart
  std::size_t told = 1'000'000;     ///< parts of the answer
  std::size_t steps = 100'000'000;  ///< boxes compared
};

struct FilterQuery {
  std::string_view in{}, out{};  ///< interfaces; "" for none
  ConnectionState state = ConnectionState::fresh;
  /// Whether rules that may be there count: as accepting, and never as refusing (the most that can pass); else the
  /// other way round (the least that will).
  bool most = true;
  /// What a rule takes that only may be there goes on to the next ones as well: of translations, of which nobody knows
  /// what they make of a packet.
  bool both_ways = false;
  FilterBounds bounds{};
};

/// A chain made ready for questions. It refers to the chain, which has to live as long.
class Filter {
 public:
  explicit Filter(const FilterChain& chain);

  using Answer = std::optional<std::vector<Decided>>;  ///< nothing: it is too complex
  /// The packets that pass, by the rule that lets them. They may overlap where several rules let the same ones pass:
  /// the first of them is the one that decides.
  [[nodiscard]] Answer accepted(const PacketSet& packets, const FilterQuery& query) const;

  /// All packets by the rule that decides; disjoint if `packets` are.
  [[nodiscard]] Answer decided(const PacketSet& packets, const FilterQuery& query) const;

  [[nodiscard]] const FilterChain& chain() const { return *chain_; }
  /// The rule that decided; nullptr where none did.
  [[nodiscard]] const FilterRule* rule_of(const Decided& decided) const;

 private:
  /// Boxes of rules in their order, so that of a rule with thousands of them only those are looked at that a set meets.
  struct Boxes {
    Boxes(const FilterChain& chain, bool RuleMatch::* state);
    std::vector<std::pair<uint32_t, const PacketBox*>> all{};  ///< with the rule
    BoxIndex index{{}};
  };
  class Question;
  [[nodiscard]] Answer run(const PacketSet& packets, const FilterQuery& query, bool all) const;
  [[nodiscard]] bool add_instead(const PacketSet& packets, const FilterQuery& query, std::vector<Decided>& into) const;
  [[nodiscard]] bool keep_common(const PacketSet& packets, const FilterQuery& query, std::vector<Decided>& mine) const;

  const FilterChain* chain_;
  std::vector<Filter> instead_{};
  Boxes fresh_, established_;
};

}  // namespace cloison::verify
