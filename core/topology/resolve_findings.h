#pragma once
// Collects what resolving finds: every cause once, however many instances of a for_each repeat it.

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "core/base/diagnostic.h"
#include "core/topology/topology.h"

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

  /// From here on, findings of one place that differ by the instance of a for_each only are told as one, which names
  /// the first instances. Both must outlive this.
  void group_by_place(const SourceMap& sources, const Topology& topology);

  [[nodiscard]] std::size_t errors() const { return errors_; }
  /// Errors first, then warnings, then notes; each in the order found.
  [[nodiscard]] Diagnostics take();

 private:
  /// A finding and its repetitions in other instances.
  struct Group {
    std::size_t index = 0;                                  // into notes_; past its end when the finding is not shown
    std::vector<std::pair<SpanId, std::string>> members{};  // the instance that the text names, where it does
  };
  using Place = std::tuple<Diagnostic::Severity, std::string, SourceSpan, std::string>;

  void add(Diagnostic::Severity severity, Text text);
  [[nodiscard]] std::string without_instances(std::string_view text) const;
  [[nodiscard]] std::string instance_in(std::string_view text) const;
  void learn_instances();
  void tell_instances();

  Diagnostics notes_{};
  std::size_t errors_ = 0;
  std::set<std::tuple<std::string, SpanId, std::string>> seen_{};
  std::map<std::string, std::size_t> count_{};  // by code
  const SourceMap* sources_ = nullptr;
  const Topology* topology_ = nullptr;
  bool instances_known_ = false;
  std::set<std::string, std::less<>> keys_{};   // of instances
  std::set<std::string, std::less<>> paths_{};  // "lab/lyon-03", "cloud.production"
  std::map<Place, Group> groups_{};
};

}  // namespace cloison::topology
