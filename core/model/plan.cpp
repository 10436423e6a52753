#include "core/model/plan.h"

#include <algorithm>

namespace cloison {

std::string_view drift_name(Drift::What what) {
  switch (what) {
    case Drift::What::changed:
      return "changed";
    case Drift::What::missing:
      return "missing";
    case Drift::What::unexpected:
      return "unexpected";
    case Drift::What::expired:
      return "expired";
  }
  return "";
}

std::string_view role_name(WrittenFile::Role role) {
  using Role = WrittenFile::Role;
  switch (role) {
    case Role::topology:
      return "topology";
    case Role::overlay:
      return "overlay";
    case Role::table:
      return "table";
    case Role::service_file:
      return "service_file";
    case Role::lock:
      return "lock";
    case Role::flows:
      return "flows";
  }
  return "";
}

std::string_view action_name(Action action) {
  switch (action) {
    case Action::no_op:
      return "no-op";
    case Action::create:
      return "create";
    case Action::update:
      return "update";
    case Action::replace:
      return "replace";
    case Action::remove:
      return "remove";
    case Action::adopt:
      return "adopt";
    case Action::forget:
      return "forget";
  }
  return "unknown";
}

std::string_view reason_name(Reason reason) {
  switch (reason) {
    case Reason::declared:
      return "declared";
    case Reason::undeclared:
      return "undeclared";
    case Reason::attribute_changed:
      return "attribute_changed";
    case Reason::cannot_update:
      return "cannot_update";
    case Reason::interrupted:
      return "interrupted";
    case Reason::requested:
      return "requested";
    case Reason::drifted:
      return "drifted";
    case Reason::missing:
      return "missing";
  }
  return "unknown";
}

std::string_view verb_name(Step::Verb verb) {
  switch (verb) {
    case Step::Verb::create:
      return "create";
    case Step::Verb::update:
      return "update";
    case Step::Verb::remove:
      return "remove";
    case Step::Verb::adopt:
      return "adopt";
    case Step::Verb::forget:
      return "forget";
  }
  return "unknown";
}

PlanSummary Plan::summary() const {
  PlanSummary sum;
  for (const auto& change : changes) switch (change.action) {
      case Action::no_op:
        break;
      case Action::create:
        ++sum.create;
        break;
      case Action::update:
        ++sum.update;
        break;
      case Action::replace:
        ++sum.replace;
        break;
      case Action::remove:
        ++sum.remove;
        break;
      case Action::adopt:
        ++sum.adopt;
        break;
      case Action::forget:
        ++sum.forget;
        break;
    }
  return sum;
}

bool PlannedReach::opens() const {
  return std::any_of(changes.begin(), changes.end(), [](const ReachChange& one) { return one.opens; });
}

bool PlannedReach::breaks() const {
  return std::any_of(guarantees.begin(), guarantees.end(),
                     [](const PlannedGuarantee& one) { return one.verdict == PlannedGuarantee::Verdict::broken; });
}

}  // namespace cloison
