#pragma once
// A report on paper: its pages as HTML, and WeasyPrint that makes a PDF of them.

#include <functional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/report/document.h"

namespace cloison::report {

/// What is too long for paper and goes with it as a file.
struct Attachment {
  std::string name{}, bytes{};  // "rules.csv"
};

/// Tables with more rows are counted by their filters, and attached.
inline constexpr std::size_t k_most_paper_rows = 3000;

/// Pages for WeasyPrint 57.2 and later: they name no other resource.
[[nodiscard]] std::string paper_html(const Report& report, Language language);

/// A report of one table as CSV: write_csv.
using CsvWriter = std::function<std::string(const Report&, Language)>;
[[nodiscard]] std::vector<Attachment> attachments_of(const Report& report, Language language, const CsvWriter& csv);

/// Runs `program` (WeasyPrint) without a shell, in a folder of its own that is gone afterwards. Errors: CL7001 where
/// there is none, CL7002 where it failed.
[[nodiscard]] Result<std::string> pdf_of(const Report& report, Language language, const CsvWriter& csv,
                                         const std::string& program = "weasyprint");

}  // namespace cloison::report
