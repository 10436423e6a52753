#include "cli/commands/found_file.h"

#include <algorithm>

#include <fmt/format.h>

#include "cli/error_pages.h"
#include "cli/view/advice.h"
#include "core/base/strings.h"
#include "core/ops/files.h"

namespace cloison::cli {

namespace {

std::string_view page_of(std::string_view code) {
  for (const auto& page : error_pages())
    if (page.code == code) return page.text;
  return {};
}

std::string named_by(const std::string& file) {
  if (file.ends_with(".sarif") || file.ends_with(".sarif.json")) return "sarif";
  return file.ends_with(".xml") ? "junit" : "";
}

}  // namespace

FoundFile found_file(const Arguments& arguments, std::initializer_list<std::string_view> formats) {
  FoundFile file{.printed = arguments.out.empty() || arguments.out == "-"};
  if (arguments.formats.empty() && arguments.out.empty()) return file;
  file.format = arguments.formats.empty() ? named_by(arguments.out) : arguments.formats.front();
  if (std::find(formats.begin(), formats.end(), file.format) != formats.end()) return file;
  file.format.clear();
  file.wrong = fmt::format("'{}' does not tell a format", printable(arguments.out));
  return file;
}

std::string sarif_of(report::FoundRun run, const SourceMap& sources, const Arguments& arguments,
                     const Session& session) {
  run.command = arguments.command, run.version = session.version;
  run.simulated = run.live && arguments.sandbox;
  for (auto& one : run.found) one.hint = pastable(one.hint, arguments);
  return report::write_sarif(run, sources, page_of);
}

int save_found(const FoundFile& file, const std::string& text, int status, const Arguments& arguments,
               Console& console) {
  const auto& scrubber = console.session().scrubber;
  const auto clean = scrubber ? scrubber->clean(text) : text;
  const auto line = [&] {
    return JsonObject().text("format", file.format).text("language", "en").number("bytes", clean.size());
  };
  if (file.printed) {
    console.line({"report", line().text("file", "").text("text", clean)});
    console.text(clean);
    return status;
  }
  // It names people and places, as reports do.
  if (auto saved = ops::write_file(arguments.out, clean, ops::Access::private_file); !saved) {
    console.error(saved.error());
    return 1;
  }
  console.line({"report", line().text("file", arguments.out).text("text", "")});
  return status;
}

}  // namespace cloison::cli
