#pragma once
// The report `matrix`: what can reach what, zone by zone and site by site, as the proof found it.

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/report/document.h"

namespace cloison::report {

/// What passes from one to another.
struct Passing {
  std::set<std::string> services{}, reasons{};  // "tcp/443"; flows, or rules where no flow asks for it
  std::size_t pairs = 0;                        // of places
  bool beyond = false;                          // some of it nobody asked for
};
using PassingByEnds = std::map<std::pair<std::string, std::string>, Passing>;

struct MatrixData {
  Heading heading{};
  std::vector<std::string> zones{}, sites{};
  PassingByEnds by_zone{}, by_site{};
  std::vector<Phrase> not_known{};
};

[[nodiscard]] Report matrix_report(MatrixData data);

}  // namespace cloison::report
