// Writes sample reports in every tabular format and both languages, for tests/report/read_back.py, or measures one
// format.
//
//   cloison_report_files FOLDER
//   cloison_report_files --measure FORMAT ROWS COLUMNS     how long it took, and how many bytes it is

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>

#include <fmt/format.h>

#include "core/report/writers.h"
#include "tests/support/sample_report.h"

namespace {

using namespace cloison::report;

std::string written(const Report& report, Format format, Language language) {
  if (format == Format::csv) return write_csv(report, language);
  if (format == Format::json) return write_json(report);
  if (format == Format::markdown) return write_markdown(report, language);
  auto bytes = write_xlsx(report, language);
  if (!bytes) {
    std::cerr << bytes.error().summary << ": " << bytes.error().detail << '\n';
    std::exit(1);
  }
  return *std::move(bytes);
}

int write_all(const std::filesystem::path& folder) {
  const std::map<std::string, Report> reports{
      {"sample", sample_report()}, {"table", one_table_report()}, {"large", large_report(2'000, 50)}};
  for (const auto& [name, report] : reports) {
    for (const auto& [language, code] : {std::pair(Language::english, "en"), std::pair(Language::french, "fr")}) {
      for (const auto format : {Format::csv, Format::xlsx, Format::json, Format::markdown}) {
        std::ofstream file(folder / fmt::format("{}.{}.{}", name, code, extension_of(format)), std::ios::binary);
        if (!(file << written(report, format, language))) return 1;
      }
    }
  }
  return 0;
}

int measure(Format format, std::size_t rows, std::size_t columns) {
  const auto report = large_report(rows, columns);
  const auto begin = std::chrono::steady_clock::now();
  const auto bytes = written(report, format, Language::english);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::cout << fmt::format("{} {} x {}: {:.2f} s, {} bytes\n", name_of(format), rows, columns, took.count(),
                           bytes.size());
  return 0;
}

}  // namespace

int main(int count, char** words) {
  if (count == 2) return write_all(words[1]);
  if (count == 5 && std::string_view(words[1]) == "--measure") {
    if (const auto format = format_named(words[2]))
      return measure(*format, std::strtoull(words[3], nullptr, 10), std::strtoull(words[4], nullptr, 10));
  }
  std::cerr << "cloison_report_files FOLDER, or --measure FORMAT ROWS COLUMNS\n";
  return 2;
}
