#pragma once
// A report before it is written in some format and language. Everything in it is data of hostile origin but for terms
// and phrases: each writer escapes what its format asks for.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/report/term.h"

namespace cloison::report {

/// How a value is shown where there is colour; never the only thing that says it.
enum class Tone : uint8_t { plain, good, warning, bad, faint };

/// One value. Nothing is "": that a thing is not known is a term that says so.
struct Cell {
  /// text and lists are data; a term is a word of ours, a date "2026-11-22" or an instant "2026-11-22T12:24:01Z".
  using Value = std::variant<std::monostate, std::string, std::vector<std::string>, int64_t, bool, const Term*, Phrase>;
  Value value{};
  Tone tone = Tone::plain;
  /// `Anchor::id` or `Table::id` that it leads to, within the same report; "": none.
  std::string leads_to{};
};

/// "plain", "good", …
[[nodiscard]] std::string_view tone_name(Tone tone);

struct Column {
  enum class Kind : uint8_t { text, list, number, boolean, date, instant, term };
  std::string_view id{};  // "source_prefixes": as JSON names it; CSV has the heading
  Term heading{};
  Kind kind = Kind::text;
  Term group{};              // "Match", "Governance": columns of one group stand beside each other
  bool on_paper = false;     // shown on paper and at first on screen; the others are asked for
  uint8_t width = 1;         // share of a line on paper, against the others'
  std::string_view means{};  // one sentence of English for the schema
};

/// "text", "list", …
[[nodiscard]] std::string_view kind_name(Column::Kind kind);

/// Rows are made when they are asked for: a hundred thousand of them are never there as cells at once.
struct Table {
  std::string id{};  // "rules"
  Phrase title{};
  Phrase about{};  // a sentence or two below the title; may be ""
  std::vector<Column> columns{};
  std::size_t rows = 0;
  /// As many cells as columns. `row` < `rows`; the same each time.
  std::function<std::vector<Cell>(std::size_t row)> row{};
  /// Which column names the row ("id"), as links and anchors write it.
  std::size_t key_column = 0;
  /// Columns (by number) after whose values people filter first.
  std::vector<std::size_t> filters{};
};

/// Rows by columns of the same things: zones by zones.
struct Matrix {
  std::string id{};
  Phrase title{};
  Phrase about{};
  std::vector<std::string> froms{}, tos{};
  std::function<Cell(std::size_t from, std::size_t to)> cell{};
};

/// Name and value, line by line.
struct Properties {
  std::string id{};
  Phrase title{};
  std::vector<std::pair<Phrase, Cell>> lines{};
};

struct Paragraph {
  Phrase text{};
  Tone tone = Tone::plain;
};

/// The topology, to be drawn: boxes in boxes, and lines between them.
struct Drawing {
  struct Box {
    std::string id{}, label{};
    std::optional<std::size_t> within{};  // index of the box around it, before it
    enum class Kind : uint8_t { site, vpc, zone, segment, outside } kind = Kind::segment;
    std::string detail{};  // "10.0.0.0/24"
    std::string filter{};  // text by which the table of `table` is filtered when it is chosen
  };
  struct Line {
    std::size_t from = 0, to = 0;  // boxes
    std::string label{};
    enum class Kind : uint8_t { tunnel, link, flow } kind = Kind::link;
  };
  std::string id{};
  Phrase title{};
  std::string table{};  // id of the table that choosing a box filters
  std::vector<Box> boxes{};
  std::vector<Line> lines{};
};

using Part = std::variant<Paragraph, Properties, Table, Matrix, Drawing>;

struct Chapter {
  std::string id{};
  Phrase title{};
  std::vector<Part> parts{};
};

/// What every report says of itself, whatever it is about.
struct Heading {
  std::string kind{};                            // "rules": the schema's name in JSON
  Phrase title{};                                // "Network rules"
  std::string network{};                         // the topology's name
  std::string as_of{};                           // instant for which it speaks
  std::string digest{};                          // "sha256:…" of what it was made from
  std::string made_by{};                         // "cloison 0.6.0"
  std::vector<std::pair<Phrase, Cell>> facts{};  // "State", "serial 12"; shown on top
};

struct Report {
  Heading heading{};
  std::vector<Chapter> chapters{};
  /// The same as OSCAL, in JSON; empty: it has no such form.
  std::function<std::string(const Heading& heading)> oscal{};
};

}  // namespace cloison::report
