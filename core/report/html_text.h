#pragma once
// Text of hostile origin on its way into a page: as content, as an attribute, as data of a script that is not run.

#include <string>
#include <string_view>

namespace cloison::report {

/// Text or attribute value of HTML and SVG. What could drive a reader (controls, marks of direction) is shown as an
/// escape, so nothing in it is anything but letters.
[[nodiscard]] std::string html_text(std::string_view text);
/// A JSON string with its quotes, for a data block: neither `</script` nor `<!--` nor a line separator can stand in it.
[[nodiscard]] std::string page_json(std::string_view text);
/// For identifiers and fragments of addresses: everything but letters, digits and "-._~" as %XX (RFC 3986, 2.1).
[[nodiscard]] std::string percent_encoded(std::string_view text);
/// The reverse; what is no %XX stays as it is.
[[nodiscard]] std::string percent_decoded(std::string_view text);
/// `bytes` with the alphabet of RFC 4648, 4.
[[nodiscard]] std::string base64(std::string_view bytes);
/// At most `letters` letters, the last of them "…" where it was longer.
[[nodiscard]] std::string cut_short(std::string_view text, std::size_t letters);
/// Letters of UTF-8 text.
[[nodiscard]] std::size_t letters_in(std::string_view text);

}  // namespace cloison::report
