#pragma once
// `cloison verify` of what is not there yet: the same proof with one more of what each `for_each` makes, such as the
// next laboratory, before anybody adds it.

#include <memory>
#include <string>
#include <vector>

#include "core/ops/verify.h"

namespace cloison::ops {

/// The topology with entries more, or why not.
struct FurtherAsked {
  /// In which some are there once more: one for all, or one for each where they do not go together.
  struct World {
    std::vector<topology::Further> added{};
    topology::FurtherChoice choice{};
    std::shared_ptr<const Validated> validated{};
  };
  std::vector<World> worlds{};
  std::vector<NoFurther> none{};
};
/// `sources`: places of what is said become places of it.
[[nodiscard]] FurtherAsked ask_further(const Context& context, SourceMap& sources);
/// The same at another date; nullptr where it no longer goes.
[[nodiscard]] std::shared_ptr<const Validated> with_further(const Context& context,
                                                            const topology::FurtherChoice& choice);

/// What does not hold in `then` and holds in `now`.
[[nodiscard]] FurtherNews news_of(const Proved& now, const Proved& then);

/// CL6116: what holds now and not with one more.
[[nodiscard]] Diagnostics findings_of(const FurtherProved& further, const Proved& now, bool later);
/// CL6117: of what nobody knows, as warnings.
[[nodiscard]] Diagnostics findings_of(const std::vector<NoFurther>& none);

}  // namespace cloison::ops
