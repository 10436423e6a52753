#pragma once
// A value that must never be printed, formatted, logged, stored or compared in the open.

#include <string>
#include <string_view>

namespace cloison {

/// Wiped on destruction. Deliberately without stream, format and JSON support; `reveal` is for the one call that needs
/// it.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept : value_(other.value_) {  // NOLINT(performance-move-constructor-init): as operator=
    other.wipe();
  }
  Secret& operator=(const Secret& other);
  /// Copies and wipes: moving would leave a short string's bytes behind.
  Secret& operator=(Secret&& other) noexcept;
  ~Secret() { wipe(); }

  [[nodiscard]] std::string_view reveal() const { return value_; }
  [[nodiscard]] bool empty() const { return value_.empty(); }

 private:
  void wipe() noexcept;
  std::string value_;
};

}  // namespace cloison
