#pragma once
// Interfaces that some rules treat alike.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/forwarding.h"

namespace cloison::verify {

/// Which interfaces each of many rules looks at, on one side; rules by their numbers, in the order in which they are
/// added.
class InterfaceClasses {
 public:
  explicit InterfaceClasses(const std::vector<std::string>& names);
  void add(const InterfaceMatch& match);

  [[nodiscard]] bool has(uint32_t rule, std::size_t interface) const;
  /// Whether two rules share an interface.
  [[nodiscard]] bool meet(uint32_t a, uint32_t b) const;
  /// Of the interfaces of `rule` one of each class that all `others` treat alike.
  [[nodiscard]] std::vector<std::size_t> classes(uint32_t rule, const std::vector<uint32_t>& others) const;

 private:
  using Bits = std::vector<uint64_t>;
  [[nodiscard]] Bits bits_of(const InterfaceMatch& match) const;

  std::map<std::string_view, std::size_t> numbers_{};
  std::size_t words_ = 1;
  Bits all_{};
  std::vector<Bits> known_{};          // each once
  std::map<Bits, uint32_t> places_{};  // in `known_`
  std::vector<uint32_t> rules_{};      // into `known_`
};

}  // namespace cloison::verify
