#include <filesystem>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/starters.h"
#include "cli/view/advice.h"
#include "core/base/strings.h"
#include "core/ops/files.h"

namespace cloison::cli {

namespace {

const Starter* starter_named(std::string_view name) {
  for (const auto& starter : starters())
    if (starter.name == name) return &starter;
  return nullptr;
}

int unknown_starter(Console& console, const std::string& name) {
  std::vector<std::string> known;
  for (const auto& starter : starters()) known.push_back(fmt::format("{} ({})", starter.name, starter.summary));
  return usage_status(console, "there is no starter '" + printable(name) + "'", "--template " + join(known, ", or "));
}

}  // namespace

int run_init(const Arguments& arguments, Session& session, Console& console) {
  (void)session;
  const auto* starter = starter_named(arguments.starter);
  if (!starter) return unknown_starter(console, arguments.starter);
  const std::filesystem::path folder = arguments.words.empty() ? "." : arguments.words.front();
  std::error_code error;
  Diagnostics there;
  for (const auto& file : starter->files)
    if (std::filesystem::exists(folder / file.name, error))
      there.push_back({.kind = ErrorKind::usage,
                       .code = "CL6008",
                       .summary = "there is already a " + printable((folder / file.name).string()),
                       .detail = "init overwrites nothing.",
                       .hint = "`cloison init example` writes elsewhere"});
  if (!there.empty()) {
    console.diagnostics(there, SourceMap(), Outcome::nothing_changed);
    return 1;
  }
  std::filesystem::create_directories(folder, error);
  for (const auto& file : starter->files) {
    const auto path = folder / file.name;
    if (auto written = ops::write_file(path, file.text, ops::Access::shared_file); !written) {
      console.error(written.error());
      return 1;
    }
    console.text("wrote " + printable(path.lexically_normal().string()) + '\n');
    console.line({"file", JsonObject().text("path", path.lexically_normal().string())});
  }
  const auto where = folder == "." ? std::string() : " -t " + shell_word(folder.string());
  console.advice("Next: cloison validate" + where + "\n");
  return 0;
}

}  // namespace cloison::cli
