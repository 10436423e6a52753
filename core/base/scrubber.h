#pragma once
// The second net under secrets: whatever text leaves the program passes through here.

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/secret.h"

namespace cloison {

/// Replaces every known secret (also its JSON-escaped, URL-encoded and Base64 forms) by "[secret]". Thread-safe.
class Scrubber {
 public:
  /// Values shorter than four bytes are not kept: they would blot out ordinary text.
  void add(const Secret& secret);
  [[nodiscard]] std::string clean(std::string_view text) const;

 private:
  mutable std::mutex mutex_;
  std::vector<Secret> forms_;
};

}  // namespace cloison
