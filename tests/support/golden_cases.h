#pragma once
// Golden cases: the folders under tests/golden/NAME, each with what goes in and `expected.txt`, what comes out.
// CLOISON_ACCEPT=1 writes expected.txt anew.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace cloison::test_support {

[[nodiscard]] std::string content_of(const std::filesystem::path& file);
/// Sorted by name.
[[nodiscard]] std::vector<std::filesystem::path> golden_cases(std::string_view name);
/// What stands in the case's expected.txt; with CLOISON_ACCEPT `text`, after writing it there.
[[nodiscard]] std::string expected_of(const std::filesystem::path& folder, const std::string& text);
/// The folder's name as GoogleTest takes it.
[[nodiscard]] std::string case_name(const std::filesystem::path& folder);

}  // namespace cloison::test_support
