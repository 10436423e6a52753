#pragma once
// A report as bytes. The same report gives the same bytes, whenever and wherever.

#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/report/document.h"

namespace cloison::report {

/// oscal: of reports that have that form (`Report::oscal`).
enum class Format : uint8_t { csv, xlsx, html, pdf, json, markdown, oscal };

/// "csv", "xlsx", "html", "pdf", "json", "markdown", "oscal".
[[nodiscard]] std::optional<Format> format_named(std::string_view name);
[[nodiscard]] std::string_view name_of(Format format);
/// "md" for Markdown.
[[nodiscard]] std::string_view extension_of(Format format);

/// Of each table a part of its own; one table alone has a header and rows and nothing else (RFC 4180, UTF-8 with a
/// byte order mark, since Excel takes it for something else without). Values that a spreadsheet would take for a
/// formula are led by an apostrophe.
[[nodiscard]] std::string write_csv(const Report& report, Language language);
/// Names, enumerations and dates in one form whatever the language; docs/schemas/report.schema.json is its schema.
[[nodiscard]] std::string write_json(const Report& report);
/// GitHub Flavored Markdown.
[[nodiscard]] std::string write_markdown(const Report& report, Language language);
/// A sheet for what the report says of itself, one for each table and matrix.
[[nodiscard]] Result<std::string> write_xlsx(const Report& report, Language language);
/// One file that asks for nothing else and runs nothing but its own script.
[[nodiscard]] std::string write_html(const Report& report, Language language);
/// A4, by WeasyPrint: what is too long for paper is summarised, and attached whole as CSV.
[[nodiscard]] Result<std::string> write_pdf(const Report& report, Language language);

}  // namespace cloison::report
