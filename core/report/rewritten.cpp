#include "core/report/rewritten.h"

namespace cloison::report {

namespace {

class Rewriter {
 public:
  explicit Rewriter(const Rewriting& rewriting) : rewriting_(rewriting) {}

  void of(std::string& text) const { text = rewriting_(text); }
  void of(Phrase& phrase) const { of(phrase.english), of(phrase.french); }

  void of(Cell& cell) const {
    of(cell.leads_to);
    if (auto* text = std::get_if<std::string>(&cell.value)) of(*text);
    if (auto* phrase = std::get_if<Phrase>(&cell.value)) of(*phrase);
    if (auto* items = std::get_if<std::vector<std::string>>(&cell.value))
      for (auto& item : *items) of(item);
  }

  void of(Paragraph& paragraph) const { of(paragraph.text); }

  void of(Properties& properties) const {
    of(properties.title);
    for (auto& [name, cell] : properties.lines) of(name), of(cell);
  }

  /// Rows are made when they are asked for, and so rewritten then.
  void of(Table& table) const {
    of(table.title), of(table.about);
    table.row = [row = std::move(table.row), rewriting = rewriting_](std::size_t number) {
      auto cells = row(number);
      for (auto& cell : cells) Rewriter(rewriting).of(cell);
      return cells;
    };
  }

  void of(Matrix& matrix) const {
    of(matrix.title), of(matrix.about);
    for (auto* names : {&matrix.froms, &matrix.tos})
      for (auto& name : *names) of(name);
    matrix.cell = [cell = std::move(matrix.cell), rewriting = rewriting_](std::size_t from, std::size_t to) {
      auto one = cell(from, to);
      Rewriter(rewriting).of(one);
      return one;
    };
  }

  void of(Drawing& drawing) const {
    of(drawing.title);
    for (auto& box : drawing.boxes) of(box.id), of(box.label), of(box.detail), of(box.filter);
    for (auto& line : drawing.lines) of(line.label);
  }

 private:
  const Rewriting& rewriting_;
};

}  // namespace

Report rewritten(Report report, const Rewriting& rewriting) {
  const Rewriter rewriter(rewriting);
  report.oscal = {};  // is made of what it was
  rewriter.of(report.heading.title);
  for (auto& [name, cell] : report.heading.facts) rewriter.of(name), rewriter.of(cell);
  for (auto& chapter : report.chapters) {
    rewriter.of(chapter.title);
    for (auto& part : chapter.parts) std::visit([&](auto& one) { rewriter.of(one); }, part);
  }
  return report;
}

}  // namespace cloison::report
