#pragma once
// Files beside this one that are a part of the program.

#include <string_view>

namespace cloison::report {

[[nodiscard]] std::string_view page_script();    // page.js
[[nodiscard]] std::string_view page_style();     // page.css
[[nodiscard]] std::string_view paper_style();    // paper.css
[[nodiscard]] std::string_view drawing_style();  // drawing.css

}  // namespace cloison::report
