#pragma once
// Configuration of services: templates of the user's, with what the topology knows put in. Pure.

#include <map>
#include <string>
#include <string_view>

#include "core/base/diagnostic.h"

namespace cloison::compile {

/// What may stand between {{ and }}.
using TemplateValues = std::map<std::string, std::string>;

/// CL5440, at `where`: a name that is not among `values`, or a {{ that is not closed. What stands there then stays.
[[nodiscard]] std::string filled(std::string_view text, const TemplateValues& values, const std::string& file,
                                 SpanId where, Diagnostics& notes);

}  // namespace cloison::compile
