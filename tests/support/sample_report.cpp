#include "tests/support/sample_report.h"

#include <array>

#include <fmt/format.h>

namespace cloison::report {

namespace {

constexpr Term k_open{"open", "open", "ouvert"};
constexpr Term k_closed{"closed", "closed; nothing passes", "fermé ; rien ne passe"};
constexpr Term k_match{"match", "Match", "Correspondance"};
constexpr Term k_governance{"governance", "Governance", "Gouvernance"};

Phrase both(std::string_view english, std::string_view french) {
  return {std::string(english), std::string(french)};
}

std::vector<Column> columns() {
  using enum Column::Kind;
  return {{.id = "id", .heading = {"id", "Id", "N°"}, .means = "Names the rule."},
          {.id = "sources", .heading = {"sources", "Sources", "Sources"}, .kind = list, .group = k_match},
          {.id = "port", .heading = {"port", "Port", "Port"}, .kind = number, .group = k_match},
          {.id = "state", .heading = {"state", "State", "État"}, .kind = term, .group = k_governance},
          {.id = "logged", .heading = {"logged", "Logged", "Journalisé"}, .kind = boolean, .group = k_governance},
          {.id = "until", .heading = {"until", "Until", "Jusqu'au"}, .kind = date, .group = k_governance},
          {.id = "seen", .heading = {"seen", "Seen", "Vu"}, .kind = instant, .group = k_governance},
          {.id = "note", .heading = {"note", "Note, \"free\"", "Note « libre »"}}};
}

std::vector<Cell> sample_row(std::size_t row) {
  const auto& text = hostile_texts()[row % hostile_texts().size()];
  const bool odd = row % 2 == 1;
  constexpr std::array k_tones{Tone::plain, Tone::good, Tone::warning, Tone::bad, Tone::faint};
  const auto day = fmt::format("2026-{:02}-{:02}", row % 12 + 1, row % 28 + 1);
  std::vector<Cell> cells{{.value = fmt::format("R-{}", row)},
                          {.value = std::vector<std::string>{"10.0.0.0/24", text}}};
  cells.push_back({.value = odd ? int64_t{-443} : static_cast<int64_t>(row) * 1'000'000'007});
  cells.push_back({.value = odd ? &k_closed : &k_open, .tone = k_tones.at(row % k_tones.size())});
  cells.push_back({.value = odd});
  cells.push_back(odd ? Cell{} : Cell{.value = day});
  cells.push_back({.value = fmt::format("{}T{:02}:{:02}:{:02}Z", day, row % 24, row * 7 % 60, row * 13 % 60)});
  cells.push_back({.value = text});
  return cells;
}

Table rules() {
  Table table;
  table.id = "rules";
  table.title = both("Rules", "Règles");
  table.about = both("What may pass, and why.", "Ce qui peut passer, et pourquoi.");
  table.columns = columns();
  table.rows = hostile_texts().size() + 3;
  table.row = sample_row;
  table.filters = {3, 1};
  return table;
}

Matrix zones() {
  Matrix matrix;
  matrix.id = "zones";
  matrix.title = both("Zones: from [a] to */b?", "Zones : de [a] à */b?");
  matrix.froms = {"web", "=data", "é\u202Eb"};
  matrix.tos = {"web", "+data", "|c|"};
  matrix.cell = [](std::size_t from, std::size_t to) -> Cell {
    if (from == to) return {};
    if (from == 0) return {.value = static_cast<int64_t>(to), .tone = Tone::good};
    return {.value = both("all, but by day", "tout, mais de jour"), .tone = Tone::warning};
  };
  return matrix;
}

Drawing drawing() {
  Drawing one;
  one.id = "map";
  one.title = both("Map", "Carte");
  one.table = "rules";
  one.boxes = {{.id = "s", .label = "Lyon <b>", .kind = Drawing::Box::Kind::site},
               {.id = "z", .label = "- web", .within = 0, .kind = Drawing::Box::Kind::zone, .detail = "10.0.0.0/24"},
               {.id = "o", .label = "internet", .kind = Drawing::Box::Kind::outside, .filter = "internet"}};
  one.lines = {{.from = 1, .to = 2, .label = "https | 443", .kind = Drawing::Line::Kind::flow}};
  return one;
}

Heading heading() {
  Heading one;
  one.kind = "sample";
  one.title = both("Rules of <script>alert(1)</script>", "Règles de <script>alert(1)</script>");
  one.network = "lab/\u202Elyon";
  one.as_of = "2026-11-22T12:24:01Z";
  one.digest = "sha256:0123";
  one.made_by = "cloison 0.1.0";
  one.facts = {{both("State", "État"), {.value = both("serial 12", "série 12")}},
               {both("Rules", "Règles"), {.value = int64_t{12}}}};
  return one;
}

}  // namespace

const std::vector<std::string>& hostile_texts() {
  static const std::vector<std::string> texts{
      "plain",
      "",
      "=cmd|'/C calc'!A0",
      "+1+1",
      "-2+3",
      "@SUM(1,1)",
      "\t=1+1",
      "\r=1+1",
      "  =1+1",
      "\uFF1D1+1",
      "'=already",
      "a \"quoted\", comma; semicolon",
      "two\nlines",
      "three\r\nlines\rlast",
      "Données à l'été — œuvre 漢字 😀",
      "<script>alert(1)</script><img src=x onerror=alert(1)>",
      "| pipe ` tick \\| * _ [x](javascript:alert(1)) ~~s~~ $x$ #1",
      "https://evil.example/ www.evil.example root@evil.example",
      "user\u202Etxt.exe\u2066\u200B\u00AD\u061C",
      std::string("nul\0bell\x07"
                  "esc\x1B[31m del\x7F",
                  22),
      "caf\xE9 \xED\xA0\x80 \xF5 \xC3",
      "_x000D_ _x0041_ _x",
      "\uFFFE\uFFFF\uFEFF\u2028\u2029\u0085",
      "1-2",
      "0123",
      "1e5",
      "TRUE",
      "2026-11-22",
      "---",
      "</td>]]>&amp;&#0;",
      "{{ template }} ${HOME} %s %n",
      std::string(10'000, 'n'),
      std::string(40'000, 'w') + "é",
      "\\u{202E} as written",
  };
  return texts;
}

Report sample_report() {
  Properties facts;
  facts.id = "facts";
  facts.title = both("Facts", "Faits");
  for (const auto& text : hostile_texts())
    facts.lines.emplace_back(Phrase(std::string_view("Fact")), Cell{.value = text});
  facts.lines.emplace_back(both("Whether", "Si"), Cell{.value = true, .tone = Tone::bad});
  Report report;
  report.heading = heading();
  report.chapters.push_back(
      {"first", both("First", "Premier"), {Paragraph{both("1. Not a list.", "- Pas une liste."), Tone::bad}, facts}});
  report.chapters.push_back({"tables", both("Tables", "Tables"), {rules(), zones(), drawing()}});
  return report;
}

Report one_table_report() {
  Report report;
  report.heading = heading();
  report.chapters.push_back({"tables", both("Tables", "Tables"), {Paragraph{both("Text", "Texte")}, rules()}});
  return report;
}

Report large_report(std::size_t rows, std::size_t columns) {
  static const std::vector<std::string> ids = [] {
    std::vector<std::string> made;
    for (std::size_t i = 0; i < 1'000; ++i) made.push_back(fmt::format("column_{}", i));
    return made;
  }();
  constexpr std::array k_kinds{Column::Kind::text, Column::Kind::list, Column::Kind::number, Column::Kind::term,
                               Column::Kind::date};
  Table table;
  table.id = "rules";
  table.title = both("Rules", "Règles");
  table.rows = rows;
  for (std::size_t i = 0; i < columns; ++i) {
    const auto& id = ids[i % ids.size()];
    table.columns.push_back({.id = id, .heading = {id, id, id}, .kind = k_kinds.at(i % k_kinds.size())});
  }
  table.row = [columns](std::size_t row) {
    std::vector<Cell> cells;
    for (std::size_t i = 0; i < columns; ++i) {
      const std::array<Cell::Value, 5> values{
          fmt::format("cloud.production.app-{}-{}", row, i),
          std::vector<std::string>{fmt::format("10.{}.{}.0/24", i, row % 256), "10.1.0.0/16"},
          static_cast<int64_t>(row * columns + i), &k_open, fmt::format("2026-{:02}-{:02}", row % 12 + 1, i % 28 + 1)};
      cells.push_back({.value = values.at(i % values.size())});
    }
    return cells;
  };
  Report report;
  report.heading = heading();
  report.chapters.push_back({"rules", both("Rules", "Règles"), {table}});
  return report;
}

}  // namespace cloison::report
