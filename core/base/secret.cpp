#include "core/base/secret.h"

#include <openssl/crypto.h>

namespace cloison {

Secret& Secret::operator=(const Secret& other) {
  if (this != &other) {
    wipe();
    value_ = other.value_;
  }
  return *this;
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe();
    value_ = other.value_;  // a copy: moving would leave a short string's bytes behind
    other.wipe();
  }
  return *this;
}

void Secret::wipe() noexcept {
  if (!value_.empty()) {
    OPENSSL_cleanse(value_.data(), value_.size());
    value_.clear();
  }
}

}  // namespace cloison
