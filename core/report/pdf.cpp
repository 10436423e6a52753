#include "core/report/pdf.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <system_error>

#include <fmt/format.h>

#include "core/base/child_process.h"
#include "core/base/digest.h"
#include "core/base/strings.h"

namespace cloison::report {

namespace {

namespace fs = std::filesystem;

/// A folder that only this user can enter, gone with this object.
class PageFolder {
 public:
  PageFolder() {
    std::error_code error;
    auto pattern = (fs::temp_directory_path(error) / "cloison-XXXXXX").native();
    if (!error && ::mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~PageFolder() {
    std::error_code error;
    if (!path_.empty()) fs::remove_all(path_, error);
  }
  PageFolder(const PageFolder&) = delete;
  PageFolder& operator=(const PageFolder&) = delete;
  /// "": it could not be made.
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_{};
};

bool write_whole(const fs::path& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return static_cast<bool>(file.flush());
}

/// The last lines of what WeasyPrint complained of.
std::string end_of(const fs::path& path) {
  constexpr std::size_t k_longest = 400;
  std::ifstream file(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const auto last = trimmed(text);
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

int64_t seconds_of(std::string_view instant) {
  std::array<int, 6> numbers{};  // year, month, day, hour, minute, second
  constexpr std::string_view k_shape = "0000-11-22T33:44:55Z";
  if (instant.size() != k_shape.size()) return 0;
  for (std::size_t at = 0; at < instant.size(); ++at) {
    if (!is_digit(k_shape[at]) && instant[at] != k_shape[at]) return 0;
    if (!is_digit(k_shape[at])) continue;
    if (!is_digit(instant[at])) return 0;
    auto& number = numbers[static_cast<std::size_t>(k_shape[at] - '0')];
    number = number * 10 + (instant[at] - '0');
  }
  const auto [year, month, day, hour, minute, second] = numbers;
  const std::chrono::year_month_day date(std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day)));
  if (!date.ok()) return 0;
  const int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return std::max<int64_t>(((days * 24 + hour) * 60 + minute) * 60 + second, 0);
}

Result<std::string> pdf_of(const Report& report, Language language, const CsvWriter& csv, const std::string& program) {
  const PageFolder folder;
  if (folder.path().empty()) return fail(failed("No folder for its files can be made."));
  const std::string html = paper_html(report, language);
  const auto complaints = folder.path() / "complaints";
  Child child{.words = {program, "--quiet", "--encoding", "utf-8", "--base-url", "about:blank", "--pdf-identifier",
                        sha256_hex(html), "-", "-"},
              .input = html,
              .environment = {{"SOURCE_DATE_EPOCH", std::to_string(seconds_of(report.heading.as_of))}, {"TZ", "UTC"}},
              .complaints = complaints};
  for (const auto& [name, bytes] : attachments_of(report, language, csv)) {
    const auto path = folder.path() / name;
    if (!write_whole(path, bytes)) return fail(failed("An attachment cannot be written."));
    child.words.insert(child.words.begin() + 1, {"--attachment", path.native()});
  }
  auto made = run_child(child);
  if (!made && made.error().kind == ErrorKind::not_found) return fail(missing());
  if (!made) return fail(failed(end_of(complaints)));
  if (!made->output.starts_with("%PDF-")) return fail(failed("What it gave is no PDF. " + end_of(complaints)));
  return std::move(made->output);
}

}  // namespace cloison::report
