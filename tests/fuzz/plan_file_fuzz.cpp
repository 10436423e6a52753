// A saved plan: whatever the bytes, no crash, a refusal has a code and a hint, and what was read is written and read
// again as the same plan.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/plan/planner.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cloison;
  const auto read = plan::read_file({reinterpret_cast<const char*>(data), size});
  if (!read) {
    if (read.error().code.size() != 6 || read.error().hint.empty()) std::abort();
    return 0;
  }
  const std::string written = plan::to_file(read->plan, read->seal);
  const auto again = plan::read_file(written);
  if (!again || again->seal != read->seal || plan::to_file(again->plan, again->seal) != written) std::abort();
  static_cast<void>(plan::moved_since(read->plan, {}));
  return 0;
}
