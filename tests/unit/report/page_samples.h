#pragma once
// Reports as pages are tried on: the rules of a health network, small and large, with harmless and hostile names.

#include <cstddef>
#include <string>

#include "core/report/document.h"

namespace cloison::report {

struct SampleSize {
  std::size_t rows = 60, sites = 3, zones = 5;
};

/// One table "rules" of `rows` rows whose keys are R-000001 and following, a matrix, a drawing and facts.
[[nodiscard]] Report sample_report(const SampleSize& size);
/// The same shape with names that would run, hide or overflow where they were let.
[[nodiscard]] Report hostile_report();
/// CSV enough to be attached, where the writer of CSV is not what is tried.
[[nodiscard]] std::string plain_csv(const Report& report, Language language);

}  // namespace cloison::report
