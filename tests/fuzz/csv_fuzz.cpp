// CSV inventories: whatever the bytes, no crash, every cell has a place in its file, every error a code and a hint.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "core/topology/csv_reader.h"
#include "core/topology/yaml_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cloison;
  std::string text(reinterpret_cast<const char*>(data), size);
  SourceMap sources;
  topology::Notes notes(sources);
  if (topology::normalise_text(text, "sites.csv", notes)) {
    const FileId file = sources.add_file("sites.csv", text);
    const auto csv = topology::Csv::read(file, notes);
    for (std::size_t row = 0; csv && row < csv->rows(); ++row) {
      for (std::size_t column = 0; column < csv->columns().size(); ++column) {
        const SpanId span = csv->span(row, column, sources);
        if (!sources.source_line(span) || sources.span(span).column > sources.source_line(span)->size() + 1 ||
            csv->cell(row, column, sources).size() > text.size()) {
          std::abort();
        }
      }
    }
  }
  for (const Diagnostic& note : notes.take()) {
    if (note.code.size() != 6 || note.hint.empty()) {
      std::abort();
    }
  }
  return 0;
}
