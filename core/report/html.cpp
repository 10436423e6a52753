// A report as one page: data, stylesheet and script within it, and a policy that allows nothing else.

#include <fmt/format.h>

#include "core/base/base64.h"
#include "core/base/digest.h"
#include "core/report/embedded.h"
#include "core/report/html_parts.h"
#include "core/report/html_text.h"
#include "core/report/writers.h"

namespace cloison::report {

namespace {

constexpr std::size_t k_rows_without_script = 50;

constexpr Term k_skip{"skip", "To the report", "Aller au rapport"},
    k_no_script{
        "no_script",
        "Without JavaScript the page shows the first rows of each table; with it, tables can be searched, sorted "
        "and filtered. The page's own script is the only one that runs, and it asks for nothing.",
        "Sans JavaScript, la page montre les premières lignes de chaque tableau ; avec lui, on peut y chercher, "
        "trier et filtrer. Seul le script de la page s'exécute, et il ne demande rien à personne."};

/// "'sha256-…'": a source of a content security policy (CSP level 3, 2.3.1).
std::string source_of(std::string_view text) {
  const auto digest = sha256(text);
  return "'sha256-" + in_base64({reinterpret_cast<const char*>(digest.data()), digest.size()}) + "'";
}

std::string head_html(const Report& report, Language language) {
  const auto& heading = report.heading;
  return fmt::format(
      "<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src {}; style-src {}; "
      "base-uri 'none'; form-action 'none'\">\n"
      "<meta name=\"referrer\" content=\"no-referrer\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n"
      "<meta name=\"generator\" content=\"{}\">\n"
      "<title>{} – {}</title>\n<style>{}</style>\n",
      source_of(page_script()), source_of(page_style()), html_text(heading.made_by),
      html_text(cut_short(heading.title.in(language), 80)), html_text(cut_short(heading.network, 80)), page_style());
}

std::string data_html(const Report& report, Language language) {
  std::string html;
  for (const auto& chapter : report.chapters)
    for (const auto& part : chapter.parts)
      if (const auto* table = std::get_if<Table>(&part))
        html += fmt::format("<script type=\"application/json\" data-rows-of=\"{}\">{}</script>\n", html_text(table->id),
                            table_data(*table, language));
  return html;
}

}  // namespace

std::string write_html(const Report& report, Language language) {
  PageOptions options{.language = language, .most_rows = k_rows_without_script};
  options.targets = targets_of(report, options);
  std::string html = fmt::format("<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n{}</head>\n<body>\n",
                                 language == Language::french ? "fr" : "en", head_html(report, language));
  html += fmt::format("<a class=\"skip\" href=\"#main\">{}</a>\n", k_skip.in(language));
  html += "<header class=\"top\">" + heading_html(report, options) + "</header>\n";
  html += fmt::format("<noscript><p class=\"note\">{}</p></noscript>\n", k_no_script.in(language));
  html += "<div class=\"columns\">" + contents_html(report, options) + "<main id=\"main\">\n";
  for (const auto& chapter : report.chapters) html += chapter_html(chapter, options);
  html += "</main></div>\n";
  html += fmt::format("<footer><code>{}</code> · {}</footer>\n", html_text(cut_short(report.heading.digest, 100)),
                      html_text(report.heading.made_by));
  html += data_html(report, language);
  html += fmt::format("<script>{}</script>\n</body>\n</html>\n", page_script());
  return html;
}

}  // namespace cloison::report
