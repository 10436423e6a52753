// Single values in HTML.

#include <algorithm>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/report/html_parts.h"
#include "core/report/html_text.h"
#include "core/report/links.h"
#include "core/report/text.h"

namespace cloison::report {

namespace {

constexpr std::size_t k_most_letters = 400, k_most_members = 40;

/// "2026-11-22T12:24:01Z" as people read it; anything else as it is.
std::string readable(const std::string& text) {
  const auto digits = [&](std::size_t at, std::size_t count) {
    return std::all_of(text.begin() + static_cast<std::ptrdiff_t>(at),
                       text.begin() + static_cast<std::ptrdiff_t>(at + count), is_digit);
  };
  const bool instant = text.size() == 20 && text[4] == '-' && text[7] == '-' && text[10] == 'T' && text[13] == ':' &&
                       text[16] == ':' && text[19] == 'Z' && digits(0, 4) && digits(11, 2) && digits(17, 2);
  return instant ? text.substr(0, 10) + " " + text.substr(11, 8) + " UTC" : text;
}

/// What is longer than anyone reads in a table is cut, and says by how much.
std::string bounded(const std::string& text) {
  const auto letters = letters_in(text);
  if (letters <= k_most_letters) return text;
  return cut_short(text, k_most_letters) + fmt::format(" [+{}]", letters - k_most_letters);
}

std::string members(const std::vector<std::string>& list) {
  std::vector<std::string> shown;
  for (std::size_t i = 0; i < std::min(list.size(), k_most_members); ++i) shown.push_back(bounded(list[i]));
  if (list.size() > shown.size()) shown.push_back(fmt::format("… [+{}]", list.size() - shown.size()));
  return join(shown, ", ");
}

struct TextOf {
  Language language;
  std::string operator()(std::monostate) const { return "–"; }
  std::string operator()(const std::string& text) const { return readable(text); }
  std::string operator()(const std::vector<std::string>& list) const { return list.empty() ? "–" : join(list, ", "); }
  std::string operator()(int64_t number) const { return std::to_string(number); }
  std::string operator()(bool yes) const { return std::string(yes_or_no(yes, language)); }
  std::string operator()(const Term* term) const { return term == nullptr ? "–" : std::string(term->in(language)); }
  std::string operator()(const Phrase& phrase) const { return phrase.in(language); }
};

/// Where a link of the report leads to in this page, percent-encoded; "": nowhere.
std::string reference(const std::string& leads_to, const PageOptions& options) {
  if (leads_to.empty()) return {};
  if (options.medium == Medium::screen) return leads_to;
  const auto link = link_of(leads_to);
  if (!link.row.empty() && options.targets.contains(link.part + "/")) return row_link(link.part, link.row);
  return options.targets.contains(link.part) ? percent_encoded(link.part) : std::string();
}

}  // namespace

std::string cell_text(const Cell& cell, Language language) {
  return std::visit(TextOf{language}, cell.value);
}

std::string_view tone_mark(Tone tone) {
  switch (tone) {
    case Tone::good:
      return "✓";
    case Tone::warning:
      return "▲";
    case Tone::bad:
      return "✗";
    case Tone::plain:
    case Tone::faint:
      return "";
  }
  return "";
}

std::string cell_html(const Cell& cell, const PageOptions& options) {
  const auto* list = std::get_if<std::vector<std::string>>(&cell.value);
  const bool listed = list != nullptr && !list->empty();
  std::string html = html_text(listed ? members(*list) : bounded(cell_text(cell, options.language)));
  if (const auto to = reference(cell.leads_to, options); !to.empty())
    html = fmt::format("<a href=\"#{}\">{}</a>", html_text(to), html);
  if (const auto mark = tone_mark(cell.tone); !mark.empty())
    html = fmt::format("<span class=\"mark\" aria-hidden=\"true\">{}</span> {}", mark, html);
  if (cell.tone == Tone::plain) return html;
  return fmt::format("<span class=\"tone {}\">{}</span>", tone_name(cell.tone), html);
}

}  // namespace cloison::report
