// cloison.lock: whatever the bytes, no crash, every error has a code and a hint, and what was read without error is
// written and read again as the same.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/topology/lock_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cloison;
  SourceMap sources;
  const auto lock = topology::parse_lock("cloison.lock", {reinterpret_cast<const char*>(data), size}, sources);
  for (const Diagnostic& note : lock.notes) {
    if (note.code.size() != 6 || note.hint.empty()) std::abort();
  }
  if (!lock.value || has_errors(lock.notes)) return 0;
  SourceMap other;
  const auto again = topology::parse_lock("cloison.lock", topology::to_text(*lock.value), other);
  if (!again.value || has_errors(again.notes) || again.value->entries != lock.value->entries ||
      again.value->lineage != lock.value->lineage) {
    std::abort();
  }
  return 0;
}
