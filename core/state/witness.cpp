#include "core/state/witness.h"

#include <charconv>

#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/base/strings.h"
#include "core/state/files.h"

namespace cloison::state {

namespace {
std::string line_of(const Witness& witness) {
  const std::string content = fmt::format("{} {:020}", witness.lineage, witness.serial);
  return fmt::format("{} {}\n", content, sha256_hex(content));
}
}  // namespace

std::filesystem::path witness_path(const std::filesystem::path& state) {
  return state.string() + ".serial";
}

std::optional<Witness> read_witness(const std::filesystem::path& state) {
  constexpr std::size_t k_limit = 1024;
  const auto text = read_small(witness_path(state), k_limit);
  const auto words = text ? split(*text, ' ') : std::vector<std::string_view>{};
  if (words.size() != 3) return std::nullopt;
  Witness witness{.lineage = std::string(words[0])};
  std::from_chars(words[1].data(), words[1].data() + words[1].size(), witness.serial);
  return line_of(witness) == *text ? std::optional(std::move(witness)) : std::nullopt;
}

void write_witness(const std::filesystem::path& state, const Witness& witness) {
  if (const auto file = PrivateFile::open(witness_path(state))) file->overwrite(line_of(witness));
}

}  // namespace cloison::state
