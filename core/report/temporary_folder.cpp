#include "core/report/temporary_folder.h"

#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace cloison::report {

tl::expected<TemporaryFolder, std::string> TemporaryFolder::make() {
  std::error_code error;
  auto path = (std::filesystem::temp_directory_path(error) / "cloison-report-XXXXXX").native();
  if (!error && ::mkdtemp(path.data()) != nullptr) return TemporaryFolder(std::move(path));
  return tl::unexpected((error ? error : std::error_code(errno, std::generic_category())).message());
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace cloison::report
