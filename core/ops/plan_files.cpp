#include "core/ops/plan_files.h"

#include "core/base/strings.h"
#include "core/ops/files.h"

namespace cloison::ops {

Result<plan::PlanFile> read_plan_file(const std::filesystem::path& file) {
  constexpr std::size_t k_most_bytes = 1U << 30U;
  const auto bytes = read_file(file, k_most_bytes);
  if (!bytes) return fail(bytes.error());
  return plan::read_file(*bytes);
}

Result<void> check_seal(state::StateStore& store, const plan::PlanFile& planned, const std::filesystem::path& file) {
  const auto seal = store.sealed(planned.body);
  if (!seal) return fail(seal.error());
  if (*seal == planned.seal) return {};
  return fail({.kind = ErrorKind::state,
               .code = "CL3110",
               .summary = "the plan file is not one that this state sealed",
               .detail = "Its content was changed after it was written, or the state was made anew since.",
               .hint = "make a new one: " + planned_again(file)});
}

std::string planned_again(const std::filesystem::path& file) {
  return "`cloison plan -o " + printable(file.string()) + "`";
}

}  // namespace cloison::ops
