# Writes OUT, agent.sh with its parts in their places, as a part of the program. Run by CMake at build time.
file(READ ${FOLDER}/agent.sh text)
foreach(part agent_switch.sh agent_apart.sh agent_bridge.sh agent_links.sh agent_redundancy.sh agent_vpn.sh agent_guests.sh agent_services.sh)
  file(READ ${FOLDER}/${part} lines)
  string(FIND "${text}" "# ${part} comes in here\n" place)
  if(place EQUAL -1)
    message(FATAL_ERROR "agent.sh does not say where ${part} comes in")
  endif()
  string(REPLACE "# ${part} comes in here\n" "${lines}" text "${text}")
endforeach()
# In pieces: compilers take no literal longer than 65 536 bytes for portable.
string(LENGTH "${text}" size)
set(pieces "")
set(at 0)
while(at LESS size)
  string(SUBSTRING "${text}" ${at} 16000 piece)
  string(APPEND pieces "      R\"agent(${piece})agent\",\n")
  math(EXPR at "${at} + 16000")
endwhile()
file(WRITE ${OUT} "// Written by providers/node/embed_agent.cmake from agent.sh and its parts.
#include <string>

#include \"providers/node/render.h\"

namespace cloison::node {

std::string_view agent_text() {
  static const std::string k_text = [] {
    std::string text;
    for (const char* piece : {
${pieces}    })
      text += piece;
    return text;
  }();
  return k_text;
}

}  // namespace cloison::node
")
