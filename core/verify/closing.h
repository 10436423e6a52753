#pragma once
// The edit of one rule that closes a passage, and what would no longer pass with it: tried in the model, not guessed.

#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "core/verify/proof.h"
#include "core/verify/wanted.h"

namespace cloison::verify {

/// What is done to a rule, and what comes of it.
struct ClosingEdit {
  std::size_t leap = 0;               ///< of the finding's way: whose rule it is
  bool whole = false;                 ///< the rule goes; else it loses `taken`
  PacketSet taken{};                  ///< as they are at that rule
  std::vector<std::string> breaks{};  ///< ids of pairs that pass now and would not, and of guarantees that promise it
};

class Closing {
 public:
  /// `findings`: those that will be asked about. World and input have to live as long.
  Closing(const World& world, const ProofInput& input, const std::vector<const Finding*>& findings);
  ~Closing();
  Closing(const Closing&) = delete;
  Closing& operator=(const Closing&) = delete;

  /// The edit that breaks the fewest, and of these one that takes a whole rule; nothing where none closes it by itself.
  [[nodiscard]] std::optional<ClosingEdit> of(const Finding& finding) const;
  /// What one edit breaks; nothing where packets of the finding still pass with it.
  [[nodiscard]] std::optional<std::vector<std::string>> tried(const Finding& finding, const ClosingEdit& edit) const;

 private:
  /// Where a rule is and how it is told from others. Cards' filters are groups' rules, which many have: "" for these.
  using Key = std::tuple<std::string, std::string, std::string>;
  [[nodiscard]] static Key key_of(const Leap& leap);
  [[nodiscard]] static bool decides(const Leap& leap);
  void note_uses(const std::vector<const Finding*>& findings);
  [[nodiscard]] World edited(const Leap& leap, const ClosingEdit& edit) const;
  [[nodiscard]] bool closes(const World& left, const Finding& finding) const;
  [[nodiscard]] std::vector<std::string> broken(const World& left, const Leap& leap) const;

  const World& world_;
  PlaceIndex index_;
  std::vector<Wanted> asked_{};  // and behind them what guarantees promise
  WantedIndex wanted_;
  std::vector<Source> sources_{};
  std::vector<WantedResult> now_{};
  std::map<Key, std::set<uint32_t>> uses_{};             // of each rule, the pairs that it lets pass
  std::map<uint32_t, std::set<std::size_t>> senders_{};  // of these, into sources_
};

}  // namespace cloison::verify
