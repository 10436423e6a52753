# Writes OUT, agent.sh with agent_links.sh in its place, as a part of the program. Run by CMake at build time.
file(READ ${FOLDER}/agent.sh text)
file(READ ${FOLDER}/agent_links.sh links)
string(FIND "${text}" "# agent_links.sh comes in here\n" place)
if(place EQUAL -1)
  message(FATAL_ERROR "agent.sh does not say where agent_links.sh comes in")
endif()
string(REPLACE "# agent_links.sh comes in here\n" "${links}" text "${text}")
file(WRITE ${OUT} "// Written by providers/node/embed_agent.cmake from agent.sh and agent_links.sh.
#include \"providers/node/render.h\"

namespace cloison::node {

std::string_view agent_text() {
  return R\"agent(${text})agent\";
}

}  // namespace cloison::node
")
