#include "core/verify/bdd/table.h"

#include <bdd.h>
#include <fmt/format.h>

// Its functions of C, under the names that its classes of C++ take for themselves.
#undef bdd_init
#undef bdd_ithvar

namespace cloison::verify {

namespace {

/// BuDDy tells errors to a function that is given nothing but their number, so where that is kept belongs to the
/// process, as BuDDy's table does.
int& first_error() {
  static int error = 0;
  return error;
}

void keep_error(int error) {
  if (first_error() == 0) first_error() = error;
}

/// After an error BuDDy's answers are wrong, and its cache remembers them: nothing is asked of it any more.
bool failed() {
  return first_error() != 0;
}

int apply(int a, int b, int operation) {
  const int node = failed() ? 0 : bdd_apply(a, b, operation);
  return failed() ? 0 : node;
}

}  // namespace

Bdd::Bdd(int node) : node_(failed() ? 0 : node) {
  if (node_ > 1) bdd_addref(node_);
}

Bdd::Bdd(const Bdd& other) : node_(other.node_) {
  if (node_ > 1) bdd_addref(node_);
}

Bdd& Bdd::operator=(const Bdd& other) {
  if (this != &other) *this = Bdd(other);
  return *this;
}

Bdd::~Bdd() {
  if (node_ > 1) bdd_delref(node_);
}

Bdd Bdd::always() {
  return Bdd(1);
}

Bdd Bdd::variable(int number) {
  return Bdd(bdd_ithvar(number));
}

Bdd operator&(const Bdd& a, const Bdd& b) {
  return Bdd(apply(a.node_, b.node_, bddop_and));
}

Bdd operator|(const Bdd& a, const Bdd& b) {
  return Bdd(apply(a.node_, b.node_, bddop_or));
}

Bdd operator-(const Bdd& a, const Bdd& b) {
  return Bdd(apply(a.node_, b.node_, bddop_diff));
}

Bdd operator^(const Bdd& a, const Bdd& b) {
  return Bdd(apply(a.node_, b.node_, bddop_xor));
}

Bdd Bdd::operator!() const {
  return Bdd(failed() ? 0 : bdd_not(node_));
}

Bdd Bdd::some(const Bdd& variables) const {
  return Bdd(failed() ? 0 : bdd_exist(node_, variables.node_));
}

Bdd some_of_both(const Bdd& a, const Bdd& b, const Bdd& variables) {
  return Bdd(failed() ? 0 : bdd_appex(a.node_, b.node_, bddop_and, variables.node_));
}

Bdd Bdd::renamed(std::span<const int> from, std::span<const int> to) const {
  if (failed()) return {};
  auto* const pairs = bdd_newpair();
  if (pairs == nullptr) return {};
  for (std::size_t i = 0; i < from.size(); ++i) bdd_setpair(pairs, from[i], to[i]);
  Bdd result(bdd_replace(node_, pairs));
  bdd_freepair(pairs);
  return result;
}

std::vector<bool> Bdd::solution() const {
  std::vector<bool> values(static_cast<std::size_t>(bdd_varnum()));
  for (int at = node_; at > 1;) {
    const int low = bdd_low(at);
    values[static_cast<std::size_t>(bdd_var(at))] = low == 0;
    at = low == 0 ? bdd_high(at) : low;
  }
  return values;
}

bool Bdd::holds(const std::vector<bool>& values) const {
  int at = node_;
  while (at > 1) at = values[static_cast<std::size_t>(bdd_var(at))] ? bdd_high(at) : bdd_low(at);
  return at == 1;
}

int Bdd::top() const {
  return node_ > 1 ? bdd_var(node_) : -1;
}

Bdd Bdd::when(bool value) const {
  if (node_ < 2) return *this;
  return Bdd(value ? bdd_high(node_) : bdd_low(node_));
}

Bdd all_of(std::span<const int> variables) {
  auto all = Bdd::always();
  for (auto one = variables.rbegin(); one != variables.rend(); ++one) all &= Bdd::variable(*one);
  return all;
}

Diagnostic too_complex(std::string why) {
  return {.kind = ErrorKind::unsupported,
          .code = "CL6115",
          .summary = "this is too complex for the second engine of the proof",
          .detail = std::move(why),
          .hint = "the first engine's answer stands by itself: `cloison verify` asks it alone"};
}

Result<std::unique_ptr<BddTable>> BddTable::open(const Size& size) {
  if (bdd_isrunning() != 0) return fail(too_complex("its table is in use"));
  first_error() = 0;
  bdd_error_hook(keep_error);
  bdd_init(size.first_nodes, size.cache);
  bdd_error_hook(keep_error);  // beginning sets its own ones, which end the program and write to its output
  bdd_gbc_hook(nullptr);
  bdd_resize_hook(nullptr);
  if (!failed()) bdd_setmaxnodenum(size.most_nodes);
  bdd_setmaxincrease(size.most_nodes);
  if (!failed()) bdd_setvarnum(size.variables);
  if (failed()) {
    if (bdd_isrunning() != 0) bdd_done();
    return fail(too_complex(bdd_errstring(first_error())));
  }
  return std::unique_ptr<BddTable>(new BddTable(size.most_nodes));
}

BddTable::~BddTable() {
  bdd_done();
}

std::string BddTable::failure() const {
  if (!failed()) return {};
  if (first_error() == BDD_NODENUM) return fmt::format("more than {} nodes", most_nodes_);
  return first_error() == BDD_MEMORY ? "no more memory" : bdd_errstring(first_error());
}

std::size_t BddTable::nodes() const {
  return static_cast<std::size_t>(bdd_getnodenum());
}

}  // namespace cloison::verify
