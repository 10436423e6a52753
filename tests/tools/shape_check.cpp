// Says for each file named on standard input what the loader makes of it, as a line: FILE, TAB, codes separated by
// blanks. tests/golden/schema_equivalence.py compares that with the JSON Schema.

#include <iostream>
#include <string>

#include "core/topology/load.h"

int main() {
  using namespace cloison;
  for (std::string path; std::getline(std::cin, path);) {
    SourceMap sources;
    topology::LoadOptions options;
    options.path = path;
    const auto loaded = topology::load(options, sources);
    std::cout << path << '\t';
    for (const Diagnostic& note : loaded.notes) {
      if (note.severity == Diagnostic::Severity::error) {
        // what a cell has brought in, no schema of the YAML file can see
        std::cout << note.code << (sources.file_name(note.where).ends_with(".csv") ? "/csv " : " ");
      }
    }
    std::cout << '\n';
  }
  return 0;
}
