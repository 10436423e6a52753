#pragma once
// Who dials in from a device is personal data: in an evidence pack something else stands for the names of such devices
// and of their owners (docs/evidence-pack.md, Personal data).

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/state/store.h"
#include "core/topology/topology.h"

namespace cloison::ops {

/// Names and owners of the devices of remote access.
[[nodiscard]] std::set<std::string> people_of(const topology::Topology& topology);

class Pseudonyms {
 public:
  /// Nothing is replaced.
  Pseudonyms() = default;
  /// `instead`: what stands for each.
  explicit Pseudonyms(const std::map<std::string, std::string>& instead);
  /// Keyed by the state: the same for the same text as long as the state lives, and nobody without it can try out
  /// names.
  [[nodiscard]] static Result<Pseudonyms> keyed(state::StateStore& store, const std::set<std::string>& people);

  [[nodiscard]] std::size_t size() const { return size_; }
  /// Each of them where it stands as a word, or as words, of its own; the longest first.
  [[nodiscard]] std::string in_text(std::string_view text) const;
  /// The same in the texts of a JSON value, escaped or not; what names none keeps its bytes.
  [[nodiscard]] std::string in_json(std::string_view json) const;
  /// Of several, one a line.
  [[nodiscard]] std::string in_json_lines(std::string_view lines) const;

 private:
  struct Needle {
    std::string text{}, instead{};
  };
  [[nodiscard]] const Needle* at(std::string_view text, std::size_t place, std::string_view word) const;
  void add(std::string_view text, const std::string& instead);
  std::map<std::string, std::vector<Needle>, std::less<>> by_first_word_{};  // the longest first
  std::size_t size_ = 0;
};

}  // namespace cloison::ops
