# Writes OUT, page.js and the stylesheets as a part of the program. Run by CMake at build time.
set(functions "")
foreach(file page.js:page_script page.css:page_style paper.css:paper_style drawing.css:drawing_style)
  string(REPLACE ":" ";" parts ${file})
  list(GET parts 0 name)
  list(GET parts 1 function)
  # As hexadecimal: what CMake would take for lists or for the end of a literal stays what it is.
  file(READ ${FOLDER}/${name} bytes HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "\\\\x\\1" bytes "${bytes}")
  # In pieces: compilers take no literal longer than 65 536 bytes for portable.
  string(LENGTH "${bytes}" size)
  set(pieces "")
  set(at 0)
  while(at LESS size)
    string(SUBSTRING "${bytes}" ${at} 16000 piece)
    string(APPEND pieces "      \"${piece}\",\n")
    math(EXPR at "${at} + 16000")
  endwhile()
  string(APPEND functions "
std::string_view ${function}() {
  static const std::string k_text = [] {
    std::string text;
    for (const char* piece : {
${pieces}    })
      text += piece;
    return text;
  }();
  return k_text;
}
")
endforeach()
file(WRITE ${OUT} "// Written by core/report/embed.cmake from the files beside it.
#include <string>

#include \"core/report/embedded.h\"

namespace cloison::report {
${functions}
}  // namespace cloison::report
")
