#include "core/base/environment.h"

#include <cstdlib>

namespace cloison {

std::optional<std::string> environment_variable(const std::string& name) {
  const char* text = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): nobody sets the environment
  return text == nullptr ? std::nullopt : std::optional<std::string>(text);
}

}  // namespace cloison
