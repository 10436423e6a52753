#pragma once
// Services that tell secrets in clear, are given up by their makers, or belong nowhere near where they are asked.

#include <span>
#include <string_view>

#include "core/ops/lint.h"

namespace cloison::ops {

struct InsecureService {
  /// Of which flows it is one.
  enum class Where : uint8_t {
    anywhere,
    patient_data,    ///< what is asked holds a class of data (`data:`)
    not_management,  ///< who asks is in no zone of management
    outside,         ///< who asks is outside, or in a zone that is exposed
    between_sites,   ///< on a way that no tunnel covers
  };
  std::string_view name{};   // a port's name of the language, where it has one
  std::string_view ports{};  // words of the language, with blanks between
  Where where = Where::anywhere;
  bool may_be_encrypted = false;  // then a flow that declares `encryption:` is none of it
  LintFinding::Severity severity = LintFinding::Severity::warning;
  std::string_view why{}, instead{};
};

[[nodiscard]] std::span<const InsecureService> insecure_services();

}  // namespace cloison::ops
