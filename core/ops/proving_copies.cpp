// Where copies and logs of classified data go.

#include <algorithm>
#include <functional>
#include <set>

#include "core/ops/proving_places.h"

namespace cloison::ops {

namespace {

using verify::Place;

class Copies {
 public:
  Copies(const topology::Resolved& resolved, std::vector<Place>& places)
      : places_(places), names_(groups_of(*resolved.topology)) {}

  /// What `of` means leaves its class of data at each place that `to` means. `of` not written: every machine.
  void mark(const topology::Selector& of, const topology::Selector& to, std::vector<std::string> Place::* into) {
    const auto from = place_selector(of), towards = place_selector(to);
    const bool relative = names_.relative(towards);
    std::set<std::string> classes;
    for (const auto& source : places_) {
      const bool meant = of.written() ? names_.means(from, source) : source.kind == Place::Kind::host;
      if (!meant || source.data.empty() || source.external) continue;
      if (relative)
        add_to(towards, {source.data}, &source, into);
      else
        classes.insert(source.data);
    }
    if (!classes.empty()) add_to(towards, classes, nullptr, into);
  }

 private:
  void add_to(const verify::PlaceSelector& towards, const std::set<std::string>& classes, const Place* source,
              std::vector<std::string> Place::* into) {
    for (auto& place : places_) {
      if (place.external || place.kind == Place::Kind::user || !names_.means(towards, place, source)) continue;
      auto& kept = place.*into;
      for (const auto& one : classes)
        if (std::find(kept.begin(), kept.end(), one) == kept.end()) kept.push_back(one);
    }
  }

  std::vector<Place>& places_;
  verify::PlaceNames names_;
};

}  // namespace

void mark_copies(const topology::Resolved& resolved, std::vector<Place>& places) {
  Copies copies(resolved, places);
  for (const auto& backup : resolved.topology->backups) copies.mark(backup.of, backup.to, &Place::copies);
  for (const auto& entry : resolved.topology->infrastructure)
    if (entry.name == "logs") copies.mark(entry.for_whom, entry.servers, &Place::logs);
}

}  // namespace cloison::ops
