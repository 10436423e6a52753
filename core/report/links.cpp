#include "core/report/links.h"

#include "core/base/strings.h"
#include "core/report/html_text.h"
#include "core/report/text.h"

namespace cloison::report {

std::string row_link(std::string_view table, std::string_view key) {
  return std::string(table) + "/" + percent_encoded(shown_in_line(key));
}

std::string rows_link(std::string_view table, const std::vector<std::pair<std::string, std::string>>& columns) {
  std::string link(table);
  char before = '?';
  for (const auto& [column, value] : columns) {
    link += before + percent_encoded(column) + "=" + percent_encoded(shown_in_line(value));
    before = '&';
  }
  return link;
}

std::string search_link(std::string_view table, std::string_view text) {
  return std::string(table) + "?" + percent_encoded(shown_in_line(text));
}

Link link_of(std::string_view leads_to) {
  const auto end = leads_to.find_first_of("/?");
  Link link{.part = std::string(leads_to.substr(0, end))};
  if (end != std::string_view::npos && leads_to[end] == '/') link.row = percent_decoded(leads_to.substr(end + 1));
  return link;
}

}  // namespace cloison::report
