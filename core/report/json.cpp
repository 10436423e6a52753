// docs/schemas/report.schema.json says what this writes. Rows are written as they are made, each on a line: two reports
// differ by lines, and no tree of them is ever in memory.

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "core/report/json_text.h"
#include "core/report/writers.h"

namespace cloison::report {

namespace {

std::string_view box_name(Drawing::Box::Kind kind) {
  switch (kind) {
    case Drawing::Box::Kind::site:
      return "site";
    case Drawing::Box::Kind::vpc:
      return "vpc";
    case Drawing::Box::Kind::zone:
      return "zone";
    case Drawing::Box::Kind::segment:
      return "segment";
    case Drawing::Box::Kind::outside:
      return "outside";
  }
  return "";
}

std::string_view line_name(Drawing::Line::Kind kind) {
  switch (kind) {
    case Drawing::Line::Kind::tunnel:
      return "tunnel";
    case Drawing::Line::Kind::link:
      return "link";
    case Drawing::Line::Kind::flow:
      return "flow";
  }
  return "";
}

class JsonWriter {
 public:
  std::string write(const Report& report) {
    const auto& heading = report.heading;
    out_ = "{\"format\": 1";
    member("kind", heading.kind);
    member("title", heading.title);
    member("network", heading.network);
    member_or_null("as_of", heading.as_of);
    member_or_null("digest", heading.digest);
    member("made_by", heading.made_by);
    key("facts");
    list(heading.facts, "\n ", [&](const auto& fact) { named(fact); });
    out_ += ",\n\"chapters\": ";
    list(report.chapters, "\n", [&](const Chapter& one) { chapter(one); });
    out_ += ",\n\"terms\": ";
    terms();
    return std::move(out_ += "}\n");
  }

 private:
  void text(std::string_view value) {
    const auto as_it_is = [](char c) { return c >= 0x20 && c < 0x7F && c != '"' && c != '\\'; };
    out_ += '"';
    if (std::all_of(value.begin(), value.end(), as_it_is))
      out_ += value;
    else
      append_json(out_, value);
    out_ += '"';
  }
  void phrase(std::string_view english, std::string_view french) {
    out_ += R"({"en": )";
    text(english);
    out_ += R"(, "fr": )";
    text(french);
    out_ += '}';
  }
  /// Of an object that has a member already.
  void key(std::string_view name) { ((out_ += ", \"") += name) += "\": "; }
  void member(std::string_view name, std::string_view value) { key(name), text(value); }
  void member(std::string_view name, const Phrase& value) { key(name), phrase(value.english, value.french); }
  void member(std::string_view name, std::size_t value) { key(name), out_ += std::to_string(value); }
  void member_or_null(std::string_view name, std::string_view value) {
    key(name);
    value.empty() ? void(out_ += "null") : text(value);
  }
  void member_or_null(std::string_view name, const Phrase& value) {
    key(name);
    value.empty() ? void(out_ += "null") : phrase(value.english, value.french);
  }
  template <class Items, class Write>
  void list(const Items& items, std::string_view before, Write write) {
    out_ += '[';
    bool first = true;
    for (const auto& item : items) {
      if (!first) out_ += before.front() == '\n' ? "," : ", ";
      if (before.front() == '\n') out_ += before;
      first = false;
      write(item);
    }
    out_ += ']';
  }

  void value(const Cell& cell) {
    std::visit([&](const auto& one) { write_value(one); }, cell.value);
  }
  void write_value(std::monostate) { out_ += "null"; }
  void write_value(const std::string& one) { text(one); }
  void write_value(const std::vector<std::string>& items) {
    list(items, " ", [&](const std::string& item) { text(item); });
  }
  void write_value(int64_t number) { out_ += std::to_string(number); }
  void write_value(bool flag) { out_ += flag ? "true" : "false"; }
  void write_value(const Term* term) {
    if (term == nullptr) return write_value(std::monostate());
    terms_.try_emplace(term->id, term);
    text(term->id);
  }
  void write_value(const Phrase& one) { phrase(one.english, one.french); }

  void named(const std::pair<Phrase, Cell>& line) {
    out_ += R"({"name": )";
    phrase(line.first.english, line.first.french);
    key("value");
    value(line.second);
    out_ += '}';
  }

