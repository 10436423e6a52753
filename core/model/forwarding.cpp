#include "core/model/forwarding.h"

#include <algorithm>

namespace cloison {

bool InterfaceMatch::matches(const std::string& interface) const {
  if (names.empty()) return true;
  return (std::find(names.begin(), names.end(), interface) != names.end()) != inverted;
}

}  // namespace cloison
