#pragma once
// What a pack says of itself to people, in both languages: what it speaks of and what it leaves out, how the proof was
// made, and how to collect by hand what is there.

#include <cstdint>
#include <string>
#include <vector>

#include "core/report/term.h"

namespace cloison::ops {

struct AboutPack {
  std::string network{}, as_of{};
  uint64_t number = 1;
  report::Phrase simulated{};  // what is; "": nothing
  bool past = false, live = false;
  uint64_t first = 1, last = 0, serial = 0;  // of the log
  bool continues = true;
  report::Phrase no_difference{};       // why there is none; "": there is one
  bool in_clear = false;                // personal data as it is
  std::size_t pseudonyms = 0;           // of that many names
  std::vector<std::string> not_read{};  // providers
};
[[nodiscard]] std::string about_text(const AboutPack& about, report::Language language);
[[nodiscard]] std::string method_text(report::Language language);
[[nodiscard]] std::string collecting_text(report::Language language);

}  // namespace cloison::ops
