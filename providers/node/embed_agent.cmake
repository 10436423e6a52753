# Writes OUT, agent.sh as a part of the program. Run by CMake at build time.
file(READ ${AGENT} text)
file(WRITE ${OUT} "// Written by providers/node/embed_agent.cmake from agent.sh.
#include \"providers/node/render.h\"

namespace cloison::node {

std::string_view agent_text() {
  return R\"agent(${text})agent\";
}

}  // namespace cloison::node
")
