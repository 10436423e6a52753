#include "core/state/missing_state.h"

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/state/errors.h"
#include "core/state/files.h"
#include "core/state/sqlite_schema.h"

namespace cloison::state {

namespace {

constexpr std::string_view k_elsewhere =
    "name the state: --state PATH, or rebuild it from what the platforms have: `cloison state recover`";

Diagnostic no_state(std::string summary, std::string detail, std::string hint) {
  return {.kind = ErrorKind::state,
          .code = "CL4001",
          .summary = std::move(summary),
          .detail = std::move(detail),
          .hint = std::move(hint)};
}

Diagnostic cut(std::string detail) {
  return {.kind = ErrorKind::state,
          .code = "CL4002",
          .summary = "the state file was emptied or cut short",
          .detail = std::move(detail),
          .hint = std::string(back_or_rebuilt())};
}

/// In bytes; 0 when it is not there.
uint64_t size_of(const std::filesystem::path& file) {
  std::error_code missing;
  const auto size = std::filesystem::file_size(file, missing);
  return missing ? 0 : static_cast<uint64_t>(size);
}

/// What the header of a SQLite file says of its size (file format, 1.3: magic text at byte 0, pages at byte 28,
/// big-endian), when that is more than there is.
std::optional<Diagnostic> cut_short(const std::filesystem::path& file) {
  constexpr std::string_view k_magic{"SQLite format 3\0", 16};
  constexpr std::size_t k_pages = 28;
  const auto header = read_small(file, k_pages + 4);
  if (!header || header->size() != k_pages + 4 || !header->starts_with(k_magic)) return std::nullopt;
  uint64_t pages = 0;
  for (const char byte : header->substr(k_pages)) pages = pages << 8U | static_cast<uint8_t>(byte);
  const uint64_t size = size_of(file);
  if (size >= pages * k_page_size) return std::nullopt;
  return cut(fmt::format("It has {} bytes and should have {}.", size, pages * k_page_size));
}

std::filesystem::path write_ahead_log(const std::filesystem::path& file) {
  return file.string() + "-wal";
}

}  // namespace

Result<void> may_create(const SqliteOptions& options) {
  const auto witness = read_witness(options.file);
  if (options.create && options.recovering) return {};
  if (witness)
    return fail(
        no_state("the state file is gone",
                 fmt::format("State {} was here, up to commit {}.", printable(witness->lineage), witness->serial),
                 "put the file back, or rebuild it from what the platforms have: `cloison state recover`"));
  if (size_of(write_ahead_log(options.file)) != 0)
    return fail(no_state("the state file is gone", "Only its write-ahead log is still there.",
                         "put the file back, or rebuild it from what the platforms have: `cloison state recover`"));
  if (options.create) return {};
  std::error_code ignored;
  const auto simulated = options.file.parent_path() / "sandbox" / options.file.filename();
  if (!options.sandbox && std::filesystem::exists(simulated, ignored))
    return fail(no_state("only the sandbox has a state here",
                         "If something was applied for real, its state is elsewhere; if not, there is none yet.",
                         "add --sandbox; or name the real state: --state PATH; or begin it: `cloison plan`"));
  if (!options.expected_lineage.empty())
    return fail(no_state("the state is elsewhere",
                         fmt::format("cloison.lock names state {}, and there is no state file here.",
                                     printable(options.expected_lineage)),
                         std::string(k_elsewhere)));
  return fail(no_state("there is no state yet", "Nothing was applied from here.",
                       "`cloison plan` makes one; or name another: --state PATH"));
}

void remove_traces(const std::filesystem::path& file) {
  std::error_code ignored;
  std::filesystem::remove(write_ahead_log(file), ignored);
  std::filesystem::remove(file.string() + "-shm", ignored);
  std::filesystem::remove(witness_path(file), ignored);
}

Result<void> check_size(const std::filesystem::path& file) {
  const uint64_t size = size_of(file);
  if (size < k_page_size)
    return fail(cut(fmt::format("It has {} bytes; the smallest state has more than {}.", size, k_page_size)));
  // While a write-ahead log is being copied into the file, the header may run ahead of the size.
  if (size_of(write_ahead_log(file)) != 0) return {};
  auto shortage = cut_short(file);
  if (!shortage || size_of(write_ahead_log(file)) != 0) return {};
  return fail(*std::move(shortage));
}

Diagnostic explained(Diagnostic why, const std::filesystem::path& file) {
  if (why.code != "CL4003") return why;
  return cut_short(file).value_or(std::move(why));
}

Result<void> check_identity(const Head& head, const SqliteOptions& options, const std::optional<Witness>& witness) {
  if (!options.expected_lineage.empty() && head.lineage != options.expected_lineage)
    return fail({.kind = ErrorKind::state,
                 .code = "CL4004",
                 .summary = "the state belongs to another topology",
                 .detail = fmt::format("It is state {}; cloison.lock names {}.", printable(head.lineage),
                                       printable(options.expected_lineage)),
                 .hint = "name the right file: --state PATH, or put back the cloison.lock that belongs to this one"});
  if (head.sandbox != options.sandbox)
    return fail({.kind = ErrorKind::state,
                 .code = "CL4008",
                 .summary = head.sandbox ? "the state is one of the sandbox" : "the state is a real one",
                 .detail = "A sandbox run and a real run never share a state.",
                 .hint = head.sandbox ? "add --sandbox, or leave out --state" : "leave out --state, or --sandbox"});
  if (witness && witness->lineage == head.lineage && witness->serial > head.serial)
    return fail(
        {.kind = ErrorKind::state,
         .code = "CL4005",
         .summary = "the state has gone back in time",
         .detail = fmt::format("It is at commit {}, but commit {} was written here: an older copy was put in "
                               "its place, or its write-ahead log (-wal) is missing or damaged.",
                               head.serial, witness->serial),
         .hint = fmt::format("put the newest copy back, or rebuild it: mv 'STATE' 'STATE.old', then `cloison state "
                             "recover`; to go on with this older one all the same: rm '{}'",
                             printable(witness_path(options.file).string()))});
  return {};
}

}  // namespace cloison::state
