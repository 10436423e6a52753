# Writes OUT, page.js and the stylesheets as a part of the program. Run by CMake at build time.
include(${CMAKE_CURRENT_LIST_DIR}/../base/embed_text.cmake)
set(functions "")
embed_text(${FOLDER}/page.js page_script functions)
embed_text(${FOLDER}/page.css page_style functions)
embed_text(${FOLDER}/paper.css paper_style functions)
embed_text(${FOLDER}/drawing.css drawing_style functions)
file(WRITE ${OUT} "// Written by core/report/embed.cmake from the files beside it.
#include <string>

#include \"core/report/embedded.h\"

namespace cloison::report {
${functions}
}  // namespace cloison::report
")
