// The pages of a PDF as HTML. Fonts are named (and so embedded); what stands above and below each page is taken from
// the heading by the stylesheet (paper.css).

#include <fmt/format.h>

#include "core/report/embedded.h"
#include "core/report/html_parts.h"
#include "core/report/html_text.h"
#include "core/report/pdf.h"

namespace cloison::report {

namespace {

constexpr std::size_t k_running_letters = 60;

PageOptions paper_options(const Report& report, Language language) {
  PageOptions options{.language = language, .medium = Medium::paper, .summarised_above = k_most_paper_rows};
  options.targets = targets_of(report, options);
  return options;
}

/// Texts that the stylesheet puts above and below each page.
std::string running_html(const Heading& heading, Language language) {
  const auto running = [](std::string_view name, const std::string& text) {
    return fmt::format("<span class=\"running {}\">{}</span>", name, html_text(cut_short(text, k_running_letters)));
  };
  return running("run-network", heading.network) + running("run-title", heading.title.in(language)) +
         fmt::format("<span class=\"running run-digest\">{}</span>", html_text(cut_short(heading.digest, 80))) +
         "<span class=\"running run-page\">Page</span>\n";  // the same word in both
}

}  // namespace

std::string paper_html(const Report& report, Language language) {
  const auto options = paper_options(report, language);
  const auto& heading = report.heading;
  std::string html = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\"><title>{} – {}</title>\n"
      "<meta name=\"generator\" content=\"{}\">\n<meta name=\"dcterms.created\" "
      "content=\"{}\">\n<style>{}</style></head>\n<body>\n",
      language == Language::french ? "fr" : "en", html_text(cut_short(heading.title.in(language), 80)),
      html_text(cut_short(heading.network, 80)), html_text(heading.made_by), html_text(heading.as_of), paper_style());
  html += "<header class=\"top\">" + running_html(heading, language) + heading_html(report, options) + "</header>\n";
  html += contents_html(report, options);
  for (const auto& chapter : report.chapters) html += chapter_html(chapter, options);
  return html + "</body></html>\n";
}

std::vector<Attachment> attachments_of(const Report& report, Language language, const CsvWriter& csv) {
  const auto options = paper_options(report, language);
  std::vector<Attachment> files;
  for (const auto& chapter : report.chapters)
    for (const auto& part : chapter.parts) {
      const auto* table = std::get_if<Table>(&part);
      if (table == nullptr || !is_summarised(*table, options)) continue;
      const Report alone{.heading = report.heading,
                         .chapters = {{.id = chapter.id, .title = chapter.title, .parts = {*table}}}};
      files.push_back({.name = percent_encoded(table->id) + ".csv", .bytes = csv(alone, language)});
    }
  return files;
}

}  // namespace cloison::report
