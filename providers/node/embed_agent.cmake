# Writes OUT, agent.sh with its parts in their places, as a part of the program. Run by CMake at build time.
file(READ ${FOLDER}/agent.sh text)
foreach(part agent_links agent_redundancy)
  file(READ ${FOLDER}/${part}.sh lines)
  string(FIND "${text}" "# ${part}.sh comes in here\n" place)
  if(place EQUAL -1)
    message(FATAL_ERROR "agent.sh does not say where ${part}.sh comes in")
  endif()
  string(REPLACE "# ${part}.sh comes in here\n" "${lines}" text "${text}")
endforeach()
file(WRITE ${OUT} "// Written by providers/node/embed_agent.cmake from agent.sh and its parts.
#include \"providers/node/render.h\"

namespace cloison::node {

std::string_view agent_text() {
  return R\"agent(${text})agent\";
}

}  // namespace cloison::node
")
