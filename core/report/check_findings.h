#pragma once
// The findings of a check, each made in one place with what to do about it.

#include <string>
#include <string_view>

#include "core/base/diagnostic.h"

namespace cloison::report {

/// `path`: of the file that it is about, as it stands in the archive; "": of none. `what` goes on after its name.
void add_damage(Diagnostics& to, const std::string& path, const std::string& what);
void add_foreign(Diagnostics& to, const std::string& path, const std::string& what);
void add_unsigned(Diagnostics& to, std::string_view missing);
void add_signature(Diagnostics& to, std::string summary, std::string detail);
void add_changed(Diagnostics& to, const std::string& path, std::string detail);
void add_missing(Diagnostics& to, const std::string& path);
void add_added(Diagnostics& to, const std::string& path);
void add_lists(Diagnostics& to, const std::string& path, const std::string& what);
void add_chain(Diagnostics& to, std::string summary, std::string detail);
void add_timestamp(Diagnostics& to, std::string detail);
void add_later_version(Diagnostics& to, int64_t version);

}  // namespace cloison::report
