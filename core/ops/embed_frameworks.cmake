# Writes OUT, every FOLDER/*.yaml as a part of the program. Run by CMake at build time.
include(${CMAKE_CURRENT_LIST_DIR}/../base/embed_text.cmake)
file(GLOB files ${FOLDER}/*.yaml)
list(SORT files)
set(functions "")
set(rows "")
foreach(file IN LISTS files)
  get_filename_component(id ${file} NAME_WE)
  string(REPLACE "-" "_" function ${id}_text)
  embed_text(${file} ${function} functions)
  string(APPEND rows "\n      EmbeddedFramework{\"${id}\", ${function}},")
endforeach()
file(WRITE ${OUT} "// Written by core/ops/embed_frameworks.cmake from templates/frameworks.
#include \"core/ops/frameworks_embedded.h\"

#include <array>
#include <string>

namespace cloison::ops {

namespace {
${functions}
}  // namespace

std::span<const EmbeddedFramework> embedded_frameworks() {
  static constexpr std::array k_all{${rows}
  };
  return k_all;
}

}  // namespace cloison::ops
")
