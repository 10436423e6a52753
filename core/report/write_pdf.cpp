#include "core/report/pdf.h"
#include "core/report/writers.h"

namespace cloison::report {

Result<std::string> write_pdf(const Report& report, Language language) {
  return pdf_of(report, language, write_csv);
}

}  // namespace cloison::report
