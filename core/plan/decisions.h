#pragma once
// For every wanted resource, row and live object: what is to be done with it, and why. No order yet.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/model/plan.h"
#include "core/plan/desired.h"
#include "core/plan/differences.h"
#include "core/plan/kinds.h"
#include "core/plan/live.h"
#include "core/plan/planner.h"

namespace cloison::plan {

/// One wanted resource. What only those have that are acted upon lies behind a pointer: most are not.
struct Item {
  struct Act {
    Action action = Action::no_op;
    Reason reason = Reason::declared;
    uint32_t generation = 1;
    Value desired{};   // normalised, references unresolved
    Value resolved{};  // what of it is known
    std::vector<AttributeChange> attributes{};
    bool gap = false;
    std::string note{};
    RowKey moved_from{};  // adopt: the row whose object this becomes
    std::vector<std::string> waits_for{};
    Passage passage{};
  };
  const Resource* resource = nullptr;
  const KindInfo* kind = nullptr;
  const ResourceState* row = nullptr;
  const Observed* live = nullptr;
  std::string_view remote_id{};  // empty: known after apply
  std::unique_ptr<Act> act{};

  [[nodiscard]] Action action() const { return act ? act->action : Action::no_op; }
};

/// One row or one object without row that is to go.
struct Removal {
  const ResourceState* row = nullptr;
  const Observed* object = nullptr;  // live, where it was seen
  const KindInfo* kind = nullptr;
  std::string_view provider{};
  std::string address{};
  std::string container_address{};
  Reason reason = Reason::undeclared;
  std::optional<std::size_t> replaced_by{};  // item of the same address
  [[nodiscard]] bool unexpected() const { return row == nullptr; }
  [[nodiscard]] const Value& attributes() const { return row != nullptr ? row->applied : object->attributes; }
};

class Decisions final : public References {
 public:
  Decisions(const PlanInput& input, const KindTable& kinds, const DesiredGraph& graph);
  /// Fills everything below. False after an error.
  [[nodiscard]] bool decide();

  [[nodiscard]] Resolved resolve(const Ref& ref) const override;

  std::vector<Item> items{};
  std::vector<Removal> removals{};
  std::vector<Drift> drift{};
  std::vector<ResourceState> observed_updates{};
  Diagnostics notes{};

 private:
  void bind_rows();
  void bind_row(const ResourceState& row);
  void decide_item(Item& item);
  void decide_kept(Item& item);
  void decide_missing(Item& item, Reason reason);
  void adopt(Item& item, const Observed& live);
  [[nodiscard]] bool rename(Item& item, const Value& resolved);
  Item::Act& act(Item& item, Action action, Reason reason);
  void replace(Item& item, Reason reason);
  void go_through(Item& item);
  void take_over(Item& item, const Value& observed);
  void find_removals();
  void find_unexpected();
  void note_drift(const Item& item, Drift::What what, std::vector<AttributeChange> attributes, bool mended);
  [[nodiscard]] uint32_t next_generation(std::string_view address) const;
  [[nodiscard]] std::vector<std::string> needs_of(const Item& item) const;

  const PlanInput* input_;
  const KindTable* kinds_;
  const DesiredGraph* graph_;
  LiveIndex live_;
  /// Live object of each row that has one and is no item's.
  std::unordered_map<const ResourceState*, const Observed*> seen_{};
  /// Rows to be removed whose object may live on under another address, by natural identity.
  std::unordered_map<std::string, const ResourceState*> renameable_{};
  std::unordered_set<const ResourceState*> renamed_{};
  std::vector<const ResourceState*> leaving_{};
};

}  // namespace cloison::plan
