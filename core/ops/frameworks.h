#pragma once
// Frameworks of controls: YAML files with numbers, our own words, and what is looked at for each control. Some come
// with the program (templates/frameworks), others are a file of the user's (docs/compliance.md).

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/base/source_map.h"
#include "core/report/term.h"

namespace cloison::ops {

/// What is to be looked at, and how: "reviewed" with "months" -> {"6"}.
struct Lookup {
  std::string name{};
  std::map<std::string, std::vector<std::string>, std::less<>> settings{};
  /// "reviewed, months: 6": alike is what is looked at once.
  [[nodiscard]] std::string id() const;
  /// The values of a setting; none when it is not written.
  [[nodiscard]] std::span<const std::string> values(std::string_view setting) const;
};

struct Control {
  std::string id{};
  report::Phrase title{}, asks{}, by_hand{};
  std::vector<Lookup> lookups{};
};

struct Framework {
  std::string id{}, version{};
  report::Phrase title{}, about{};
  std::vector<Control> controls{};
};

/// Ids of those that come with the program, in order.
[[nodiscard]] std::vector<std::string_view> frameworks_known();

/// Those of these names: an id of `frameworks_known`, or a file. None named: all known. Every finding at once: CL7401
/// there is none of that name; CL7402 what is to be looked at is not known, or not set so; CL7403 an id twice; and what
/// YAML and shapes are refused for (CL10xx, CL11xx).
[[nodiscard]] Checked<std::vector<Framework>> read_frameworks(const std::vector<std::string>& names,
                                                              SourceMap& sources);

}  // namespace cloison::ops
