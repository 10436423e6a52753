// What changed of a flow, in both languages.

#include "core/report/diff.h"

#include <gtest/gtest.h>

namespace cloison::report {

namespace {

Cell fields_of(std::vector<FieldChange> changes) {
  const auto report = diff_report({.flows = {{.id = "F-1", .changes = std::move(changes)}}});
  for (const auto& part : report.chapters.front().parts)
    if (const auto* table = std::get_if<Table>(&part); table != nullptr && table->id == "flows") {
      for (std::size_t i = 0; i < table->columns.size(); ++i)
        if (table->columns[i].id == "fields") return table->row(0)[i];
    }
  return {};
}

TEST(DiffReport, NamesFieldsInTheLanguageOfTheReport) {
  const auto cell = fields_of({{"services", "tcp/443", "tcp/443, tcp/8443"},
                               {"owner", "anne", ""},
                               {"disabled", "", "true"},
                               {"next_review", "", "2026-12-01"},
                               {"a_later_one", "a", "b"}});
  const auto* phrase = std::get_if<Phrase>(&cell.value);
  ASSERT_NE(phrase, nullptr);
  EXPECT_EQ(phrase->english,
            "services: tcp/443 -> tcp/443, tcp/8443\nowner: anne ->\ndisabled: yes\nnext review: 2026-12-01\n"
            "a_later_one: a -> b");
  EXPECT_EQ(phrase->french,
            "services : tcp/443 -> tcp/443, tcp/8443\nresponsable : anne ->\ndésactivé : oui\n"
            "prochaine revue : 2026-12-01\na_later_one : a -> b");
}

}  // namespace

}  // namespace cloison::report
