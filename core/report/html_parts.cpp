#include "core/report/html_parts.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/report/html_text.h"

namespace cloison::report {

namespace {

constexpr Term k_contents{"contents", "Contents", "Sommaire"}, k_as_of{"as_of", "As of", "Situation au"},
    k_digest{"digest", "Made from", "Établi à partir de"}, k_made_by{"made_by", "Made by", "Établi par"};

template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

struct Titled {
  std::string id{}, title{}, about{};
};

Titled titled(const Part& part, Language language) {
  return std::visit(
      Overloaded{[](const Paragraph&) { return Titled{}; },
                 [&](const Table& one) { return Titled{one.id, one.title.in(language), one.about.in(language)}; },
                 [&](const Matrix& one) { return Titled{one.id, one.title.in(language), one.about.in(language)}; },
                 [&](const auto& one) { return Titled{one.id, one.title.in(language), {}}; }},
      part);
}

std::string line_html(const Phrase& name, const std::string& value, Language language) {
  return fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", html_text(name.in(language)), value);
}

std::string properties_html(const Properties& properties, const PageOptions& options) {
  std::string html = "<table class=\"properties\"><caption>" + html_text(properties.title.in(options.language)) +
                     "</caption><tbody>\n";
  for (const auto& [name, cell] : properties.lines) html += line_html(name, cell_html(cell, options), options.language);
  return html + "</tbody></table>\n";
}

std::string paragraph_html(const Paragraph& paragraph, const PageOptions& options) {
  return "<p>" + cell_html({.value = paragraph.text, .tone = paragraph.tone}, options) + "</p>\n";
}

std::string part_html(const Part& part, const PageOptions& options) {
  return std::visit(Overloaded{[&](const Paragraph& one) { return paragraph_html(one, options); },
                               [&](const Properties& one) { return properties_html(one, options); },
                               [&](const Table& one) { return table_html(one, options); },
                               [&](const Matrix& one) { return matrix_html(one, options); },
                               [&](const Drawing& one) { return drawing_html(one, options); }},
                    part);
}

std::string contents_item(const std::string& id, const std::string& title, const std::string& inner = {}) {
  return fmt::format("<li><a href=\"#{}\">{}</a>{}</li>\n", html_text(percent_encoded(id)), html_text(title),
                     inner.empty() ? "" : "<ol>" + inner + "</ol>");
}

/// A number of rows of that table on screen, where it is long: "(10 000)".
std::string with_rows(const Part& part, const std::string& title) {
  const auto* table = std::get_if<Table>(&part);
  return table == nullptr ? title : fmt::format("{} ({})", title, table->rows);
}

bool needs_width(const Part& part, const PageOptions& options) {
  const auto* table = std::get_if<Table>(&part);
  return table != nullptr && options.medium == Medium::paper && table->rows != 0 && !is_summarised(*table, options) &&
         is_wide(*table);
}

/// Whether a chapter's first part after its paragraphs is wide: then its title stands on that paper, too.
bool begins_wide(const Chapter& chapter, const PageOptions& options) {
  const auto first = std::find_if(chapter.parts.begin(), chapter.parts.end(),
                                  [](const Part& part) { return !std::holds_alternative<Paragraph>(part); });
  return first != chapter.parts.end() && needs_width(*first, options);
}

}  // namespace

std::set<std::string> targets_of(const Report& report, const PageOptions& options) {
  std::set<std::string> targets;
  for (const auto& chapter : report.chapters) {
    targets.insert(chapter.id);
    for (const auto& part : chapter.parts) {
      if (const auto one = titled(part, options.language); !one.id.empty()) targets.insert(one.id);
      if (const auto* table = std::get_if<Table>(&part); table != nullptr && !is_summarised(*table, options))
        targets.insert(table->id + "/");
    }
  }
  return targets;
}

std::string heading_html(const Report& report, const PageOptions& options) {
  const auto& heading = report.heading;
  const auto language = options.language;
  const auto text = [&](const std::string& value) { return cell_html({.value = value}, options); };
  std::string html = fmt::format(
      "<p class=\"network\">{}</p>\n<h1>{}</h1>\n<table class=\"properties facts\"><caption>{}</caption><tbody>\n",
      text(heading.network), html_text(heading.title.in(language)), html_text(heading.title.in(language)));
  html += line_html(Phrase(k_as_of), text(heading.as_of), language);
  for (const auto& [name, cell] : heading.facts) html += line_html(name, cell_html(cell, options), language);
  html += line_html(Phrase(k_digest), "<code>" + text(heading.digest) + "</code>", language);
  html += line_html(Phrase(k_made_by), text(heading.made_by), language);
  return html + "</tbody></table>\n";
}

std::string contents_html(const Report& report, const PageOptions& options) {
  std::string items;
  for (const auto& chapter : report.chapters) {
    std::string inner;
    for (const auto& part : chapter.parts) {
      const auto one = titled(part, options.language);
      if (!one.id.empty() && !one.title.empty() && one.title != chapter.title.in(options.language))
        inner += contents_item(one.id, with_rows(part, one.title));
    }
    items += contents_item(chapter.id, chapter.title.in(options.language), inner);
  }
  return fmt::format("<nav class=\"contents\" aria-label=\"{0}\"><h2>{0}</h2><ol>{1}</ol></nav>\n",
                     k_contents.in(options.language), items);
}

std::string chapter_html(const Chapter& chapter, const PageOptions& options) {
  const auto id = [&](const std::string& raw) {
    return html_text(options.medium == Medium::paper ? raw : percent_encoded(raw));
  };
  const auto& title = chapter.title.in(options.language);
  const bool wide = begins_wide(chapter, options);
  std::string html = fmt::format("<section class=\"chapter{}\" id=\"{}\"><h2>{}</h2>\n", wide ? " wide" : "",
                                 id(chapter.id), html_text(title));
  for (const auto& part : chapter.parts) {
    const auto one = titled(part, options.language);
    if (one.id.empty()) {
      html += part_html(part, options);
      continue;
    }
    const bool is_table = std::holds_alternative<Table>(part);
    html += fmt::format("<section class=\"part{}\" {}=\"{}\"{}>", !wide && needs_width(part, options) ? " wide" : "",
                        one.id == chapter.id ? "data-of" : "id", id(one.id),
                        is_table ? " data-table=\"" + html_text(one.id) + "\"" : "");
    if (one.title != title) html += "<h3>" + html_text(one.title) + "</h3>\n";
    if (!one.about.empty()) html += "<p class=\"about\">" + html_text(one.about) + "</p>\n";
    html += part_html(part, options) + "</section>\n";
  }
  return html + "</section>\n";
}

}  // namespace cloison::report
