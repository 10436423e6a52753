#pragma once
// A program of the user's that is given bytes and answers some: started by its words, no shell reads them.

#include <chrono>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace cloison::report {

struct ProgramLimits {
  std::chrono::milliseconds time{120'000};      // a person may have to touch a token
  std::size_t output = std::size_t{64} << 10U;  // bytes, of each stream
  std::stop_token stop{};
};

struct ProgramSaid {
  int status = 0;  // 128 + signal where one ended it
  std::string output{}, errors{};
};

/// "hsm-sign --label 'audit key'" -> its three words. Blanks part words; within '…' and "…" they do not, and nothing
/// else means anything. nullopt: a quote is left open, or there is no word.
[[nodiscard]] std::optional<std::vector<std::string>> words_of_command(std::string_view text);

/// `input` is a file in memory for it, so programs that ask for a file's size work with /dev/stdin. It keeps the
/// terminal, to ask for a PIN. Errors: not_found there is no such program; timeout; cancelled; internal.
[[nodiscard]] Result<ProgramSaid> run_program(const std::vector<std::string>& words, std::string_view input,
                                              const ProgramLimits& limits);

}  // namespace cloison::report
