# Writes OUT, agent.sh with its parts in their places, as a part of the program. Run by CMake at build time.
include(${CMAKE_CURRENT_LIST_DIR}/../../core/base/embed_text.cmake)
file(READ ${FOLDER}/agent.sh text)
foreach(part agent_switch.sh agent_apart.sh agent_bridge.sh agent_links.sh agent_redundancy.sh agent_vpn.sh agent_guests.sh agent_services.sh)
  file(READ ${FOLDER}/${part} lines)
  string(FIND "${text}" "# ${part} comes in here\n" place)
  if(place EQUAL -1)
    message(FATAL_ERROR "agent.sh does not say where ${part} comes in")
  endif()
  string(REPLACE "# ${part} comes in here\n" "${lines}" text "${text}")
endforeach()
file(WRITE ${OUT}.sh "${text}")
set(functions "")
embed_text(${OUT}.sh agent_text functions)
file(WRITE ${OUT} "// Written by providers/node/embed_agent.cmake from agent.sh and its parts.
#include <string>

#include \"providers/node/render.h\"

namespace cloison::node {
${functions}
}  // namespace cloison::node
")
