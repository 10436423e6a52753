#pragma once
// What a command found, as services that keep findings read it (SARIF 2.1.0).

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/source_map.h"

namespace cloison::report {

/// Something that ought not to be.
struct Found {
  enum class Level : uint8_t { note, warning, error };
  std::string code{};  // "CL6143"
  Level level = Level::error;
  std::string summary{}, detail{}, hint{};
  std::vector<std::string> context{};
  std::string about{};  // address of a resource or path of what is declared; "": the network
  /// What tells it from other findings of its code, as long as it is the same one: names, never lines and numbers.
  std::string same{};
  std::size_t count = 1;              // so many are alike
  std::vector<std::string> others{};  // what some of these are about
  SpanId where = 0;
  std::vector<std::pair<SpanId, std::string>> related{};
};

struct FoundRun {
  std::string command{}, version{};
  std::string network{};  // the topology's name
  bool live = false;      // of what is there
  bool simulated = false;
  bool looked = true;  // false: it could not look, so that nothing found says nothing
  int exit_status = 0;
  std::vector<std::string> not_part{};  // what was not looked at
  std::vector<Found> found{};
};

/// The page on a code (docs/errors); "" where there is none.
using PageOf = std::function<std::string_view(std::string_view code)>;

/// The same run gives the same bytes, whatever the order in which things were found.
[[nodiscard]] std::string write_sarif(const FoundRun& run, const SourceMap& sources, const PageOf& page_of);

}  // namespace cloison::report
