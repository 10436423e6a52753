#include "cli/memory.h"

#include <cstdint>
#include <cstdlib>
#include <memory>

#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

namespace cloison::cli {

// NOLINTBEGIN(concurrency-mt-unsafe,cppcoreguidelines-no-malloc,performance-no-int-to-ptr): called once, before any
// thread is there, to tell glibc's own heap how to grow.
void prepare_for_large_heap() noexcept {
#ifdef __GLIBC__
  constexpr int k_reserve = 1 << 30;  // bytes of address space, not of memory
  constexpr std::size_t k_trigger = 1U << 20U;
  constexpr uintptr_t k_huge = 2U << 20U;  // a huge page of x86-64 and arm64
  mallopt(M_MMAP_THRESHOLD, k_reserve);
  mallopt(M_TRIM_THRESHOLD, k_reserve);
  mallopt(M_ARENA_MAX, 1);
  // Small pieces join their neighbours at once. Kept apart, all of them are gone through whenever something large is
  // freed, which taking a network apart does thousands of times.
  mallopt(M_MXFAST, 0);
  mallopt(M_TOP_PAD, k_reserve);
  const auto before = reinterpret_cast<uintptr_t>(::sbrk(0));
  // The allocation makes the heap grow by the reserve; its own bytes are never touched.
  const std::unique_ptr<void, decltype(&std::free)> trigger(std::malloc(k_trigger), &std::free);
  const auto after = reinterpret_cast<uintptr_t>(::sbrk(0));
  const auto first = (before + k_huge - 1) / k_huge * k_huge;
  if (after > first) ::madvise(reinterpret_cast<void*>(first), after - first, MADV_HUGEPAGE);
  mallopt(M_TOP_PAD, static_cast<int>(k_huge) * 32);
#endif
}
// NOLINTEND(concurrency-mt-unsafe,cppcoreguidelines-no-malloc,performance-no-int-to-ptr)

}  // namespace cloison::cli
