#pragma once
// Why a request or a session failed.

#include <stdexcept>
#include <string>

namespace cloison::deploy_test {

/// Thrown where it happens, caught once for each request. `kind` is what failures are counted by, what() is said of the
/// first ones of each kind.
struct Failure : std::runtime_error {
  Failure(std::string of_kind, const std::string& what) : std::runtime_error(what), kind(std::move(of_kind)) {}
  std::string kind;
};

}  // namespace cloison::deploy_test
