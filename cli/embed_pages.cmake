# Writes OUT, a C++ table of every FOLDER/CLnnnn.md, in order of code. Run by CMake at build time.
file(GLOB pages ${FOLDER}/CL*.md)
list(SORT pages)
set(rows "")
foreach(page IN LISTS pages)
  get_filename_component(code ${page} NAME_WE)
  file(READ ${page} text)
  string(APPEND rows "    ErrorPage{\"${code}\", R\"page(${text})page\"},\n")
endforeach()
file(WRITE ${OUT} "// Written by cli/embed_pages.cmake from docs/errors.
#include \"cli/error_pages.h\"

#include <vector>

namespace cloison::cli {

std::span<const ErrorPage> error_pages() {
  static constexpr ErrorPage k_pages[]{
${rows}    ErrorPage{\"\", \"\"}};
  return std::span(k_pages).first(std::size(k_pages) - 1);
}

}  // namespace cloison::cli
")
