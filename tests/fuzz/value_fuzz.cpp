// Values at the borders: whatever the bytes, no crash; what was read is written and read again as the same.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/model/value_json.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cloison;
  const auto value = value_from_json({reinterpret_cast<const char*>(data), size});
  if (!value) return 0;
  const auto again = value_from_json(to_json(*value));
  if (!again || to_json(*again) != to_json(*value)) std::abort();
  return 0;
}
