#pragma once
// Text of hostile origin on its way into a page: as content, as an attribute, as data of a script that is not run.

#include <string>
#include <string_view>

#include "core/net/url.h"

namespace cloison::report {

/// Text or attribute value of HTML and SVG. What could drive a reader (controls, marks of direction) is shown as an
/// escape, so nothing in it is anything but letters.
[[nodiscard]] std::string html_text(std::string_view text);
/// A JSON string with its quotes, for a data block: neither `</script` nor `<!--` nor a line separator can stand in it.
[[nodiscard]] std::string page_json(std::string_view text);
using net::percent_encoded;  // for identifiers and fragments of addresses
/// The reverse; what is no %XX stays as it is.
[[nodiscard]] std::string percent_decoded(std::string_view text);
/// At most `letters` letters, the last of them "…" where it was longer.
[[nodiscard]] std::string cut_short(std::string_view text, std::size_t letters);
/// Letters of UTF-8 text.
[[nodiscard]] std::size_t letters_in(std::string_view text);

}  // namespace cloison::report
