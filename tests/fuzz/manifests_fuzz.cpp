// Manifests of Kubernetes: whatever the bytes, no crash and no hang, every error has a code and a hint, and what was
// read can be asked.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "core/manifests/manifests.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cloison;
  manifests::Manifests into;
  const auto done = manifests::read("manifests.yaml", {reinterpret_cast<const char*>(data), size}, into);
  if (!done && (done.error().code.size() != 6 || done.error().hint.empty())) std::abort();
  uint128 number = 0;
  for (auto& pods : into.pods) pods.addresses = {{Family::ipv4, ++number}, {Family::ipv6, number}};
  const auto forwarding = manifests::forwarding_of(into);
  if (forwarding.ports.size() != into.pods.size()) std::abort();
  return 0;
}
