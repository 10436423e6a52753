#pragma once
// What was proved, as programs that collect tests read it (JUnit).

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/base/clock.h"

namespace cloison::report {

struct TestCase {
  enum class Outcome : uint8_t { passed, failed, error, skipped };
  std::string name{};  // "G-1: isolated among lab"
  Outcome outcome = Outcome::passed;
  std::string code{};     // "CL6110"
  std::string message{};  // one line
  std::string text{};     // all of it, over lines
};

struct TestSuite {
  std::string name{};   // "guarantees"
  std::string group{};  // "cloison.verify": what the cases belong to
  Instant at{};         // for which it speaks
  std::vector<std::pair<std::string, std::string>> properties{};
  std::vector<TestCase> cases{};
};

/// As Apache Ant's schema and Jenkins' xUnit plugin have it. Times are 0, so that the same proof gives the same bytes.
[[nodiscard]] std::string write_junit(const std::vector<TestSuite>& suites);

}  // namespace cloison::report
