#pragma once
// Decisions -> steps that may run in any order their edges allow (engine decision 5).
//
// Three layers. *Early* removals make room: some new object cannot stand beside the old one. Then creates, adoptions
// and updates, targets first. *Late* removals come last: after the new object, after everything that turned away from
// the old one, and after the new content of the same closed container. An early removal still waits for every step that
// does not itself wait for an early removal, so that a gap is as short as it can be and a failure before it opens none.

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/plan/decisions.h"

namespace cloison::plan {

class Ordering {
 public:
  Ordering(Decisions& decisions, const DesiredGraph& graph);
  /// Fills `steps`, in no order yet.
  void arrange();
  /// Keeps the steps of these addresses and what they rest on; returns the addresses that are kept.
  [[nodiscard]] std::set<std::string> keep_only(const std::set<std::string>& chosen);
  /// Leaves out the steps of these providers and all that waits for one of them; returns what was left out: address ->
  /// provider that it waits for.
  [[nodiscard]] std::map<std::string, std::string> leave_out(const std::map<std::string, Diagnostic>& providers);
  /// Puts `steps` into an order that respects their edges; false when these close a circle, which is a bug.
  [[nodiscard]] bool number_steps();

  std::vector<Step> steps{};

 private:
  static constexpr uint32_t k_none = UINT32_MAX;
  struct Room {  // what a removal frees, for overlaps
    IpPrefix prefix;
    uint32_t removal = 0;
  };

  void make_item_steps();
  void take_turns();
  void order_passages();
  void make_removal_steps();
  void link_removals();
  void break_circles();
  void find_waits();
  void wait_for(uint32_t item, uint32_t removal);
  void spread_taint();
  void find_early();
  void link_items_to_removals();
  void candidate(uint32_t removal, uint32_t item, bool soft);
  void order_closed_content();
  [[nodiscard]] std::vector<uint32_t> ranks(bool with_wishes);
  void keep_steps(const std::vector<bool>& kept);

  Decisions* decisions_;
  const DesiredGraph* graph_;
  std::vector<uint32_t> first_step_{}, last_step_{};                       // by item
  std::vector<uint32_t> removal_step_{};                                   // by removal
  std::unordered_map<std::string_view, std::vector<uint32_t>> removed_{};  // by address of the row
  std::vector<std::vector<uint32_t>> dependents_{};                        // by removal: removals that come first
  std::vector<std::pair<uint32_t, uint32_t>> waits_{};                     // item, removal
  std::vector<bool> tainted_{};                        // by item: it waits for an early removal, directly or not
  std::vector<bool> early_{};                          // by removal
  std::vector<std::pair<uint32_t, uint32_t>> soft_{};  // step, step that it comes after if both are kept
};

}  // namespace cloison::plan
