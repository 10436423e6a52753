#pragma once
// Collects what resolving finds: every cause once, however many instances of a for_each repeat it.

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "core/base/diagnostic.h"

namespace cloison::topology {

class Findings {
 public:
  struct Text {
    std::string code{};  // literal, so that the list of codes can be read off the source
    SpanId where = 0;
    std::string summary{};
    std::string detail{};
    std::string hint{};
    std::vector<std::pair<SpanId, std::string>> related{};
  };
  void error(Text text) { add(Diagnostic::Severity::error, std::move(text)); }
  void warning(Text text) { add(Diagnostic::Severity::warning, std::move(text)); }
  void note(Text text) { add(Diagnostic::Severity::note, std::move(text)); }

  [[nodiscard]] std::size_t errors() const { return errors_; }
  /// Errors first, then warnings, then notes; each in the order found.
  [[nodiscard]] Diagnostics take();

 private:
  void add(Diagnostic::Severity severity, Text text);

  Diagnostics notes_{};
  std::size_t errors_ = 0;
  std::set<std::tuple<std::string, SpanId, std::string>> seen_{};
  std::map<std::string, std::size_t> count_{};  // by code
};

}  // namespace cloison::topology
