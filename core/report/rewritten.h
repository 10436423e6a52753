#pragma once
// A report in which other words stand for some: every text that is data goes through a function; terms, numbers and
// dates stay.

#include <functional>
#include <string>
#include <string_view>

#include "core/report/document.h"

namespace cloison::report {

using Rewriting = std::function<std::string(std::string_view)>;
/// The same text must always become the same: cells lead to others by what these hold.
[[nodiscard]] Report rewritten(Report report, const Rewriting& rewriting);

}  // namespace cloison::report
