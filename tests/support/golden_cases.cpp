#include "tests/support/golden_cases.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "core/base/strings.h"

namespace cloison::test_support {

namespace fs = std::filesystem;

std::string content_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::vector<fs::path> golden_cases(std::string_view name) {
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(fs::path(CLOISON_SOURCE_DIR) / "tests/golden" / name))
    if (entry.is_directory()) folders.push_back(entry.path());
  std::sort(folders.begin(), folders.end());
  return folders;
}

std::string expected_of(const fs::path& folder, const std::string& text) {
  const auto file = folder / "expected.txt";
  if (std::getenv("CLOISON_ACCEPT") != nullptr) std::ofstream(file, std::ios::binary) << text;
  return content_of(file);
}

std::string case_name(const fs::path& folder) {
  std::string name = folder.filename().string();
  std::replace_if(name.begin(), name.end(), [](char c) { return !is_letter_or_digit(c); }, '_');
  return name;
}

}  // namespace cloison::test_support
