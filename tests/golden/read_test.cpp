// Cases of reading: tests/golden/read/CASE holds a topology (and CSV files, *.override.yaml to be laid over it,
// limits), expected.txt its diagnostics. Files in CASE/fixed replace those of the case: what the hint says, done; then
// nothing is wrong any more. CLOISON_ACCEPT=1 rewrites expected.txt.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "core/base/strings.h"
#include "core/topology/load.h"
#include "tests/support/golden_cases.h"

namespace cloison::topology {
namespace {

namespace fs = std::filesystem;

ReadLimits limits_of(const fs::path& folder) {
  ReadLimits limits;
  std::ifstream stream(folder / "limits");
  std::string name;
  std::size_t value = 0;
  while (stream >> name >> value) {
    (name == "file_bytes" ? limits.file_bytes : name == "nodes" ? limits.nodes : limits.instances) = value;
  }
  return limits;
}

std::string shown(const Diagnostics& notes, const SourceMap& sources) {
  std::string text;
  for (const Diagnostic& note : notes) {
    const char* severity = note.severity == Diagnostic::Severity::error ? "error" : "warning";
    text += fmt::format("{}[{}] {}: {}\n", severity, note.code, sources.location(note.where), note.summary);
    if (const auto line = sources.source_line(note.where)) {
      const SourceSpan& span = sources.span(note.where);
      text += fmt::format("  | {}\n  | {}{}\n", printable(*line), std::string(span.column - 1, ' '),
                          std::string(std::max(span.end_column, span.column + 1) - span.column, '^'));
    }
    text += note.detail.empty() ? "" : fmt::format("  = {}\n", note.detail);
    text += note.hint.empty() ? "" : fmt::format("  hint: {}\n", note.hint);
    for (const auto& [span, what] : note.related) {
      text += fmt::format("  {}: {}\n", sources.location(span), what);
    }
    for (const std::string& context : note.context) {
      text += fmt::format("  {}\n", context);
    }
  }
  return text.empty() ? "nothing is wrong\n" : text;
}

Checked<Topology> load_folder(const fs::path& folder, SourceMap& sources) {
  LoadOptions options{.path = folder, .overlays = {}, .shown_from = folder};
  for (const auto& file : fs::directory_iterator(folder)) {
    if (file.path().string().ends_with(".override.yaml")) {
      options.overlays.push_back(file.path());
    }
  }
  std::sort(options.overlays.begin(), options.overlays.end());
  return load(options, sources, limits_of(folder));
}

TEST(Read, SaysOfEachCaseWhatIsExpected) {
  for (const fs::path& folder : test_support::golden_cases("read")) {
    SourceMap sources;
    const auto loaded = load_folder(folder, sources);
    const std::string text = shown(loaded.notes, sources);
    EXPECT_EQ(text, test_support::expected_of(folder, text)) << folder.filename();
    EXPECT_EQ(text.find("hunter2"), std::string::npos) << folder.filename() << " shows a secret";
    for (const Diagnostic& note : loaded.notes) {
      EXPECT_FALSE(note.hint.empty()) << folder.filename() << " " << note.code << " has no hint";
    }
  }
  std::cout << test_support::golden_cases("read").size() << " cases\n";
}

TEST(Read, MendsWhatFollowsItsHint) {
  const fs::path copies = fs::path(testing::TempDir()) / fmt::format("cloison-read-{}", ::getpid());
  std::size_t mended = 0;
  for (const fs::path& folder : test_support::golden_cases("read")) {
    if (!fs::exists(folder / "fixed")) {
      continue;
    }
    const fs::path copy = copies / folder.filename();
    fs::create_directories(copy);
    for (const fs::path& from : {folder, folder / "fixed"}) {
      for (const auto& file : fs::directory_iterator(from)) {
        if (file.is_regular_file()) {
          fs::copy_file(file.path(), copy / file.path().filename(), fs::copy_options::overwrite_existing);
        }
      }
    }
    if (folder.filename() == "cl1002-too-large") {
      fs::remove(copy / "limits");
    }
    SourceMap sources;
    const auto loaded = load_folder(copy, sources);
    EXPECT_TRUE(loaded.value.has_value()) << folder.filename();
    EXPECT_EQ(shown(loaded.notes, sources), "nothing is wrong\n") << folder.filename();
    ++mended;
  }
  fs::remove_all(copies);
  std::cout << mended << " mended\n";
}

/// Codes of the reader in a text: CL10xx and CL11xx.
std::set<std::string> codes_in(const std::string& text) {
  std::set<std::string> codes;
  for (auto at = text.find("CL1"); at != std::string::npos; at = text.find("CL1", at + 1)) {
    const std::string code = text.substr(at, 6);
    if (code.size() == 6 && (code[3] == '0' || code[3] == '1') && std::isdigit(code[4]) != 0 &&
        std::isdigit(code[5]) != 0) {
      codes.insert(code);
    }
  }
  return codes;
}

TEST(Read, HasACaseAndAnExplanationForEachCode) {
  std::set<std::string> cased;
  for (const fs::path& folder : test_support::golden_cases("read")) {
    cased.merge(codes_in(test_support::content_of(folder / "expected.txt")));
  }
  std::set<std::string> used;
  const fs::path root(CLOISON_SOURCE_DIR);
  for (const char* prefix : {"yaml", "csv", "shape", "overlay", "expand", "build", "load"}) {
    for (const auto& file : fs::directory_iterator(root / "core/topology")) {
      if (file.path().extension() == ".cpp" && file.path().filename().string().starts_with(prefix)) {
        used.merge(codes_in(test_support::content_of(file.path())));
      }
    }
  }
  std::set<std::string> explained;
  for (const auto& file : fs::directory_iterator(root / "docs/errors")) {
    const auto codes = codes_in(file.path().filename().string());
    for (const std::string& code : codes) {
      EXPECT_TRUE(test_support::content_of(file.path()).starts_with("# " + code + ": ")) << file.path();
      explained.insert(code);
    }
  }
  EXPECT_EQ(used, cased);
  EXPECT_EQ(used, explained);
  std::cout << used.size() << " codes\n";
}

TEST(Schema, IsTheOneThatIsCheckedIn) {
  const fs::path file = fs::path(CLOISON_SOURCE_DIR) / "docs/schema.json";
  if (std::getenv("CLOISON_ACCEPT") != nullptr) {
    std::ofstream(file) << json_schema();
  }
  EXPECT_EQ(json_schema(), test_support::content_of(file)) << "CLOISON_ACCEPT=1 writes it";
}

/// The tables of docs/language-reference.md, each between its two marks.
TEST(Language, ReferenceIsTheOneInTheDocumentation) {
  std::string reference;
  std::string block;
  for (const KeyDoc& key : language_keys()) {
    if (const std::string top = key.path.substr(0, key.path.find_first_of(".[")); top != block) {
      block = top;
      reference += fmt::format("\n### {}\n\n| key | value | |\n|---|---|---|\n", top);
    }
    reference += fmt::format("| `{}`{} | {} | {} |\n", key.path, key.required ? " (required)" : "", key.type, key.doc);
  }
  std::string ports = "\n| name | ports |\n|---|---|\n";
  for (const auto& [name, matches] : known_ports()) {
    std::vector<std::string> texts;
    for (const TransportMatch& match : matches) {
      texts.push_back(match.text());
    }
    ports += fmt::format("| `{}` | {} |\n", name, join(texts, ", "));
  }
  const fs::path file = fs::path(CLOISON_SOURCE_DIR) / "docs/language-reference.md";
  std::string text = test_support::content_of(file);
  for (const auto& [mark, body] : {std::pair<std::string, std::string>{"keys", reference}, {"ports", ports}}) {
    const std::string begin = fmt::format("<!-- {}: written by tests/golden/read_test.cpp -->\n", mark);
    const auto from = text.find(begin);
    const auto to = text.find(fmt::format("<!-- end of {} -->", mark));
    ASSERT_NE(from, std::string::npos) << mark;
    ASSERT_NE(to, std::string::npos) << mark;
    const std::size_t start = from + begin.size();
    if (std::getenv("CLOISON_ACCEPT") != nullptr) {
      text.replace(start, to - start, body + "\n");
      std::ofstream(file) << text;
    } else {
      EXPECT_EQ(text.substr(start, to - start), body + "\n") << "CLOISON_ACCEPT=1 writes it";
    }
  }
}

}  // namespace
}  // namespace cloison::topology
