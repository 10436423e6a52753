#pragma once
// Binary decision diagrams (R. E. Bryant, "Graph-based algorithms for Boolean function manipulation", 1986): functions
// of Boolean variables, of which equal ones are the same node. BuDDy keeps the nodes; nothing else here includes it.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/base/result.h"

namespace cloison::verify {

/// A function; a value like a number. It belongs to the table that is open, and has to go before that one closes.
/// Once the table has failed every result is the function that is never true: see BddTable::failure.
class Bdd {
 public:
  Bdd() = default;  ///< never true
  [[nodiscard]] static Bdd always();
  [[nodiscard]] static Bdd variable(int number);

  Bdd(const Bdd& other);
  Bdd(Bdd&& other) noexcept : node_(std::exchange(other.node_, 0)) {}
  Bdd& operator=(const Bdd& other);
  Bdd& operator=(Bdd&& other) noexcept {
    std::swap(node_, other.node_);
    return *this;
  }
  ~Bdd();

  [[nodiscard]] bool never() const { return node_ == 0; }
  bool operator==(const Bdd& other) const = default;

  friend Bdd operator&(const Bdd& a, const Bdd& b);
  friend Bdd operator|(const Bdd& a, const Bdd& b);
  friend Bdd operator-(const Bdd& a, const Bdd& b);  ///< a and not b
  friend Bdd operator^(const Bdd& a, const Bdd& b);
  Bdd operator!() const;
  Bdd& operator&=(const Bdd& other) { return *this = *this & other; }
  Bdd& operator|=(const Bdd& other) { return *this = *this | other; }
  Bdd& operator-=(const Bdd& other) { return *this = *this - other; }

  /// True where some value of these variables makes it true. `variables`: all of them together, by `all_of`.
  [[nodiscard]] Bdd some(const Bdd& variables) const;
  /// `(a & b).some(variables)`, in one go.
  friend Bdd some_of_both(const Bdd& a, const Bdd& b, const Bdd& variables);
  /// Each of `from` called as the one beside it in `to`, on which it must not depend.
  [[nodiscard]] Bdd renamed(std::span<const int> from, std::span<const int> to) const;

  /// Values of all variables that make it true, 0 where they do not matter; of one that is never true, all 0.
  [[nodiscard]] std::vector<bool> solution() const;
  /// Whether it is true where each variable has the value at its number.
  [[nodiscard]] bool holds(const std::vector<bool>& values) const;
  /// The variable that is asked first, -1 of constants; what is left of it where that one is false, or true.
  [[nodiscard]] int top() const;
  [[nodiscard]] Bdd when(bool value) const;
  /// By which it is told apart from others, as long as it lives.
  [[nodiscard]] int number() const { return node_; }

 private:
  friend class BddTable;
  explicit Bdd(int node);
  int node_ = 0;
};

/// CL6115: the second engine gives no answer, because of `why`.
[[nodiscard]] Diagnostic too_complex(std::string why);

[[nodiscard]] Bdd all_of(std::span<const int> variables);

/// All nodes. BuDDy has one table in a process, so there is one of these at a time, in one thread.
class BddTable {
 public:
  struct Size {
    int variables = 0;
    int first_nodes = 1 << 18;  ///< 20 bytes each
    int most_nodes = 1 << 23;   ///< at which it gives up: 160 MiB. Below 2^24, for which BuDDy's own counts have room
    int cache = 1 << 16;        ///< results remembered of each kind of operation
  };
  /// CL6115 where another one is open, or there is no memory for it.
  [[nodiscard]] static Result<std::unique_ptr<BddTable>> open(const Size& size);
  BddTable(const BddTable&) = delete;
  BddTable& operator=(const BddTable&) = delete;
  ~BddTable();

  /// What went wrong first: "more than 8388608 nodes"; "" as long as nothing did. From then on no result means
  /// anything.
  [[nodiscard]] std::string failure() const;
  [[nodiscard]] std::size_t nodes() const;  ///< in use now

 private:
  explicit BddTable(int most_nodes) : most_nodes_(most_nodes) {}
  int most_nodes_;
};

}  // namespace cloison::verify
