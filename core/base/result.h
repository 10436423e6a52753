#pragma once
// The two ways in which a function reports failure: I/O has one cause (Result), validation collects all of them
// (Checked).

#include <optional>
#include <utility>

#include <tl/expected.hpp>

#include "core/base/diagnostic.h"

namespace cloison {

template <class T>
using Result = tl::expected<T, Diagnostic>;

[[nodiscard]] inline tl::unexpected<Diagnostic> fail(Diagnostic why) {
  return tl::unexpected<Diagnostic>(std::move(why));
}

/// `value` is there when it is usable; `notes` may hold warnings beside a value.
template <class T>
struct Checked {
  std::optional<T> value{};
  Diagnostics notes{};
  [[nodiscard]] bool ok() const { return value.has_value() && !has_errors(notes); }
};

}  // namespace cloison
