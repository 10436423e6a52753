#include "tests/unit/report/page_samples.h"

#include <array>

#include <fmt/format.h>

#include "core/report/html_parts.h"
#include "core/report/links.h"

namespace cloison::report {

namespace {

using Kind = Column::Kind;

constexpr Term k_permitted{"permitted", "Permitted", "Autorisé"}, k_refused{"refused", "Refused", "Refusé"},
    k_current{"current", "Current", "À jour"}, k_due{"due", "Review due", "Revue à faire"},
    k_expired{"expired", "Expired", "Échue"}, k_not_known{"not_known", "Not known", "Non connu"};
constexpr Term k_match{"match", "Match", "Correspondance"}, k_governance{"governance", "Governance", "Gouvernance"},
    k_place{"place", "Place", "Emplacement"};

std::string zone_name(std::size_t number) {
  constexpr std::array<std::string_view, 12> k_names{"patients",  "imaging", "laboratory", "pharmacy",
                                                     "admin",     "guests",  "backup",     "exchange",
                                                     "telephony", "devices", "research",   "archive"};
  const auto name = std::string(k_names[number % k_names.size()]);
  return number < k_names.size() ? name : name + "-" + std::to_string(number / k_names.size() + 1);
}

std::string site_name(std::size_t number) {
  constexpr std::array<std::string_view, 6> k_towns{"lyon", "nantes", "rennes", "dijon", "brest", "metz"};
  return number == 0 ? "cloud" : fmt::format("lab/{}-{:02}", k_towns[number % k_towns.size()], number);
}

std::vector<Column> rule_columns() {
  return {
      {.id = "id", .heading = {"id", "Rule", "Règle"}, .on_paper = true, .width = 2, .means = "Name of the rule."},
      {.id = "from_zone",
       .heading = {"from_zone", "From zone", "De la zone"},
       .group = k_match,
       .on_paper = true,
       .width = 2},
      {.id = "to_zone",
       .heading = {"to_zone", "To zone", "Vers la zone"},
       .group = k_match,
       .on_paper = true,
       .width = 2},
      {.id = "sources",
       .heading = {"sources", "Sources", "Sources"},
       .kind = Kind::list,
       .group = k_match,
       .on_paper = true,
       .width = 4},
      {.id = "destination",
       .heading = {"destination", "Destination", "Destination"},
       .group = k_match,
       .on_paper = true,
       .width = 3},
      {.id = "service", .heading = {"service", "Service", "Service"}, .group = k_match, .on_paper = true, .width = 2},
      {.id = "action",
       .heading = {"action", "Action", "Action"},
       .kind = Kind::term,
       .group = k_match,
       .on_paper = true,
       .width = 2},
      {.id = "review",
       .heading = {"review", "Review", "Revue"},
       .kind = Kind::term,
       .group = k_governance,
       .on_paper = true,
       .width = 2},
      {.id = "owner", .heading = {"owner", "Owner", "Responsable"}, .group = k_governance},
      {.id = "reviewed", .heading = {"reviewed", "Reviewed", "Revue le"}, .kind = Kind::date, .group = k_governance},
      {.id = "expires", .heading = {"expires", "Expires", "Échéance"}, .kind = Kind::instant, .group = k_governance},
      {.id = "reason", .heading = {"reason", "Reason", "Motif"}, .group = k_governance},
      {.id = "site", .heading = {"site", "Site", "Site"}, .group = k_place},
      {.id = "packets", .heading = {"packets", "Packets", "Paquets"}, .kind = Kind::number, .group = k_place},
      {.id = "logged", .heading = {"logged", "Logged", "Journalisé"}, .kind = Kind::boolean, .group = k_place},
  };
}

std::vector<Cell> rule_row(std::size_t row, const SampleSize& size) {
  const auto from = row % size.zones, to = (row / size.zones + 1) % size.zones, site = row % size.sites;
  std::vector<std::string> sources;
  for (std::size_t i = 0; i <= row % 4; ++i)
    sources.push_back(fmt::format("10.{}.{}.0/24", site, (row * 7 + i * 13) % 250));
  const bool expired = row % 11 == 3, due = row % 7 == 2;
  const Cell review = expired ? Cell{.value = &k_expired, .tone = Tone::bad}
                      : due   ? Cell{.value = &k_due, .tone = Tone::warning}
                              : Cell{.value = &k_current, .tone = Tone::good};
  const bool dark = row % 13 == 5;
  return {
      {.value = fmt::format("R-{:06}", row + 1)},
      {.value = zone_name(from)},
      {.value = zone_name(to)},
      {.value = sources},
      {.value = row % 9 == 4 ? fmt::format("fd12:{:x}::{:x}", site, row)
                             : fmt::format("10.{}.{}.{}", site, row % 200, row % 250)},
      {.value = fmt::format("{}/{}", row % 3 == 0 ? "udp" : "tcp", 22 + row * 37 % 9000)},
      {.value = row % 5 == 0 ? &k_refused : &k_permitted, .tone = row % 5 == 0 ? Tone::faint : Tone::plain},
      review,
      dark ? Cell{.value = &k_not_known, .tone = Tone::faint} : Cell{.value = fmt::format("équipe-{}", row % 17)},
      {.value = fmt::format("2026-{:02}-{:02}", row % 12 + 1, row % 28 + 1)},
      {.value = fmt::format("2027-{:02}-{:02}T12:24:01Z", row % 12 + 1, row % 28 + 1)},
      {.value = std::string("Results are sent to the exchange platform of the region")},
      {.value = site_name(site)},
      {.value = static_cast<int64_t>(row * row % 100'003)},
      {.value = row % 2 == 0},
  };
}

Table rules_table(const SampleSize& size) {
  return {
      .id = "rules",
      .title = {"Network rules", "Règles du réseau"},
      .about = {"Every rule that is in force, with who answers for it.", "Toute règle en vigueur, avec qui en répond."},
      .columns = rule_columns(),
      .rows = size.rows,
      .row = [size](std::size_t row) { return rule_row(row, size); },
      .filters = {1, 2, 6, 7, 12}};
}

Drawing sample_drawing(const SampleSize& size) {
  Drawing drawing{.id = "topology", .title = {"Topology", "Topologie"}, .table = "rules"};
  using Box = Drawing::Box;
  const auto add = [&](Box box) {
    drawing.boxes.push_back(std::move(box));
    return drawing.boxes.size() - 1;
  };
  std::vector<std::size_t> sites;
  for (std::size_t i = 0; i < size.sites; ++i) {
    const auto name = site_name(i);
    const auto site = add(
        {.id = name, .label = name, .kind = Box::Kind::site, .detail = fmt::format("10.{}.0.0/16", i), .filter = name});
    sites.push_back(site);
    const auto vpc = add({.id = name + ".main",
                          .label = "main",
                          .within = site,
                          .kind = Box::Kind::vpc,
                          .detail = fmt::format("10.{}.0.0/16", i)});
    for (std::size_t zone = 0; zone < (i == 0 ? size.zones : 2 + i % 3); ++zone) {
      const auto label = zone_name(zone);
      add({.id = name + ".main." + label,
           .label = label,
           .within = vpc,
           .kind = zone % 2 == 0 ? Box::Kind::segment : Box::Kind::zone,
           .detail = fmt::format("10.{}.{}.0/24", i, zone + 1),
           .filter = label});
    }
  }
  const auto outside = add({.id = "internet", .label = "internet", .kind = Box::Kind::outside});
  for (std::size_t i = 1; i < sites.size(); ++i)
    drawing.lines.push_back(
        {.from = sites[0], .to = sites[i], .label = "wg" + std::to_string(i), .kind = Drawing::Line::Kind::tunnel});
  drawing.lines.push_back({.from = sites[0], .to = outside, .label = "web"});
  if (size.zones > 2)
    for (std::size_t i = 1; i < 4 && i < size.zones; ++i)
      drawing.lines.push_back({.from = 2, .to = 2 + i, .label = "tcp/443", .kind = Drawing::Line::Kind::flow});
  return drawing;
}

Matrix sample_matrix(const SampleSize& size) {
  Matrix matrix{
      .id = "zones",
      .title = {"Zones by zones", "Zones par zones"},
      .about = {"What is permitted from one zone to another.", "Ce qui est autorisé d'une zone à une autre."}};
  for (std::size_t i = 0; i < size.zones; ++i) matrix.froms.push_back(zone_name(i));
  matrix.tos = matrix.froms;
  matrix.cell = [names = matrix.froms](std::size_t from, std::size_t to) {
    if (from == to) return Cell{.value = std::string("–"), .tone = Tone::faint};
    const auto link = rows_link("rules", {{"from_zone", names[from]}, {"to_zone", names[to]}});
    if ((from + 2 * to) % 3 == 0) return Cell{.value = &k_refused, .tone = Tone::faint, .leads_to = link};
    return Cell{.value = static_cast<int64_t>((from * 3 + to * 5) % 7 + 1),
                .tone = (from + to) % 5 == 0 ? Tone::warning : Tone::good,
                .leads_to = link};
  };
  return matrix;
}

}  // namespace

Report sample_report(const SampleSize& size) {
  return {
      .heading = {.kind = "rules",
                  .title = {"Network rules", "Règles du réseau"},
                  .network = "santé-ouest",
                  .as_of = "2026-11-22T12:24:01Z",
                  .digest = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                  .made_by = "cloison 0.6.0",
                  .facts = {{{"State", "État"}, {.value = std::string("serial 12")}},
                            {{"Guarantees", "Garanties"},
                             {.value = Phrase("all 14 hold", "les 14 tiennent"), .tone = Tone::good}}}},
      .chapters = {
          {.id = "summary",
           .title = {"Summary", "Synthèse"},
           .parts = {Paragraph{.text = {"Some rules are past their date.", "Des règles sont échues."},
                               .tone = Tone::warning},
                     Properties{
                         .id = "counts",
                         .title = {"In numbers", "En chiffres"},
                         .lines = {{{"Rules", "Règles"},
                                    {.value = static_cast<int64_t>(size.rows), .leads_to = "rules"}},
                                   {{"First rule", "Première règle"},
                                    {.value = std::string("R-000001"), .leads_to = row_link("rules", "R-000001")}}}}}},
          {.id = "network", .title = {"Network", "Réseau"}, .parts = {sample_drawing(size), sample_matrix(size)}},
          {.id = "all", .title = {"Rules", "Règles"}, .parts = {rules_table(size)}}}};
}

Report hostile_report() {
  const std::vector<std::string> names{
      "</script><script>window.hacked=1</script>",
      "\"><img src=x onerror=window.hacked=1>",
      "' onfocus='window.hacked=1' autofocus x='",
      "<!-- <script> ]]> --> {{7*7}} ${7*7}",
      "\xE2\x80\xAE"
      "gnp.exe"
      "\xE2\x80\xAC \xE2\x81\xA6hidden\xE2\x81\xA9",
      "line\xE2\x80\xA8separator\xE2\x80\xA9 and\nnew\tline\rreturn",
      std::string("zero\0byte \x01\x1B[31m \x7F \xC2\x85 \xC2\x9B", 24),
      "no UTF-8 \xFF\xFE \xC3(",
      "} body{display:none} @import url(https://hostile.example/x.css);",
      "javascript:window.hacked=1",
      "=HYPERLINK(\"https://hostile.example\")",
      std::string(10'000, 'x'),
      "a b&c=d#e/f?g%20%3C",
      "__proto__",
  };
  auto report = sample_report({.rows = names.size(), .sites = 3, .zones = 4});
  report.heading.network = names[0] + names[4];
  report.heading.title = Phrase(std::string_view(names[1]));
  report.heading.digest = names[11];
  report.heading.facts.push_back({Phrase(std::string_view(names[2])), {.value = names[3]}});
  auto& drawing = std::get<Drawing>(report.chapters[1].parts[0]);
  for (std::size_t i = 0; i < drawing.boxes.size(); ++i) {
    drawing.boxes[i].label = names[i % names.size()];
    drawing.boxes[i].detail = names[(i + 5) % names.size()];
    drawing.boxes[i].filter = names[(i + 7) % names.size()];
  }
  for (auto& line : drawing.lines) line.label = names[0];
  auto& matrix = std::get<Matrix>(report.chapters[1].parts[1]);
  for (std::size_t i = 0; i < matrix.froms.size(); ++i) matrix.froms[i] = names[i], matrix.tos[i] = names[i + 8];
  matrix.cell = [names](std::size_t from, std::size_t to) {
    return Cell{.value = names[(from * 4 + to) % 11],
                .tone = Tone::bad,
                .leads_to = rows_link("rules", {{"from_zone", names[from]}})};
  };
  auto& table = std::get<Table>(report.chapters[2].parts[0]);
  table.row = [names](std::size_t row) {
    auto cells = rule_row(row, {.rows = names.size(), .sites = 3, .zones = 4});
    const auto at = [&](std::size_t i) { return names[(row + i) % names.size()]; };
    cells[1].value = at(0);
    cells[2] = {.value = at(1), .leads_to = at(9)};
    cells[3].value = std::vector<std::string>{at(2), at(3), at(4)};
    cells[5].value = at(6);
    cells[11].value = at(7);
    if (row > 7) cells[0] = {.value = at(0), .leads_to = row_link("rules", at(0))};
    return cells;
  };
  return report;
}

std::string plain_csv(const Report& report, Language language) {
  std::string csv;
  for (const auto& chapter : report.chapters)
    for (const auto& part : chapter.parts)
      if (const auto* table = std::get_if<Table>(&part))
        for (std::size_t row = 0; row < table->rows; ++row) {
          for (const auto& cell : table->row(row)) csv += cell_text(cell, language) + ";";
          csv += "\r\n";
        }
  return csv;
}

}  // namespace cloison::report
