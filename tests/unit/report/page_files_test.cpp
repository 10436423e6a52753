// Writes pages and papers of the samples into the folder that CLOISON_PAGES names, for tests/report/browser.mjs and
// tests/report/paper.py; expected.json says how many rows each has. Without the variable there is nothing to do.

#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/environment.h"
#include "core/report/pdf.h"
#include "core/report/writers.h"
#include "tests/unit/report/page_samples.h"

namespace cloison::report {
namespace {

struct Sample {
  std::string name{};
  Report report{};
  Language language = Language::english;
  std::size_t rows = 0;
  bool on_paper = true;
};

std::vector<Sample> samples() {
  const SampleSize single{.rows = 1, .sites = 1, .zones = 1}, small{}, one{.rows = 12, .sites = 1, .zones = 3},
      many{.rows = 10'000, .sites = 30, .zones = 26}, long_paper{.rows = 1000, .sites = 8, .zones = 8},
      most{.rows = 100'000, .sites = 60, .zones = 26};
  return {{"small.en", sample_report(small), Language::english, small.rows},
          {"small.fr", sample_report(small), Language::french, small.rows},
          {"one.en", sample_report(one), Language::english, one.rows},
          {"single.en", sample_report(single), Language::english, single.rows, false},
          {"single.fr", sample_report(single), Language::french, single.rows, false},
          {"long.fr", sample_report(long_paper), Language::french, long_paper.rows},
          {"many.en", sample_report(many), Language::english, many.rows},
          {"most.en", sample_report(most), Language::english, most.rows, false},
          {"hostile.en", hostile_report(), Language::english, 14},
          {"hostile.fr", hostile_report(), Language::french, 14}};
}

void write_file(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary);
  file << bytes;
  ASSERT_TRUE(file.flush()) << path;
}

TEST(ReportPageFiles, AreWrittenWhereTheyAreAskedFor) {
  const auto folder = environment_variable("CLOISON_PAGES");
  if (!folder) return;
  std::string expected;
  for (const auto& one : samples()) {
    const auto path = std::filesystem::path(*folder) / one.name;
    write_file(path.native() + ".html", write_html(one.report, one.language));
    expected += fmt::format("{}\"{}\": {{\"rows\": {}, \"summarised\": {}}}", expected.empty() ? "" : ",\n", one.name,
                            one.rows, one.rows > k_most_paper_rows);
    if (!one.on_paper) continue;
    const auto pdf = pdf_of(one.report, one.language, plain_csv);
    ASSERT_TRUE(pdf) << one.name << ": " << pdf.error().summary << " " << pdf.error().detail;
    write_file(path.native() + ".pdf", *pdf);
  }
  write_file(std::filesystem::path(*folder) / "expected.json", "{" + expected + "}\n");
}

}  // namespace
}  // namespace cloison::report
