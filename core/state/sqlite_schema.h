#pragma once
// The file format: format 1, first written by 0.1.0. docs/state.md describes it for people.

#include <filesystem>

#include "core/state/sqlite_database.h"
#include "core/state/tables.h"

namespace cloison::state {

constexpr uint64_t k_application_id = 0x636C6F69;  // "cloi", at byte 68 of the file
constexpr uint64_t k_format = 1;
constexpr std::string_view k_readable_from = "0.1.0";
constexpr uint64_t k_page_size = 1024;

/// Makes the file with an empty state, complete or not at all. A file that appears in the meantime is left alone.
[[nodiscard]] Result<void> create_file(const std::filesystem::path& file, const Head& head);
/// Ours, of a format that this version reads, with exactly the tables of that format.
[[nodiscard]] Result<void> check_format(Database& database);

}  // namespace cloison::state
