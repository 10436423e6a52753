#pragma once
// A law on random cases as a GoogleTest: rapidcheck draws, and what it found is the test's failure.

#include <cstdint>
#include <sstream>
#include <string>

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace cloison::test {

/// Drawn by rapidcheck, so a failing case is drawn again from what it prints.
inline uint64_t random_seed() {
  return *rc::gen::arbitrary<uint64_t>();
}

template <class Property>
void check_law(const char* name, int cases, Property property) {
  rc::detail::TestParams params;
  params.maxSuccess = cases;
  rc::detail::TestMetadata metadata;
  metadata.description = name;
  const auto result = rc::detail::checkTestable([&] { property(); }, metadata, params);
  if (!result.template is<rc::detail::SuccessResult>()) {
    std::ostringstream text;
    rc::detail::printResultMessage(result, text);
    FAIL() << text.str();
  }
}

}  // namespace cloison::test
