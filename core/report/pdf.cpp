#include "core/report/pdf.h"

#include <fstream>

#include <fmt/format.h>

#include "core/base/child_process.h"
#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/strings.h"
#include "core/report/temporary_folder.h"

namespace cloison::report {

namespace {

bool write_whole(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return static_cast<bool>(file.flush());
}

/// The last of what WeasyPrint complained of.
std::string end_of(const std::string& complaints) {
  constexpr std::size_t k_longest = 400;
  const auto last = trimmed(complaints);
  return printable(last.substr(last.size() > k_longest ? last.size() - k_longest : 0));
}

Diagnostic failed(std::string detail) {
  return {.kind = ErrorKind::internal,
          .code = "CL7002",
          .summary = "WeasyPrint made no PDF",
          .detail = std::move(detail),
          .hint = "take the page instead, and print it: the format `html` needs no other program"};
}

Diagnostic missing() {
  return {.kind = ErrorKind::not_found,
          .code = "CL7001",
          .summary = "PDF needs WeasyPrint",
          .detail = "WeasyPrint makes pages for paper, and is not installed.",
          .hint = "apt install weasyprint fonts-liberation fonts-dejavu-core"};
}

}  // namespace

Result<std::string> pdf_of(const Report& report, Language language, const CsvWriter& csv, const std::string& program) {
  const auto folder = TemporaryFolder::make();
  if (!folder) return fail(failed("No folder for its files can be made: " + folder.error() + "."));
  const std::string html = paper_html(report, language);
  const auto as_of = parse_rfc3339(report.heading.as_of).value_or(Instant{}).time_since_epoch().count();
  Child child{.words = {program, "--quiet", "--encoding", "utf-8", "--base-url", "about:blank", "--pdf-identifier",
                        sha256_hex(html), "-", "-"},
              .input = html,
              .environment = {{"SOURCE_DATE_EPOCH", std::to_string(as_of)}, {"TZ", "UTC"}},
              .takes_complaints = true};
  for (const auto& [name, bytes] : attachments_of(report, language, csv)) {
    const auto path = folder->path() / name;
    if (!write_whole(path, bytes)) return fail(failed("An attachment cannot be written."));
    child.words.insert(child.words.begin() + 1, {"--attachment", path.native()});
  }
  auto made = run_child(child);
  if (!made && made.error().kind == ErrorKind::not_found) return fail(missing());
  if (!made) return fail(failed(made.error().detail));
  if (made->status != 0) return fail(failed(end_of(made->complaints)));
  if (!made->output.starts_with("%PDF-")) return fail(failed("What it gave is no PDF. " + end_of(made->complaints)));
  return std::move(made->output);
}

}  // namespace cloison::report
