// What a node tells of itself: whatever the bytes, no crash, an error has a code and a hint, and each object that was
// read has the attributes of its kind.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "providers/node/counting.h"
#include "providers/node/report.h"
#include "providers/node/schema.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cloison;
  const auto report = node::parse_report({reinterpret_cast<const char*>(data), size});
  if (!report) {
    if (report.error().code != "CL5410" || report.error().hint.empty()) std::abort();
    return 0;
  }
  (void)node::facts_of(*report);
  (void)node::restored(*report);
  for (const auto& use : node::uses_of(*report))
    if (use.policy.empty()) std::abort();
  for (const auto& object : node::objects_of(*report)) {
    const auto* slots = object.attributes.as_slots();
    if (slots == nullptr || slots->size() != node::schema_of(object.kind).attributes.size()) std::abort();
    if (!object.marker) std::abort();
  }
  return 0;
}