  void chapter(const Chapter& one) {
    out_ += R"({"id": )";
    text(one.id);
    member("title", one.title);
    key("parts");
    list(one.parts, "\n ", [&](const Part& any) { std::visit([&](const auto& is) { part(is); }, any); });
    out_ += '}';
  }
  void part(const Paragraph& paragraph) {
    out_ += R"({"part": "paragraph")";
    member("text", paragraph.text);
    member("tone", tone_name(paragraph.tone));
    out_ += '}';
  }
  void part(const Properties& properties) {
    out_ += R"({"part": "properties")";
    member("id", properties.id);
    member("title", properties.title);
    key("lines");
    list(properties.lines, "\n  ", [&](const auto& line) { named(line); });
    out_ += '}';
  }
  void part(const Table& table) {
    out_ += R"({"part": "table")";
    member("id", table.id);
    member("title", table.title);
    member_or_null("about", table.about);
    member_or_null("key", column_id(table, table.key_column));
    key("filters");
    list(table.filters, " ", [&](std::size_t at) { text(column_id(table, at)); });
    key("columns");
    list(table.columns, "\n  ", [&](const Column& one) { column(one); });
    key("rows");
    rows(table);
    out_ += '}';
  }
  static std::string_view column_id(const Table& table, std::size_t at) {
    return at < table.columns.size() ? table.columns[at].id : std::string_view();
  }
  void column(const Column& one) {
    out_ += R"({"id": )";
    text(one.id);
    key("heading");
    phrase(one.heading.english, one.heading.french);
    member("kind", kind_name(one.kind));
    key("group");
    if (one.group.english.empty()) {
      out_ += "null";
    } else {
      out_ += R"({"id": )";
      text(one.group.id);
      member("en", one.group.english);
      member("fr", one.group.french);
      out_ += '}';
    }
    member_or_null("means", one.means);
    out_ += '}';
  }
  void rows(const Table& table) {
    std::vector<std::string> keys;
    for (const auto& one : table.columns) {
      std::string before = keys.empty() ? "{\"" : ", \"";
      append_json(before, one.id);
      keys.push_back(before + "\": ");
    }
    out_ += '[';
    for (std::size_t row = 0; row < table.rows; ++row) {
      out_ += row == 0 ? "\n  " : ",\n  ";
      const auto cells = table.row(row);
      for (std::size_t i = 0; i < cells.size() && i < keys.size(); ++i) {
        out_ += keys[i];
        value(cells[i]);
      }
      out_ += cells.empty() || keys.empty() ? "{}" : "}";
    }
    out_ += ']';
  }
  void part(const Matrix& matrix) {
    out_ += R"({"part": "matrix")";
    member("id", matrix.id);
    member("title", matrix.title);
    member_or_null("about", matrix.about);
    key("froms");
    write_value(matrix.froms);
    key("tos");
    write_value(matrix.tos);
    key("cells");
    out_ += '[';
    for (std::size_t from = 0; from < matrix.froms.size(); ++from) {
      out_ += from == 0 ? "\n  [" : ",\n  [";
      for (std::size_t to = 0; to < matrix.tos.size(); ++to) {
        if (to > 0) out_ += ", ";
        value(matrix.cell(from, to));
      }
      out_ += ']';
    }
    out_ += "]}";
  }
  void part(const Drawing& drawing) {
    out_ += R"({"part": "drawing")";
    member("id", drawing.id);
    member("title", drawing.title);
    member_or_null("table", drawing.table);
    key("boxes");
    list(drawing.boxes, "\n  ", [&](const Drawing::Box& one) { box(one); });
    key("lines");
    list(drawing.lines, "\n  ", [&](const Drawing::Line& one) {
      out_ += fmt::format(R"({{"from": {}, "to": {}, "kind": "{}")", one.from, one.to, line_name(one.kind));
      member("label", one.label);
      out_ += '}';
    });
    out_ += '}';
  }
  void box(const Drawing::Box& one) {
    out_ += R"({"id": )";
    text(one.id);
    member("label", one.label);
    key("within");
    out_ += one.within ? std::to_string(*one.within) : "null";
    member("kind", box_name(one.kind));
    member_or_null("detail", one.detail);
    member_or_null("filter", one.filter);
    out_ += '}';
  }
  /// The words of every term that was written.
  void terms() {
    out_ += '{';
    bool first = true;
    for (const auto& [id, term] : terms_) {
      out_ += first ? "\n " : ",\n ";
      first = false;
      text(id);
      out_ += ": ";
      phrase(term->english, term->french);
    }
    out_ += '}';
  }

  std::string out_{};
  std::map<std::string_view, const Term*> terms_{};
};

}  // namespace

std::string write_json(const Report& report) {
  return JsonWriter().write(report);
}

}  // namespace cloison::report
