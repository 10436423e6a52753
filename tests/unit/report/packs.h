#pragma once
// Packs for tests: made with a key of their own, taken apart, put together again otherwise.

#include <string>
#include <utility>
#include <vector>

#include "core/report/check_pack.h"
#include "core/report/pack.h"

namespace cloison::report {

/// The same pair each time for the same name.
[[nodiscard]] Signer signer_named(const std::string& name);
[[nodiscard]] PackRequest clinic_request();
[[nodiscard]] std::string made(const PackRequest& request, const Signer& signer);

/// A tar's entry with what a header may say of it.
struct TarPart {
  std::string path{}, bytes{};
  char type = '0';
  int64_t mtime = 1'795'341'600;  // that of `clinic_request`
};
using Parts = std::vector<TarPart>;
[[nodiscard]] Parts parts_of(const std::string& archive);
[[nodiscard]] std::string tar_of(const Parts& parts);
[[nodiscard]] std::string gzip_of(const std::string& bytes);
[[nodiscard]] inline std::string archive_of_parts(const Parts& parts) {
  return gzip_of(tar_of(parts));
}
[[nodiscard]] TarPart& part(Parts& parts, std::string_view path);
/// Brings MANIFEST.sha256 up to what is there, and signs it.
void list_and_sign(Parts& parts, const Signer& signer);

/// "CL7113 reports/rules.csv" of each finding.
[[nodiscard]] std::vector<std::string> told(const PackCheck& check);

}  // namespace cloison::report
