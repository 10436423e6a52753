// The whole reader over one YAML file (what follows the first NUL is laid over it): whatever the bytes, no crash, every
// error has a code and a hint, and reading again says the same.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "core/topology/load.h"

namespace {

std::string read(std::string_view text, std::string_view over) {
  using namespace cloison;
  SourceMap sources;
  const topology::ReadLimits limits{.file_bytes = 1U << 16U, .csv_bytes = 1U << 16U, .nodes = 20'000, .instances = 200};
  const std::string csv = "name;city;vlan\nlyon-03;Lyon;120\nmetz-01;;\n";
  std::vector<std::pair<std::string, std::string>> overlays;
  if (!over.empty()) {
    overlays.emplace_back("over.yaml", over);
  }
  const auto loaded =
      topology::load_texts({{"topology.yaml", std::string(text)}, {"labs.csv", csv}}, overlays, sources, limits);
  std::string said;
  for (const Diagnostic& note : loaded.notes) {
    if (note.code.size() != 6 || note.hint.empty()) {
      std::abort();
    }
    said += note.code + sources.location(note.where) + note.summary;
  }
  return said;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto cut = bytes.find('\0');
  const std::string_view text = bytes.substr(0, cut);
  const std::string_view over = cut == std::string_view::npos ? std::string_view{} : bytes.substr(cut + 1);
  if (read(text, over) != read(text, over)) {
    std::abort();
  }
  return 0;
}
