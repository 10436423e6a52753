#pragma once
// How the heap of a command that holds a whole network grows.

namespace cloison::cli {

/// Lets the heap grow in one large piece backed by huge pages: a plan of 10 000 resources then spends half the time,
/// since most of what small pages cost is the kernel's work at first touch. Untouched memory costs nothing. Does
/// nothing where the system refuses.
void prepare_for_large_heap() noexcept;

}  // namespace cloison::cli
